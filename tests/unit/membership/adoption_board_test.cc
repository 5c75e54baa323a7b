#include "membership/adoption_board.h"

#include <array>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/succession.h"

namespace starling {
namespace {

constexpr NodeId kTeller{1};
constexpr NodeId kOtherTeller{2};
constexpr StoreId kTellersDisk{{.high = 0, .low = 7}};
constexpr StoreId kTellersNewDisk{{.high = 0, .low = 8}};

StoreAdoption adoption_of(NodeId node, StoreId store, std::uint64_t epoch) {
  return {.store = store, .adoption = {.node = node, .epoch = Epoch{epoch}}};
}

TEST_CASE("AdoptionBoard: a late word changes nothing, and who has adopted nothing is not told") {
  AdoptionBoard board;
  board.note(kOtherTeller, kTellersDisk, Epoch{});
  board.note(kTeller, kTellersDisk, Epoch{5});
  board.note(kTeller, kTellersDisk, Epoch{4});
  CHECK(board.adoptions() == std::vector{adoption_of(kTeller, kTellersDisk, 5)});
}

TEST_CASE("AdoptionBoard: with another disk a member begins anew") {
  AdoptionBoard board;
  board.note(kTeller, kTellersDisk, Epoch{5});
  board.note(kTeller, kTellersNewDisk, Epoch{3});
  CHECK(board.adoptions() == std::vector{adoption_of(kTeller, kTellersNewDisk, 3)});
}

TEST_CASE("AdoptionBoard: who is no member any more is forgotten") {
  AdoptionBoard board;
  board.note(kTeller, kTellersDisk, Epoch{5});
  board.note(kOtherTeller, kTellersDisk, Epoch{5});
  board.keep_only(std::array{kOtherTeller});
  CHECK(board.adoptions() == std::vector{adoption_of(kOtherTeller, kTellersDisk, 5)});
}

}  // namespace
}  // namespace starling

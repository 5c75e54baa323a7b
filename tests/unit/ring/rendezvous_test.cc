#include "ring/rendezvous.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("Rendezvous: the score is the same on every machine") {
  CHECK(rendezvous_score(1, 0) == 0xE4D971771B652C20);
}

TEST_CASE("Rendezvous: each of four candidates wins about a quarter of the things") {
  std::array<int, 4> wins{};
  for (std::uint64_t thing = 0; thing < 4000; ++thing) {
    std::size_t winner = 0;
    for (std::size_t candidate = 1; candidate < wins.size(); ++candidate) {
      if (rendezvous_score(candidate, thing) > rendezvous_score(winner, thing)) winner = candidate;
    }
    ++wins.at(winner);
  }
  for (const int count : wins) {
    CHECK((count > 850 && count < 1150));
  }
}

}  // namespace
}  // namespace starling

#include "sim/configuration_change.h"

#include <cstddef>
#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include "base/random.h"
#include "ring/configuration.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling::sim {
namespace {

TEST_CASE("draw_change: each change follows from the last one, and can be served") {
  Configuration configuration = founded(5, 8);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const Configuration after = draw_change(configuration, Random(seed));
    REQUIRE(after.check().ok());
    REQUIRE(check_succession(configuration, after, {}).ok());
    configuration = after;
  }
}

TEST_CASE("draw_change: rows, voters and weights change, moves begin and are given up") {
  Configuration configuration = founded(5, 8);
  std::set<std::size_t> voters;
  std::set<std::size_t> moving;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    configuration = draw_change(configuration, Random(seed));
    voters.insert(configuration.voters.size());
    std::size_t moves = 0;
    for (const SlotRow& row : configuration.rows) {
      for (const Slot& slot : row) moves += is_moving(slot) ? 1 : 0;
    }
    moving.insert(moves);
  }
  CHECK(voters == std::set<std::size_t>{1, 5});
  CHECK(moving.size() > 3);
}

TEST_CASE("draw_change: where every member is in every row, no row changes") {
  const Configuration before = founded(3, 8);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Configuration after = draw_change(before, Random(seed));
    CHECK(after.rows == before.rows);
    CHECK(check_succession(before, after, {}).ok());
  }
}

TEST_CASE("draw_aims: rows are brought elsewhere, and nothing else changes at once") {
  const Configuration before = founded(5, 8);
  std::size_t aims = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    const Configuration after = draw_aims(before, Random(seed));
    REQUIRE(after.check().ok());
    REQUIRE(check_succession(before, after, {}).ok());
    CHECK(after.rows == before.rows);
    aims += after.aims.size();
  }
  CHECK(aims > 50);
}

}  // namespace
}  // namespace starling::sim

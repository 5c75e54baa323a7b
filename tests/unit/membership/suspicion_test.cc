#include "membership/suspicion.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration time_out(const Suspicion& suspicion) {
  return suspicion.deadline() - Instant{};
}

TEST_CASE("Suspicion: one accuser gives the longest time-out, all that are wanted the shortest") {
  Suspicion suspicion(NodeId{1}, 5, Instant{});
  CHECK(time_out(suspicion) == seconds(12));
  CHECK(suspicion.confirm(NodeId{2}));
  CHECK(time_out(suspicion) == seconds(8));
  CHECK(suspicion.confirm(NodeId{3}));
  CHECK(suspicion.confirm(NodeId{4}));
  CHECK(time_out(suspicion) == seconds(4));
}

TEST_CASE("Suspicion: the table is the logarithm of the paper") {
  for (const std::size_t members : {std::size_t{3}, std::size_t{4}, std::size_t{50}}) {
    const std::size_t wanted = std::min(Suspicion::kConfirmations, members - 2);
    Suspicion suspicion(NodeId{0}, members, Instant{});
    const double most = static_cast<double>(time_out(suspicion).count());
    const double least = most / Suspicion::kMostInLeast;
    for (std::uint64_t c = 1; c <= wanted; ++c) {
      CHECK(suspicion.confirm(NodeId{c}));
      const double share =
          std::log(static_cast<double>(c + 1)) / std::log(static_cast<double>(wanted + 1));
      const double expected = most - (most - least) * share;
      CHECK(std::abs(static_cast<double>(time_out(suspicion).count()) - expected) < 0.002 * most);
    }
  }
}

TEST_CASE("Suspicion: the same accuser counts once, and no more are kept than are wanted") {
  Suspicion suspicion(NodeId{1}, 3, Instant{});
  CHECK_FALSE(suspicion.confirm(NodeId{1}));
  CHECK(suspicion.is_accused_by(NodeId{1}));
  CHECK(suspicion.confirm(NodeId{2}));
  CHECK_FALSE(suspicion.confirm(NodeId{3}));
  CHECK_FALSE(suspicion.is_accused_by(NodeId{3}));
}

TEST_CASE("Suspicion: of two members one can not be confirmed, and the first word is enough") {
  CHECK(time_out(Suspicion(NodeId{1}, 2, Instant{})) == seconds(4));
}

TEST_CASE("Suspicion: larger clusters give more time, for rumours need it") {
  CHECK(time_out(Suspicion(NodeId{1}, 50, Instant{})) == 3 * milliseconds(7200));
  CHECK(time_out(Suspicion(NodeId{1}, 1000, Instant{})) == 3 * milliseconds(12'000));
}

TEST_CASE("Suspicion: what this node stood still is given back") {
  Suspicion suspicion(NodeId{1}, 5, Instant{});
  suspicion.postpone(seconds(30));
  CHECK(time_out(suspicion) == seconds(42));
}

}  // namespace
}  // namespace starling

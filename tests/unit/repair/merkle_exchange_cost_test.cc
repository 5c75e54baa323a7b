// What an exchange costs against its bound: with fan-out 16 and sums of 16 bytes, a differing key
// costs at most one path of 16 sums a level, and the list of its leaf, on both sides:
//   32 + d * (2 * 16 * 16 * ceil(log16 L) + 2 * 16 * n / L)

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "naive_tree.h"
#include "repair/merkle_exchange.h"
#include "repair/tree_depth.h"
#include "repair_pair.h"

namespace starling {
namespace {

std::uint64_t bound(std::uint64_t keys, unsigned depth, std::uint64_t differing) {
  const std::uint64_t levels = (depth + 3) / 4;
  return 32 + differing * (2 * 16 * 16 * levels + 2 * 16 * keys / (std::uint64_t{1} << depth));
}

void measure(std::uint64_t keys) {
  const unsigned depth = depth_for(keys, kTreeDepthMin, kTreeDepthMax);
  RepairPair pair(test_seed(), depth, depth);
  for (std::uint64_t key = 0; key < keys; ++key) {
    pair.here.merge(pair_key(key), pair_write(key));
    pair.there.merge(pair_key(key), pair_write(key));
  }
  std::uint64_t next_write = keys;
  for (const std::uint64_t differing : {0, 1, 10, 100, 1000}) {
    for (std::uint64_t i = 0; i < differing; ++i)
      pair.there.merge(pair_key(i * (keys / 1000)), pair_write(next_write++));
    const std::vector<ExchangeReport> reports = pair.run_until_agreed(20);
    std::uint64_t bytes = 0;
    std::uint64_t round_trips = 0;
    for (const ExchangeReport& report : reports) {
      bytes += report.comparison_bytes;
      round_trips += report.round_trips;
    }
    // The last exchange only shows that all is equal.
    const std::uint64_t allowed = bound(keys, depth, differing) + 32 * reports.size();
    const std::string line = std::to_string(keys) + " keys, depth " + std::to_string(depth) + ", " +
                             std::to_string(differing) + " differ: " + std::to_string(bytes) +
                             " bytes of " + std::to_string(allowed) + " allowed, " +
                             std::to_string(reports.size()) + " exchanges, " +
                             std::to_string(round_trips) + " round trips";
    MESSAGE(line);
    CHECK(bytes <= allowed);
    CHECK(reports.back().end == ExchangeEnd::Agreed);
    CHECK(pair.here.tree.root() == pair.there.tree.root());
  }
}

TEST_CASE("MerkleExchange: finds d differences among n keys within the bound") {
  measure(10'000);
  measure(100'000);
}

TEST_CASE("MerkleExchange: … and among a million" *
          doctest::skip(std::getenv("STARLING_MODEL_FULL") ==
                        nullptr)) {  // NOLINT(concurrency-mt-unsafe)
  measure(1'000'000);
}

}  // namespace
}  // namespace starling

#include "repair/merkle_build.h"

#include <cstdint>
#include <optional>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "naive_tree.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {
namespace {

const TreeSpan kBuiltSpan{.partition = PartitionId{1}, .partition_bits = 1};

// Writes one key, mostly one that is there, and tells the build.
void write_somewhere(NaiveTree& store, MerkleBuild& build, Random& random) {
  const TokenRange all = kBuiltSpan.range_of(0, 0);
  Token token{random.between(all.first.value, all.last.value)};
  const auto near = store.contributions.lower_bound(token);
  if (near != store.contributions.end() && random.below(2) == 0) token = near->first;
  const Hash128 before = store.contribution(token);
  const Hash128 after =
      random.below(4) == 0 ? Hash128{} : Hash128{.high = random.next(), .low = random.next()};
  store.put(token, after);
  build.on_write(token, before, after);
}

void read_range(const NaiveTree& store, MerkleBuild& build, const TokenRange& range) {
  for (const auto& [token, hash] : store.contributions) {
    if (range.contains(token)) build.add_record(token, hash);
  }
  build.finish_range(range);
}

TEST_CASE("MerkleBuild: with writes between its steps it ends as the store is") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  NaiveTree store{.span = kBuiltSpan};
  MerkleBuild build(kBuiltSpan, 10);
  for (int i = 0; i < 200; ++i) write_somewhere(store, build, random);
  while (const std::optional<TokenRange> range = build.next_range(100)) {
    read_range(store, build, *range);
    for (int i = 0; i < 50; ++i) write_somewhere(store, build, random);
  }
  const MerkleTree tree = std::move(build).take();
  tree.check_invariants();
  CHECK(tree.keys() == store.contributions.size());
  for (std::uint32_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    CHECK(tree.leaf(leaf) == store.node(10, leaf));
  }
}

TEST_CASE("MerkleBuild: says which leaf a write changed, and nothing for what is still ahead") {
  MerkleBuild build(kBuiltSpan, 10);
  const TokenRange range = *build.next_range(1);
  CHECK(range == kBuiltSpan.range_of(0, 10));
  CHECK(build.on_write(range.first, {}, {.high = 1, .low = 1}) == std::nullopt);
  build.add_record(range.first, {.high = 1, .low = 1});
  build.finish_range(range);
  CHECK(build.on_write(range.last, {}, {.high = 1, .low = 1}) == 0);
  CHECK(build.tree().keys() == 2);
}

}  // namespace
}  // namespace starling

// What a write pays for its Merkle leaf, and what a start pays for its trees. Prints one line a
// measurement: `meson test --benchmark bench_merkle_tree -v`, or run the program.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "message/client_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_each(Clock::time_point since, std::uint64_t count) {
  const std::chrono::duration<double, std::nano> spent = Clock::now() - since;
  return spent.count() / static_cast<double>(count);
}

const TreeSpan kSpan{.partition = PartitionId{0}, .partition_bits = 10};

void measure_updates(unsigned depth) {
  constexpr std::uint64_t kUpdates = 1'000'000;
  Random random(depth);
  MerkleTree tree(kSpan, depth);
  const TokenRange all = kSpan.range_of(0, 0);
  std::vector<Token> tokens;
  for (std::uint64_t i = 0; i < kUpdates; ++i) {
    tokens.push_back(Token{random.between(all.first.value, all.last.value)});
  }
  const Clock::time_point start = Clock::now();
  for (const Token token : tokens) {
    tree.replace(token, {}, {.high = token.value, .low = ~token.value});
  }
  const double each = nanoseconds_each(start, kUpdates);
  std::printf("update, depth %2u: %6.1f ns (root %s, %zu KiB)\n", depth, each,
              to_text(tree.root()).c_str(), tree.memory_bytes() / 1024);
}

void measure_contribution() {
  constexpr std::uint64_t kCount = 200'000;
  const KeyAddress address{.bucket = "bucket", .key = "a/key/of/some/length"};
  SiblingSet record;
  record.add({.dot = {.actor = {.incarnation = Incarnation{7}, .lineage = 1}, .counter = 1},
              .value = std::string(1000, 'v')});
  Hash128 sum;
  const Clock::time_point start = Clock::now();
  for (std::uint64_t i = 0; i < kCount; ++i) sum.add(contribution_of(address, record, i));
  const double each = nanoseconds_each(start, kCount);
  std::printf("contribution of one record: %6.1f ns (sum %s)\n", each, to_text(sum).c_str());
}

void measure_rebuild(unsigned depth) {
  std::vector<std::string> keys;
  std::vector<std::string> entries;
  for (std::uint32_t leaf = 0; leaf < (1U << depth); ++leaf) {
    keys.push_back(leaf_store_key(kSpan.partition, depth, leaf));
    entries.push_back(encode_leaf(keys.back(), {.sum = {.high = leaf, .low = 1}, .keys = 40}));
  }
  const Clock::time_point start = Clock::now();
  MerkleTree tree(kSpan, depth);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto stored = decode_leaf(keys[i], entries[i]);
    if (stored.ok()) tree.restore_leaf(stored->leaf, stored->sum);
  }
  const double each = nanoseconds_each(start, keys.size());
  std::printf("rebuild from stored leaves, depth %2u: %6.1f ns a leaf (%llu keys)\n", depth, each,
              static_cast<unsigned long long>(tree.keys()));
}

}  // namespace
}  // namespace starling

int main() {
  for (const unsigned depth : {10U, 14U, 18U}) starling::measure_updates(depth);
  starling::measure_contribution();
  for (const unsigned depth : {14U, 18U}) starling::measure_rebuild(depth);
  return 0;
}

#include "repair/scrub.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "naive_tree.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"
#include "support/present.h"

namespace starling {
namespace {

const TreeSpan kFirstSpan{.partition = PartitionId{2}, .partition_bits = 3};
const TreeSpan kSecondSpan{.partition = PartitionId{5}, .partition_bits = 3};
const std::map<PartitionId, unsigned> kDepths{{kFirstSpan.partition, 10},
                                              {kSecondSpan.partition, 11}};

std::vector<Scrub::LeafRead> read_as_the_tree_says(const Scrub::Step& step,
                                                   const MerkleTree& tree) {
  std::vector<Scrub::LeafRead> found;
  for (std::uint32_t i = 0; i < step.leaves; ++i)
    found.push_back({.sum = tree.leaf(step.first_leaf + i)});
  return found;
}

struct Scrubbed {
  Scrubbed()
      : scrub({}, kNow),
        trees{{kFirstSpan.partition, MerkleTree(kFirstSpan, 10)},
              {kSecondSpan.partition, MerkleTree(kSecondSpan, 11)}} {
    scrub.set_spans({kFirstSpan, kSecondSpan});
  }
  // Reads all that is due; what is in `wrong` differs from its tree.
  std::vector<Scrub::Finding> run(Instant now) {
    std::vector<Scrub::Finding> all;
    while (const std::optional<Scrub::Step> step = scrub.next(kDepths, now)) {
      const MerkleTree& tree = trees.at(step->partition);
      CHECK(tree.span().range_of(step->first_leaf, tree.depth()).first == step->range.first);
      std::vector<Scrub::LeafRead> found = read_as_the_tree_says(*step, tree);
      for (std::uint32_t i = 0; i < step->leaves; ++i) {
        ++visits[{step->partition, step->first_leaf + i}];
        if (wrong == std::pair(step->partition, step->first_leaf + i)) found[i].sum.keys += 1;
      }
      for (const Scrub::Finding& finding : scrub.on_read(*step, found, tree))
        all.push_back(finding);
    }
    return all;
  }
  Scrub scrub;
  std::map<PartitionId, MerkleTree> trees;
  std::map<std::pair<PartitionId, std::uint32_t>, int> visits;
  std::pair<PartitionId, std::uint32_t> wrong{PartitionId{9}, 0};
};

TEST_CASE("Scrub: a pass reads every leaf once, evenly over its time") {
  Scrubbed scrubbed;
  const Duration pass = std::chrono::hours(24 * 14);
  scrubbed.run(kNow + pass / 4);
  CHECK(scrubbed.visits.size() > 500);
  CHECK(scrubbed.visits.size() < 540);
  for (int part = 1; part <= 100; ++part)
    scrubbed.run(kNow + pass / 100 * part - std::chrono::hours(1));
  CHECK(scrubbed.visits.size() > 2900);
  scrubbed.run(kNow + pass);
  CHECK(scrubbed.visits.size() == 1024 + 2048);
  for (const auto& [leaf, count] : scrubbed.visits) CHECK(count == 1);
}

TEST_CASE("Scrub: the next pass begins when its time does") {
  Scrubbed scrubbed;
  const Duration pass = std::chrono::hours(24 * 14);
  scrubbed.run(kNow + pass - std::chrono::hours(1));
  CHECK(scrubbed.scrub.leaves_read() > 3000);
  CHECK(scrubbed.scrub.passes() == 0);
  scrubbed.run(kNow + pass);
  CHECK(scrubbed.scrub.passes() == 1);
  CHECK(scrubbed.scrub.leaves_read() == 0);
  scrubbed.run(kNow + pass + pass / 2);
  CHECK(scrubbed.scrub.leaves_read() > 1000);
}

TEST_CASE("Scrub: a leaf that is not as its sum says is found") {
  Scrubbed scrubbed;
  scrubbed.wrong = {kSecondSpan.partition, 77};
  const std::vector<Scrub::Finding> findings = scrubbed.run(kNow + std::chrono::hours(24 * 13));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].partition == kSecondSpan.partition);
  CHECK(findings[0].leaf == 77);
  CHECK(findings[0].found.sum.keys == 1);
  CHECK(scrubbed.scrub.leaves_wrong() == 1);
  CHECK_FALSE(scrubbed.scrub.wants_rebuild());
}

TEST_CASE("Scrub: damaged records are a finding, even where the sum fits") {
  Scrubbed scrubbed;
  const Scrub::Step step = *scrubbed.scrub.next(kDepths, kNow);
  const MerkleTree& tree = scrubbed.trees.at(step.partition);
  std::vector<Scrub::LeafRead> found = read_as_the_tree_says(step, tree);
  found[3].unreadable = 1;
  CHECK(scrubbed.scrub.on_read(step, found, tree).size() == 1);
}

TEST_CASE("Scrub: a tree that changed its depth in between makes the step void") {
  Scrubbed scrubbed;
  const Scrub::Step step = *scrubbed.scrub.next(kDepths, kNow);
  const MerkleTree deeper(kFirstSpan, 11);
  CHECK(scrubbed.scrub.on_read(step, std::vector<Scrub::LeafRead>(step.leaves), deeper).empty());
  CHECK(scrubbed.scrub.next(kDepths, kNow) == step);
}

TEST_CASE("Scrub: many wrong leaves ask for a new store") {
  Scrubbed scrubbed;
  const Instant now = kNow + std::chrono::hours(24 * 13);
  std::uint64_t wrong = 0;
  while (const auto step = scrubbed.scrub.next(kDepths, now)) {
    const MerkleTree& tree = scrubbed.trees.at(step->partition);
    std::vector<Scrub::LeafRead> found = read_as_the_tree_says(*step, tree);
    if (wrong < 4) found[0].unreadable = 1;
    wrong += scrubbed.scrub.on_read(*step, found, tree).size();
  }
  CHECK(scrubbed.scrub.wants_rebuild());
}

TEST_CASE("Scrub: a partition without a tree is passed over") {
  Scrubbed scrubbed;
  const std::map<PartitionId, unsigned> only_second{{kSecondSpan.partition, 11}};
  const Instant now = kNow + std::chrono::hours(24 * 10);
  CHECK_FALSE(scrubbed.scrub.next(only_second, now).has_value());
  REQUIRE(scrubbed.scrub.next(only_second, now).has_value());
  CHECK(scrubbed.scrub.next(only_second, now)->partition == kSecondSpan.partition);
}

TEST_CASE("Scrub: a corrected leaf makes the tree say what is there") {
  MerkleTree tree(kFirstSpan, 10);
  tree.replace(kFirstSpan.range_of(4, 10).first, {}, {.high = 1, .low = 2});
  tree.replace(kFirstSpan.range_of(5, 10).first, {}, {.high = 3, .low = 4});
  tree.correct_leaf(4, {});
  CHECK(tree.root() == Hash128{.high = 3, .low = 4});
  CHECK(tree.keys() == 1);
  tree.correct_leaf(5, {.sum = {.high = 9, .low = 9}, .keys = 2});
  CHECK(tree.keys() == 2);
  tree.check_invariants();
}

}  // namespace
}  // namespace starling

#include "repair/merkle_answers.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

const TreeSpan kSpan{.partition = PartitionId{1}, .partition_bits = 1};

MerkleTree tree_with(Token token) {
  MerkleTree tree(kSpan, 10);
  tree.replace(token, {}, {.high = 1, .low = 2});
  return tree;
}

TEST_CASE("answer_tree_read: gives the children's sums, in order") {
  const MerkleTree tree = tree_with(kSpan.range_of(0x2F, 8).first);
  const TreeReadReply reply = answer_tree_read(
      tree,
      {.envelope = {.operation = OperationId{7}}, .depth = 4, .child_depth = 8, .nodes = {1, 2}});
  CHECK(reply.operation == OperationId{7});
  CHECK(reply.outcome == RepairOutcome::Done);
  CHECK(reply.leaf_depth == 10);
  REQUIRE(reply.sums.size() == 32);
  CHECK(reply.sums[31] == tree.root());
  CHECK(reply.sums[30] == Hash128{});
}

TEST_CASE("answer_tree_read: refuses what makes no sense") {
  const MerkleTree tree = tree_with(kSpan.range_of(0, 0).first);
  const auto outcome = [&](std::uint8_t depth, std::uint8_t child_depth,
                           std::vector<std::uint32_t> nodes) {
    return answer_tree_read(tree,
                            {.depth = depth, .child_depth = child_depth, .nodes = std::move(nodes)})
        .outcome;
  };
  CHECK(outcome(0, 0, {0}) == RepairOutcome::Done);
  CHECK(outcome(0, 0, {}) == RepairOutcome::Refused);
  CHECK(outcome(0, 0, {1}) == RepairOutcome::Refused);
  CHECK(outcome(4, 0, {1}) == RepairOutcome::Refused);
  CHECK(outcome(0, 8, {0}) == RepairOutcome::Refused);
  CHECK(outcome(8, 12, {0}) == RepairOutcome::Refused);
  CHECK(outcome(4, 8, {2, 1}) == RepairOutcome::Refused);
  CHECK(outcome(4, 8, {1, 1}) == RepairOutcome::Refused);
  CHECK(outcome(4, 8, {16}) == RepairOutcome::Refused);
  CHECK(outcome(200, 200, {0}) == RepairOutcome::Refused);
}

TEST_CASE("answer_tree_read: one question gets at most 64 KiB of sums") {
  const MerkleTree tree(kSpan, 14);
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t node = 0; node < 257; ++node) nodes.push_back(node);
  const TreeRead read{.depth = 10, .child_depth = 14, .nodes = nodes};
  CHECK(answer_tree_read(tree, read).outcome == RepairOutcome::Refused);
  nodes.pop_back();
  CHECK(answer_tree_read(tree, {.depth = 10, .child_depth = 14, .nodes = nodes}).sums.size() ==
        kSumsMax);
}

TEST_CASE("ranges_to_list: the leaves, from behind what was listed before") {
  const Token inside{kSpan.range_of(5, 10).first.value + 3};
  const auto ranges =
      ranges_to_list(kSpan, {.depth = 10, .leaves = {4, 5, 9}, .after = inside, .entries_max = 10});
  REQUIRE(ranges.has_value());
  REQUIRE(ranges->size() == 2);
  CHECK((*ranges)[0] == TokenRange{Token{inside.value + 1}, kSpan.range_of(5, 10).last});
  CHECK((*ranges)[1] == kSpan.range_of(9, 10));
}

TEST_CASE("ranges_to_list: nothing is left behind the end of the last leaf") {
  const Token end = kSpan.range_of(1023, 10).last;
  const auto ranges =
      ranges_to_list(kSpan, {.depth = 10, .leaves = {1023}, .after = end, .entries_max = 1});
  REQUIRE(ranges.has_value());
  CHECK(ranges->empty());
}

TEST_CASE("ranges_to_list: refuses what makes no sense") {
  const auto refused = [](std::uint8_t depth, std::vector<std::uint32_t> leaves,
                          std::uint32_t entries_max) {
    return ranges_to_list(
               kSpan, {.depth = depth, .leaves = std::move(leaves), .entries_max = entries_max}) ==
           std::nullopt;
  };
  CHECK_FALSE(refused(10, {0}, 1));
  CHECK(refused(kTreeDepthMin - 1, {0}, 1));
  CHECK(refused(19, {0}, 1));
  CHECK(refused(10, {}, 1));
  CHECK(refused(10, {1024}, 1));
  CHECK(refused(10, {1, 0}, 1));
  CHECK(refused(10, {0}, 0));
  CHECK(refused(10, std::vector<std::uint32_t>(kListedLeavesMax + 1), 1));
}

TEST_CASE("may_fetch: tokens of this partition, ascending, not too many") {
  const Token first = kSpan.range_of(0, 0).first;
  CHECK(may_fetch(kSpan, {.tokens = {first, Token{first.value + 1}}}));
  CHECK_FALSE(may_fetch(kSpan, {}));
  CHECK_FALSE(may_fetch(kSpan, {.tokens = {first, first}}));
  CHECK_FALSE(may_fetch(kSpan, {.tokens = {Token{first.value - 1}, first}}));
  CHECK_FALSE(may_fetch(kSpan, {.tokens = std::vector<Token>(kFetchedTokensMax + 1, first)}));
}

}  // namespace
}  // namespace starling

#include "repair/merkle_answers.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

// Children of children would let one small question ask for a large answer.
constexpr unsigned kStepMax = 4;

template <typename Number>
bool strictly_ascending(const std::vector<Number>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) ==
         numbers.end();
}

bool are_nodes(const std::vector<std::uint32_t>& nodes, unsigned depth) {
  return !nodes.empty() && strictly_ascending(nodes) && (nodes.back() >> depth) == 0;
}

bool makes_sense(const MerkleTree& tree, const TreeRead& read) {
  if (read.child_depth < read.depth || read.child_depth > tree.depth()) return false;
  const unsigned step = read.child_depth - read.depth;
  if (step > kStepMax || read.nodes.size() > (kSumsMax >> step)) return false;
  return are_nodes(read.nodes, read.depth);
}

}  // namespace

TreeReadReply answer_tree_read(const MerkleTree& tree, const TreeRead& read) {
  TreeReadReply reply{.operation = read.envelope.operation};
  if (!makes_sense(tree, read)) return reply;
  reply.outcome = RepairOutcome::Done;
  reply.leaf_depth = static_cast<std::uint8_t>(tree.depth());
  const unsigned step = read.child_depth - read.depth;
  for (const std::uint32_t node : read.nodes) {
    for (std::uint32_t child = node << step; child < (node + 1) << step; ++child)
      reply.sums.push_back(tree.node(read.child_depth, child));
  }
  return reply;
}

std::optional<std::vector<TokenRange>> ranges_to_list(const TreeSpan& span,
                                                      const KeyListRead& read) {
  // Of a depth that a tree may have, whatever ours has by now.
  if (!is_tree_depth(read.depth) || read.leaves.size() > kListedLeavesMax) return std::nullopt;
  if (!are_nodes(read.leaves, read.depth) || read.entries_max == 0) return std::nullopt;
  std::vector<TokenRange> ranges;
  for (const std::uint32_t leaf : read.leaves) {
    TokenRange range = span.range_of(leaf, read.depth);
    if (read.after.has_value() && range.last <= *read.after) continue;
    if (read.after.has_value() && range.contains(*read.after))
      range.first.value = read.after->value + 1;
    ranges.push_back(range);
  }
  return ranges;
}

bool may_fetch(const TreeSpan& span, const RecordsRead& read) {
  const TokenRange all = span.range_of(0, 0);
  return !read.tokens.empty() && read.tokens.size() <= kFetchedTokensMax &&
         strictly_ascending(read.tokens) && all.contains(read.tokens.front()) &&
         all.contains(read.tokens.back());
}

}  // namespace starling

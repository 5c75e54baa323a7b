#include "repair/scrub.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/tree_depth.h"

namespace starling {
namespace {

// The place within a partition does not depend on the depth of its tree, which may change.
constexpr std::uint64_t kPositions = std::uint64_t{1} << kTreeDepthMax;
// Fewer say nothing in parts of a thousand.
constexpr std::uint64_t kLeavesJudged = 1000;

}  // namespace

void Scrub::set_spans(const std::vector<TreeSpan>& spans) {
  spans_.clear();
  for (const TreeSpan& span : spans) spans_[span.partition] = span;
}

void Scrub::begin_pass(Instant now) {
  pass_began_ = now;
  partition_ = PartitionId{0};
  position_ = 0;
  leaves_read_ = 0;
  leaves_wrong_ = 0;
  ++passes_;
}

std::optional<Scrub::Step> Scrub::next(const std::map<PartitionId, unsigned>& depths, Instant now) {
  const auto at_hand = spans_.lower_bound(partition_);
  if (at_hand == spans_.end()) {
    // The pass is through; the next one begins when its time does.
    if (now >= pass_began_ + options_.pass && !spans_.empty()) begin_pass(now);
    return std::nullopt;
  }
  if (at_hand->first != partition_) position_ = 0;
  partition_ = at_hand->first;
  const auto index = static_cast<double>(std::distance(spans_.begin(), at_hand));
  const double done = (index + static_cast<double>(position_) / static_cast<double>(kPositions)) /
                      static_cast<double>(spans_.size());
  const double wanted =
      static_cast<double>((now - pass_began_).count()) / static_cast<double>(options_.pass.count());
  if (done > wanted) return std::nullopt;
  const auto depth = depths.find(partition_);
  if (depth == depths.end()) {
    // No tree yet: there is nothing to compare with.
    partition_.value += 1;
    position_ = 0;
    return std::nullopt;
  }
  const std::uint64_t width = kPositions >> depth->second;
  const auto first = static_cast<std::uint32_t>(position_ / width);
  const std::uint32_t count = std::min(options_.leaves_at_once, (1U << depth->second) - first);
  const TreeSpan& span = at_hand->second;
  return Step{.partition = partition_,
              .depth = depth->second,
              .first_leaf = first,
              .leaves = count,
              .range = {.first = span.range_of(first, depth->second).first,
                        .last = span.range_of(first + count - 1, depth->second).last}};
}

std::vector<Scrub::Finding> Scrub::on_read(const Step& step, const std::vector<LeafRead>& found,
                                           const MerkleTree& tree) {
  STARLING_CHECK(found.size() == step.leaves);
  std::vector<Finding> findings;
  if (step.partition != partition_ || step.depth != tree.depth()) return findings;
  for (std::uint32_t i = 0; i < step.leaves; ++i) {
    const std::uint32_t leaf = step.first_leaf + i;
    const LeafSum expected = tree.leaf(leaf);
    if (found[i].unreadable == 0 && found[i].sum == expected) continue;
    findings.push_back(
        {.partition = step.partition, .leaf = leaf, .expected = expected, .found = found[i]});
  }
  leaves_read_ += step.leaves;
  leaves_wrong_ += findings.size();
  position_ = (std::uint64_t{step.first_leaf} + step.leaves) * (kPositions >> step.depth);
  if (position_ >= kPositions) {
    partition_.value += 1;
    position_ = 0;
  }
  return findings;
}

bool Scrub::wants_rebuild() const {
  return leaves_read_ >= kLeavesJudged &&
         leaves_wrong_ * 1000 > leaves_read_ * options_.rebuild_permille;
}

}  // namespace starling

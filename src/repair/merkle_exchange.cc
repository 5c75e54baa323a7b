#include "repair/merkle_exchange.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/reconcile.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

constexpr std::uint64_t kSumBytes = 16;
constexpr std::uint64_t kNodeBytes = 4;
constexpr std::uint64_t kKeyBytes = 16;
constexpr std::uint64_t kTokenBytes = 8;

std::uint64_t bytes_of(const SendTreeRead& read) {
  return kNodeBytes * read.nodes.size();
}
std::uint64_t bytes_of(const SendKeyListRead& read) {
  return kNodeBytes * read.leaves.size();
}
std::uint64_t bytes_of(const SendRecordsRead& read) {
  return kTokenBytes * read.tokens.size();
}

}  // namespace

// -- requests and their ends --

void MerkleExchange::start(const MerkleTree& own, Instant now, ExchangeActions& out) {
  STARLING_CHECK(state_ == State::Created);
  state_ = State::Roots;
  deadline_ = now + options_.duration_max;
  span_ = own.span();
  nodes_ = {0};
  send(SendTreeRead{.nodes = nodes_}, now, out);
}

void MerkleExchange::send(Request request, Instant now, ExchangeActions& out) {
  attempts_ = 0;
  send_again(std::move(request), now, out);
}

// Under a new id: an answer to an earlier attempt speaks of another moment.
void MerkleExchange::send_again(Request request, Instant now, ExchangeActions& out) {
  ++attempts_;
  awaited_ = OperationId{options_.first_operation + operations_};
  ++operations_;
  std::visit(
      [&](auto& read) {
        read.operation = awaited_;
        report_.comparison_bytes += bytes_of(read);
        out.emplace_back(read);
      },
      request);
  request_ = std::move(request);
  timer_ = std::min(now + options_.patience, deadline_);
  out.emplace_back(ArmExchangeTimer{timer_});
}

bool MerkleExchange::accept(OperationId operation, RepairOutcome outcome, Instant now) {
  const bool awaited = !finished() && request_.has_value() && operation == awaited_;
  if (!awaited) return false;
  if (now >= deadline_) {
    finish(ExchangeEnd::Deadline);
    return false;
  }
  request_.reset();
  ++report_.round_trips;
  if (outcome == RepairOutcome::Done) return true;
  finish(outcome == RepairOutcome::StaleRow ? ExchangeEnd::StaleRow : ExchangeEnd::Unreadable);
  return false;
}

void MerkleExchange::on_timer(const MerkleTree& own, Instant now, ExchangeActions& out) {
  if (finished() || now < timer_) return;
  if (now >= deadline_) return finish(ExchangeEnd::Deadline);
  if (state_ == State::Waiting) {
    if (own.depth() < leaf_depth_) return finish(ExchangeEnd::Aborted);
    state_ = State::Leaves;
    const auto depth = static_cast<std::uint8_t>(leaf_depth_);
    return send(SendTreeRead{.depth = depth, .child_depth = depth, .nodes = nodes_}, now, out);
  }
  if (request_.has_value()) {
    if (attempts_ >= options_.attempts_max) return finish(ExchangeEnd::Silence);
    return send_again(Request(*request_), now, out);
  }
  if (pushing_.empty()) return;
  // Merging is idempotent: what did arrive needs no answer, what did not will differ next time.
  report_.keys_skipped += pushing_.size();
  pushing_.clear();
  push_next(now, out);
}

void MerkleExchange::abort() {
  if (!finished()) finish(ExchangeEnd::Aborted);
}

void MerkleExchange::finish(ExchangeEnd end) {
  state_ = State::Finished;
  report_.end = end;
  request_.reset();
  pushing_.clear();
  to_push_.clear();
}

void MerkleExchange::finish_well() {
  if (options_.dry_run && report_.keys_differing > 0) return finish(ExchangeEnd::Differs);
  if (report_.resume_at.has_value()) return finish(ExchangeEnd::Partial);
  finish(report_.keys_differing == 0 ? ExchangeEnd::Agreed : ExchangeEnd::Repaired);
}

// -- down the tree --

void MerkleExchange::on_tree_reply(const TreeReadReply& reply, const MerkleTree& own, Instant now,
                                   ExchangeActions& out) {
  const bool of_the_tree =
      state_ == State::Roots || state_ == State::Levels || state_ == State::Leaves;
  if (!of_the_tree || !request_.has_value() || reply.operation != awaited_) return;
  const bool fits =
      reply.outcome != RepairOutcome::Done || sums_fit(std::get<SendTreeRead>(*request_), reply);
  if (!accept(reply.operation, reply.outcome, now)) return;
  if (!fits) return finish(ExchangeEnd::Nonsense);
  report_.comparison_bytes += kSumBytes * reply.sums.size();
  if (state_ == State::Roots) return on_root(reply, own, now, out);
  // Our own tree has become smaller than the one that is compared.
  if (own.depth() < leaf_depth_) return finish(ExchangeEnd::Aborted);
  nodes_ = differing(reply, own);
  if (state_ == State::Levels) return on_level(now, out);
  report_.leaves_differing = nodes_.size();
  state_ = State::Keys;
  list_next(now, out);
}

bool MerkleExchange::sums_fit(const SendTreeRead& read, const TreeReadReply& reply) {
  return is_tree_depth(reply.leaf_depth) &&
         reply.sums.size() == read.nodes.size() << (read.child_depth - read.depth);
}

void MerkleExchange::on_root(const TreeReadReply& reply, const MerkleTree& own, Instant now,
                             ExchangeActions& out) {
  if (reply.sums.front() == own.root()) return finish_well();
  leaf_depth_ = std::min<unsigned>(reply.leaf_depth, own.depth());
  depth_ = 0;
  descend(now, out);
}

void MerkleExchange::descend(Instant now, ExchangeActions& out) {
  state_ = State::Levels;
  const unsigned below = next_compared_depth(depth_, leaf_depth_);
  send(SendTreeRead{.depth = static_cast<std::uint8_t>(depth_),
                    .child_depth = static_cast<std::uint8_t>(below),
                    .nodes = nodes_},
       now, out);
  parent_depth_ = depth_;
  depth_ = below;
}

std::vector<std::uint32_t> MerkleExchange::differing(const TreeReadReply& reply,
                                                     const MerkleTree& own) const {
  const unsigned step = state_ == State::Leaves ? 0 : depth_ - parent_depth_;
  std::vector<std::uint32_t> different;
  std::size_t sum = 0;
  for (const std::uint32_t node : nodes_) {
    for (std::uint32_t child = node << step; child < (node + 1) << step; ++child) {
      if (reply.sums[sum] != own.node(depth_, child)) different.push_back(child);
      ++sum;
    }
  }
  return different;
}

void MerkleExchange::on_level(Instant now, ExchangeActions& out) {
  if (nodes_.empty()) return finish_well();
  if (depth_ < leaf_depth_) {
    cut_branches();
    return descend(now, out);
  }
  state_ = State::Waiting;
  timer_ = std::min(now + options_.wait, deadline_);
  out.emplace_back(ArmExchangeTimer{timer_});
}

// Takes the branches from resume_at on, in a circle, so that one which can not be mended does not
// keep the others waiting for ever.
void MerkleExchange::cut_branches() {
  if (nodes_.size() <= options_.branches_max) return;
  const auto first = std::find_if(nodes_.begin(), nodes_.end(), [&](std::uint32_t node) {
    return !options_.resume_at.has_value() ||
           span_.range_of(node, depth_).last >= *options_.resume_at;
  });
  if (first != nodes_.end()) std::rotate(nodes_.begin(), first, nodes_.end());
  report_.resume_at = span_.range_of(nodes_[options_.branches_max], depth_).first;
  nodes_.resize(options_.branches_max);
  std::sort(nodes_.begin(), nodes_.end());
}

// -- lists of keys --

void MerkleExchange::list_next(Instant now, ExchangeActions& out) {
  const bool listed_all = next_leaf_ == nodes_.size();
  const bool enough = report_.keys_compared >= options_.keys_max;
  if (enough && !listed_all)
    report_.resume_at = span_.range_of(nodes_[next_leaf_], leaf_depth_).first;
  if (enough || listed_all) {
    state_ = State::Records;
    return fetch_next(now, out);
  }
  const std::size_t count = std::min(options_.list_leaves_max, nodes_.size() - next_leaf_);
  const auto begin = nodes_.begin() + static_cast<std::ptrdiff_t>(next_leaf_);
  listing_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  next_leaf_ += count;
  their_keys_.clear();
  send(SendKeyListRead{.depth = static_cast<std::uint8_t>(leaf_depth_),
                       .leaves = listing_,
                       .entries_max = options_.list_entries_max},
       now, out);
}

void MerkleExchange::on_key_list_reply(const KeyListReply& reply, Instant now,
                                       ExchangeActions& out) {
  if (state_ != State::Keys || !request_.has_value() || reply.operation != awaited_) return;
  const bool fits = reply.outcome != RepairOutcome::Done ||
                    list_fits(std::get<SendKeyListRead>(*request_), reply);
  if (!accept(reply.operation, reply.outcome, now)) return;
  if (!fits) return finish(ExchangeEnd::Nonsense);
  report_.comparison_bytes += kKeyBytes * reply.entries.size();
  report_.keys_compared += reply.entries.size();
  their_keys_.insert(their_keys_.end(), reply.entries.begin(), reply.entries.end());
  if (!reply.stopped_at.has_value()) {
    out.emplace_back(
        ListOwnKeys{.depth = static_cast<std::uint8_t>(leaf_depth_), .leaves = listing_});
    return;
  }
  // Twice the bound, since the list at hand may pass it by as much as it has: then it never ends.
  if (report_.keys_compared > 2 * options_.keys_max) return finish(ExchangeEnd::Nonsense);
  send(SendKeyListRead{.depth = static_cast<std::uint8_t>(leaf_depth_),
                       .leaves = listing_,
                       .after = reply.stopped_at,
                       .entries_max = options_.list_entries_max},
       now, out);
}

bool MerkleExchange::list_fits(const SendKeyListRead& read, const KeyListReply& reply) const {
  if (reply.entries.size() > read.entries_max) return false;
  if (!std::is_sorted(reply.entries.begin(), reply.entries.end())) return false;
  const bool in_place = std::ranges::all_of(reply.entries, [&](const KeyDigest& entry) {
    const bool ours = span_.range_of(0, 0).contains(entry.token);
    const std::uint32_t leaf = span_.node_of(entry.token, leaf_depth_);
    return ours && std::binary_search(listing_.begin(), listing_.end(), leaf) &&
           (!read.after.has_value() || entry.token > *read.after);
  });
  if (!in_place || !reply.stopped_at.has_value()) return in_place;
  // A list that stops must have come further, if only past tombstones, which it does not show.
  const Token begin = span_.range_of(listing_.front(), leaf_depth_).first;
  const bool further =
      read.after.has_value() ? *reply.stopped_at > *read.after : *reply.stopped_at >= begin;
  return further && (reply.entries.empty() || *reply.stopped_at >= reply.entries.back().token) &&
         span_.range_of(listing_.back(), leaf_depth_).last > *reply.stopped_at;
}

void MerkleExchange::on_own_keys(std::vector<KeyDigest> keys, Instant now, ExchangeActions& out) {
  if (state_ != State::Keys || request_.has_value()) return;
  report_.keys_compared += keys.size();
  std::vector<KeyDigest> different;
  std::set_symmetric_difference(keys.begin(), keys.end(), their_keys_.begin(), their_keys_.end(),
                                std::back_inserter(different));
  const std::size_t before = differing_tokens_.size();
  for (const KeyDigest& key : different) {
    const bool repeated =
        differing_tokens_.size() > before && differing_tokens_.back() == key.token;
    if (!repeated) differing_tokens_.push_back(key.token);
  }
  report_.keys_differing += differing_tokens_.size() - before;
  list_next(now, out);
}

// -- records --

void MerkleExchange::fetch_next(Instant now, ExchangeActions& out) {
  const std::size_t left = differing_tokens_.size() - next_token_;
  if (left == 0 || options_.dry_run) return finish_well();
  if (report_.record_bytes >= options_.record_bytes_max) {
    report_.resume_at = differing_tokens_[next_token_];
    return finish_well();
  }
  const auto begin = differing_tokens_.begin() + static_cast<std::ptrdiff_t>(next_token_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(left, options_.fetch_tokens_max));
  send(SendRecordsRead{.tokens = {begin, begin + count}}, now, out);
}

void MerkleExchange::on_records_reply(const RecordsReply& reply, Instant now,
                                      ExchangeActions& out) {
  if (state_ != State::Records || !request_.has_value() || reply.operation != awaited_) return;
  const bool fits = reply.outcome != RepairOutcome::Done ||
                    records_fit(std::get<SendRecordsRead>(*request_), reply);
  if (!accept(reply.operation, reply.outcome, now)) return;
  if (!fits) return finish(ExchangeEnd::Nonsense);
  report_.records_fetched += reply.records.size();
  for (const KeyedRecord& record : reply.records)
    report_.record_bytes += message_bytes_of(record.versions);
  fetched_ = reply;
  const auto begin = differing_tokens_.begin() + static_cast<std::ptrdiff_t>(next_token_);
  next_token_ += reply.tokens_answered;
  out.emplace_back(ReadOwnRecords{
      .tokens = {begin, begin + static_cast<std::ptrdiff_t>(reply.tokens_answered)}});
}

bool MerkleExchange::records_fit(const SendRecordsRead& read, const RecordsReply& reply) {
  const std::vector<Token>& asked = read.tokens;
  // At least one each time, or it would never end.
  if (reply.tokens_answered == 0 || reply.tokens_answered > asked.size()) return false;
  const auto end = asked.begin() + static_cast<std::ptrdiff_t>(reply.tokens_answered);
  const auto was_asked = [&](Token token) { return std::binary_search(asked.begin(), end, token); };
  return std::ranges::all_of(reply.unreadable, was_asked) &&
         std::ranges::all_of(reply.records, was_asked, &KeyedRecord::token);
}

void MerkleExchange::on_own_records(const std::vector<KeyedRecord>& records, FenceStamp fence,
                                    Instant now, ExchangeActions& out) {
  if (state_ != State::Records || !fetched_.has_value()) return;
  const RecordsReply theirs = std::move(*fetched_);
  fetched_.reset();
  if (theirs.fence != fence) out.emplace_back(CatchUpFence{});
  const std::set<Token> unreadable(theirs.unreadable.begin(), theirs.unreadable.end());
  report_.keys_skipped += unreadable.size();
  const auto skip = [&](const KeyedRecord& record) { return unreadable.contains(record.token); };
  const auto same_key = [](const KeyedRecord& record) {
    return [&record](const KeyedRecord& other) {
      return other.token == record.token && other.address == record.address;
    };
  };
  for (const KeyedRecord& their : theirs.records) {
    if (skip(their)) continue;
    const auto own = std::ranges::find_if(records, same_key(their));
    const KeyedRecord absent{.token = their.token, .address = their.address};
    reconcile(own == records.end() ? absent : *own, fence, their, theirs.fence, out);
  }
  for (const KeyedRecord& own : records) {
    if (skip(own) || std::ranges::any_of(theirs.records, same_key(own))) continue;
    reconcile(own, fence, {.token = own.token, .address = own.address}, theirs.fence, out);
  }
  push_next(now, out);
}

void MerkleExchange::reconcile(const KeyedRecord& own, FenceStamp own_fence,
                               const KeyedRecord& theirs, FenceStamp their_fence,
                               ExchangeActions& out) {
  const Reconciliation verdict = reconciliation_of(own.versions, theirs.versions);
  if (verdict.collision) ++report_.keys_skipped;
  if (verdict.merge_here) out.emplace_back(MergeHere{.record = theirs, .fence = their_fence});
  if (verdict.push_there) to_push_.push_back({.record = own, .fence = own_fence});
}

void MerkleExchange::push_next(Instant now, ExchangeActions& out) {
  while (!to_push_.empty() && pushing_.size() < options_.pushes_in_flight_max) {
    Push push = std::move(to_push_.front());
    to_push_.pop_front();
    const OperationId operation{options_.first_operation + operations_};
    ++operations_;
    pushing_.insert(operation);
    ++report_.records_pushed;
    report_.record_bytes += message_bytes_of(push.record.versions);
    out.emplace_back(
        PushThere{.operation = operation, .record = std::move(push.record), .fence = push.fence});
  }
  if (pushing_.empty()) return fetch_next(now, out);
  timer_ = std::min(now + options_.patience, deadline_);
  out.emplace_back(ArmExchangeTimer{timer_});
}

void MerkleExchange::on_pushed(OperationId operation, RepairOutcome outcome, Instant now,
                               ExchangeActions& out) {
  if (pushing_.erase(operation) == 0) return;  // late, or a duplicate
  if (outcome == RepairOutcome::StaleRow) return finish(ExchangeEnd::StaleRow);
  if (outcome == RepairOutcome::StaleFence) out.emplace_back(CatchUpFence{});
  if (outcome != RepairOutcome::Done) ++report_.keys_skipped;
  push_next(now, out);
}

void MerkleExchange::check_invariants() const {
  STARLING_CHECK(nodes_.size() <= std::size_t{1} << kTreeDepthMax);
  STARLING_CHECK(pushing_.size() <= options_.pushes_in_flight_max);
  STARLING_CHECK(next_token_ <= differing_tokens_.size());
  STARLING_CHECK(finished() == (report_.end != ExchangeEnd::Unfinished));
  if (finished()) STARLING_CHECK(to_push_.empty());
}

}  // namespace starling

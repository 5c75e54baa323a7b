#include "repair_pair.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/repair_messages.h"
#include "repair/merkle_answers.h"
#include "repair/merkle_exchange.h"
#include "repair/merkle_leaf.h"
#include "ring/token.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::uint64_t kSeedOfTokens = 99;

std::vector<TokenRange> ranges_of(const TreeSpan& span, unsigned depth,
                                  const std::vector<std::uint32_t>& leaves) {
  std::vector<TokenRange> ranges;
  for (const std::uint32_t leaf : leaves) ranges.push_back(span.range_of(leaf, depth));
  return ranges;
}

}  // namespace

KeyAddress pair_key(std::uint64_t number) {
  return {.bucket = "bucket", .key = "key" + std::to_string(number)};
}

SiblingSet pair_write(std::uint64_t number, SiblingKind kind) {
  SiblingSet versions;
  versions.add({.dot = {.actor = {.incarnation = Incarnation{number}, .lineage = 1}, .counter = 1},
                .kind = kind,
                .value_hash = number});
  return versions;
}

void PairReplica::merge(const KeyAddress& address, const SiblingSet& versions) {
  const Token token = token_of(address.bucket, address.key, kSeedOfTokens);
  KeyedRecord& record = records[token];
  const Hash128 before = contribution_of(address, record.versions, kSeedOfTokens);
  record.token = token;
  record.address = address;
  REQUIRE(record.versions.sync(versions));
  tree.replace(token, before, contribution_of(address, record.versions, kSeedOfTokens));
}

void PairReplica::write(const KeyAddress& address, std::uint64_t number, SiblingKind kind) {
  const auto found = records.find(token_of(address.bucket, address.key, kSeedOfTokens));
  SiblingSet versions = found == records.end() ? SiblingSet() : found->second.versions;
  versions.discard(VectorClock(versions.clock()));
  REQUIRE(versions.sync(pair_write(number, kind)));
  merge(address, versions);
}

std::vector<KeyDigest> PairReplica::all_keys() const {
  return keys_in({tree.span().range_of(0, 0)});
}

std::vector<KeyDigest> PairReplica::keys_in(const std::vector<TokenRange>& ranges) const {
  std::vector<KeyDigest> keys;
  for (const TokenRange& range : ranges) {
    for (auto it = records.lower_bound(range.first); it != records.end() && it->first <= range.last;
         ++it) {
      const KeyedRecord& record = it->second;
      const Hash128 added = contribution_of(record.address, record.versions, kSeedOfTokens);
      if (added != Hash128{}) keys.push_back(key_digest_of(record.token, added));
    }
  }
  return keys;
}

std::vector<KeyedRecord> PairReplica::records_at(const std::vector<Token>& tokens) const {
  std::vector<KeyedRecord> found;
  for (const Token token : tokens) {
    const auto record = records.find(token);
    if (record != records.end()) found.push_back(record->second);
  }
  return found;
}

RepairPair::RepairPair(std::uint64_t seed, unsigned depth_here, unsigned depth_there)
    : here(depth_here), there(depth_there), random_(seed), now_(std::chrono::seconds(1000)) {}

void RepairPair::plan(Duration after, std::function<void()> event) {
  events_.emplace(now_ + after, std::move(event));
}

void RepairPair::send(std::function<void()> arrival) {
  const int copies = random_.chance_ppm(network.repeated_ppm) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (random_.chance_ppm(network.lost_ppm)) continue;
    plan(random_.between(network.delay_min, network.delay_max), arrival);
  }
}

template <typename Call>
void RepairPair::feed(const Call& call) {
  if (!exchange_.has_value()) return;
  ExchangeActions actions;
  call(*exchange_, actions);
  exchange_->check_invariants();
  perform(std::move(actions));
}

ExchangeReport RepairPair::run(MerkleExchange::Options options) {
  options.first_operation = next_operation_;
  next_operation_ += 1'000'000;
  exchange_.emplace(options);
  feed([&](MerkleExchange& exchange, ExchangeActions& out) {
    exchange.start(here.tree, now_, out);
  });
  while (!exchange_->finished()) {
    REQUIRE_FALSE(events_.empty());
    auto event = events_.extract(events_.begin());
    now_ = event.key();
    event.mapped()();
  }
  const ExchangeReport report = exchange_->report();
  exchange_.reset();
  return report;
}

void RepairPair::run_planned() {
  while (!events_.empty()) {
    auto event = events_.extract(events_.begin());
    now_ = event.key();
    event.mapped()();
  }
}

std::vector<ExchangeReport> RepairPair::run_until_agreed(std::size_t exchanges_max,
                                                         MerkleExchange::Options options) {
  std::vector<ExchangeReport> reports;
  while (reports.size() < exchanges_max) {
    reports.push_back(run(options));
    options.resume_at = reports.back().resume_at;
    if (reports.back().end == ExchangeEnd::Agreed) break;
  }
  return reports;
}

void RepairPair::perform(ExchangeActions actions) {
  for (ExchangeAction& action : actions) {
    if (const auto* const merge = std::get_if<MergeHere>(&action)) {
      if (here.fence.accepts(merge->fence, merge->record.token))
        here.merge(merge->record.address, merge->record.versions);
    } else if (const auto* const list = std::get_if<ListOwnKeys>(&action)) {
      std::vector<KeyDigest> keys =
          here.keys_in(ranges_of(here.tree.span(), list->depth, list->leaves));
      feed([&](MerkleExchange& exchange, ExchangeActions& out) {
        exchange.on_own_keys(std::move(keys), now_, out);
      });
    } else if (const auto* const read = std::get_if<ReadOwnRecords>(&action)) {
      const std::vector<KeyedRecord> records = here.records_at(read->tokens);
      feed([&](MerkleExchange& exchange, ExchangeActions& out) {
        exchange.on_own_records(records, here.fence.stamp(), now_, out);
      });
    } else if (const auto* const timer = std::get_if<ArmExchangeTimer>(&action)) {
      plan(timer->at - now_, [this] {
        feed([this](MerkleExchange& exchange, ExchangeActions& out) {
          exchange.on_timer(here.tree, now_, out);
        });
      });
    } else if (std::holds_alternative<CatchUpFence>(action)) {
      here.fence.catch_up(there.fence.stamp(), there.fence.since(here.fence.stamp()));
      there.fence.catch_up(here.fence.stamp(), here.fence.since(there.fence.stamp()));
    } else {
      ++requests;
      if (peer_is_dead) continue;
      std::visit(
          [this](const auto& request) {
            if constexpr (requires { answer(request); }) {
              send([this, request] { answer(request); });
            }
          },
          action);
    }
  }
}

void RepairPair::answer(const SendTreeRead& read) {
  TreeReadReply reply = answer_tree_read(
      there.tree, {.depth = read.depth, .child_depth = read.child_depth, .nodes = read.nodes});
  reply.operation = read.operation;
  if (bend_tree) bend_tree(reply);
  send([this, reply] {
    feed([&](MerkleExchange& exchange, ExchangeActions& out) {
      exchange.on_tree_reply(reply, here.tree, now_, out);
    });
  });
}

void RepairPair::answer(const SendKeyListRead& read) {
  KeyListReply reply{.operation = read.operation};
  const auto ranges = ranges_to_list(there.tree.span(), {.depth = read.depth,
                                                         .leaves = read.leaves,
                                                         .after = read.after,
                                                         .entries_max = read.entries_max});
  if (ranges.has_value()) {
    reply.outcome = RepairOutcome::Done;
    reply.entries = there.keys_in(*ranges);
    if (reply.entries.size() > read.entries_max) {
      reply.entries.resize(read.entries_max);
      reply.stopped_at = reply.entries.back().token;
    }
  }
  if (bend_keys) bend_keys(reply);
  send([this, reply] {
    feed([&](MerkleExchange& exchange, ExchangeActions& out) {
      exchange.on_key_list_reply(reply, now_, out);
    });
  });
}

void RepairPair::answer(const SendRecordsRead& read) {
  RecordsReply reply{.operation = read.operation, .fence = there.fence.stamp()};
  if (may_fetch(there.tree.span(), {.tokens = read.tokens})) {
    reply.outcome = RepairOutcome::Done;
    reply.records = there.records_at(read.tokens);
    reply.tokens_answered = static_cast<std::uint32_t>(read.tokens.size());
  }
  if (bend_records) bend_records(reply);
  send([this, reply] {
    feed([&](MerkleExchange& exchange, ExchangeActions& out) {
      exchange.on_records_reply(reply, now_, out);
    });
  });
}

void RepairPair::answer(const PushThere& push) {
  RepairOutcome outcome = RepairOutcome::StaleFence;
  if (there.fence.accepts(push.fence, push.record.token)) {
    there.merge(push.record.address, push.record.versions);
    outcome = RepairOutcome::Done;
  }
  send([this, operation = push.operation, outcome] {
    feed([&](MerkleExchange& exchange, ExchangeActions& out) {
      exchange.on_pushed(operation, outcome, now_, out);
    });
  });
}

}  // namespace starling

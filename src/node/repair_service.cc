#include "node/repair_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "node/repair_desk.h"
#include "repair/merkle_answers.h"
#include "repair/merkle_exchange.h"
#include "repair/merkle_tree.h"
#include "repair/repair_schedule.h"
#include "replica/replica_store.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

// How often it looks who is there, and how the foreground fares.
constexpr Duration kTick = std::chrono::seconds(1);
// Between two looks at what is ordered, while nothing of it can begin.
constexpr Duration kRunPause = std::chrono::milliseconds(10);
// What could not be read is looked for again.
constexpr Duration kExchangeRetryPause = std::chrono::minutes(1);
// An exchange has fewer requests and pushes: it lists half a million keys at most.
constexpr std::uint64_t kOperationsOfAnExchange = std::uint64_t{1} << 24U;
// Records summed up in one step, about a millisecond; such a scan costs far less than as many
// reads.
constexpr std::uint32_t kSummedAtOnce = 500;
constexpr std::uint64_t kRecordsOfATreeRead = 32;
// Keys in the leaves of one list, at both sides: one step of the loop.
constexpr std::uint64_t kListedAtOnce = 4000;

OperationId operation_of(const std::variant<TreeReadReply, KeyListReply, RecordsReply>& reply) {
  return std::visit([](const auto& one) { return one.operation; }, reply);
}

// What a step took: bytes of an answer, and reads at both sides.
struct Cost {
  std::uint64_t bytes = 0;
  std::uint64_t reads = 0;
};
Cost cost_of(const TreeReadReply& reply) {
  return {.bytes = reply.sums.size() * sizeof(Hash128), .reads = 0};
}
Cost cost_of(const KeyListReply& reply) {
  return {.bytes = reply.entries.size() * sizeof(KeyDigest),
          .reads = 2 + 2 * reply.entries.size() / kRecordsOfATreeRead};
}
Cost cost_of(const RecordsReply& reply) {
  return {.bytes = message_bytes_of(reply.records),
          .reads = 2 * std::uint64_t{reply.tokens_answered}};
}

// Lists of full leaves would take longer than one step of the loop.
std::size_t list_leaves_max(const MerkleTree& tree) {
  const std::uint64_t keys_of_a_leaf = std::max<std::uint64_t>(tree.keys() >> tree.depth(), 1);
  return std::clamp<std::uint64_t>(kListedAtOnce / keys_of_a_leaf, 1, kListedLeavesMax);
}

}  // namespace

RepairService::RepairService(const Neighbours& neighbours, const Options& options, Instant now)
    : neighbours_(neighbours),
      options_(options),
      schedule_(options.schedule, now),
      budget_(options.budget),
      next_operation_(options.first_operation),
      watch_{.next_tick = now + options.first_rest, .next_retry = now + kExchangeRetryPause},
      wake_(watch_.next_tick) {
  // From the first write on: one that is not summed would make a tree of an earlier start untrue.
  look_at_ring(now);
}

// -- when --

void RepairService::on_timer(Instant now) {
  if (!wake_.has_value() || now < *wake_) return;
  if (now >= watch_.next_tick) tick(now);
  build_trees(now);
  fire_timers(now);
  begin_due(now);
  set_wake(now);
}

void RepairService::tick(Instant now) {
  watch_.next_tick = now + kTick;
  budget_.on_foreground_latency(neighbours_.read_latencies.take_p99(), now);
  look_at_ring(now);
  look_at_peers();
  if (now < watch_.next_retry) return;
  watch_.next_retry = now + kExchangeRetryPause;
  neighbours_.store.trees().retry();
}

void RepairService::look_at_ring(Instant now) {
  const Ring& ring = neighbours_.cluster.ring();
  if (ring.epoch() == watch_.epoch) return;
  watch_.epoch = ring.epoch();
  // Their rows may have changed; in such an exchange this node would be refused anyway.
  for (const auto& [first, running] : running_) {
    schedule_.on_finished(running.pair, {.end = ExchangeEnd::Aborted}, now);
    if (run_.has_value()) run_->on_finished(running.pair, {.end = ExchangeEnd::Aborted}, 0, now);
  }
  running_.clear();
  end_run_if_finished();
  const NodeId self = neighbours_.cluster.self();
  std::vector<PartitionId> owned;
  std::vector<RepairSchedule::Pair> pairs;
  for (std::uint32_t p = 0; p < ring.partitions(); ++p) {
    const PartitionId partition{static_cast<std::uint16_t>(p)};
    if (!ring.owns(self, partition)) continue;
    owned.push_back(partition);
    for (const NodeId owner : ring.compared_with(self, partition)) {
      pairs.push_back({.partition = partition, .partner = owner});
    }
  }
  neighbours_.store.trees().set_partitions(owned);
  schedule_.set_pairs(pairs);
  watch_.present.clear();
  for (const RingMember& member : ring.members()) schedule_.set_absent(member.id, true);
}

void RepairService::look_at_peers() {
  std::set<NodeId> present;
  for (const RingMember& member : neighbours_.cluster.ring().members()) {
    const NodeId id = member.id;
    if (id == neighbours_.cluster.self() || !neighbours_.cluster.reachable(id)) continue;
    present.insert(id);
    const bool is_new = !watch_.present.contains(id) || watch_.returned.contains(id);
    if (!is_new) continue;
    schedule_.set_absent(id, false);
    // One side is enough to ask; after a restart this one has everything to ask for anyway.
    if (neighbours_.cluster.self() < id) schedule_.mark_partner(id);
  }
  for (const NodeId gone : watch_.present) {
    if (!present.contains(gone)) schedule_.set_absent(gone, true);
  }
  watch_.present = std::move(present);
  watch_.returned.clear();
}

void RepairService::build_trees(Instant now) {
  ReplicaStore& store = neighbours_.store;
  if (!store.trees().has_work() || !budget_.may_step(now) || !store.has_room_for_clients(0)) return;
  store.work_on_trees(kSummedAtOnce);
  budget_.spend(0, 1 + kSummedAtOnce / kRecordsOfATreeRead, now);
}

void RepairService::begin_due(Instant now) {
  if (!neighbours_.confirmation.counting() || neighbours_.store.trees().has_work()) return;
  while (running_.size() < options_.exchanges_max && budget_.may_exchange(active(), now)) {
    std::optional<RepairSchedule::Work> work = next_of_run(now);
    const bool ordered = work.has_value();
    if (!ordered) work = schedule_.next(now);
    if (!work.has_value()) return;
    begin(*work, ordered, now);
  }
}

std::size_t RepairService::active() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      running_, [](const auto& entry) { return !entry.second.exchange.waiting(); }));
}

void RepairService::begin(const RepairSchedule::Work& work, bool ordered, Instant now) {
  const MerkleTree* const tree = neighbours_.store.trees().find(work.pair.partition);
  if (tree == nullptr) {
    if (ordered && run_.has_value())
      run_->on_finished(work.pair, {.end = ExchangeEnd::Aborted}, 0, now);
    return schedule_.on_finished(work.pair, {.end = ExchangeEnd::Aborted}, now);
  }
  const std::uint64_t first = next_operation_;
  next_operation_ += kOperationsOfAnExchange;
  MerkleExchange exchange({.patience = kRepairPatience,
                           .list_leaves_max = list_leaves_max(*tree),
                           .resume_at = work.resume_at,
                           .dry_run = ordered && run_.has_value() && run_->order().dry_run,
                           .first_operation = first});
  const auto at =
      running_
          .emplace(first,
                   Running{.pair = work.pair, .ordered = ordered, .exchange = std::move(exchange)})
          .first;
  budget_.spend(0, 1, now);
  ExchangeActions actions;
  at->second.exchange.start(*tree, now, actions);
  perform(at, std::move(actions), now);
}

void RepairService::fire_timers(Instant now) {
  for (auto next = running_.begin(); next != running_.end();) {
    const auto at = next++;
    if (at->second.held.has_value()) {
      step(at, now);
      continue;
    }
    std::optional<Instant>& timer = at->second.timer;
    if (!timer.has_value() || *timer > now) continue;
    timer.reset();
    const MerkleTree* const tree = neighbours_.store.trees().find(at->second.pair.partition);
    ExchangeActions actions;
    if (tree == nullptr) {
      at->second.exchange.abort();
    } else {
      at->second.exchange.on_timer(*tree, now, actions);
    }
    perform(at, std::move(actions), now);
  }
}

void RepairService::set_wake(Instant now) {
  Instant wake = watch_.next_tick;
  const bool building = neighbours_.store.trees().has_work();
  // Where the disk is behind, the next tick is soon enough.
  if (building && neighbours_.store.has_room_for_clients(0))
    wake = std::min(wake, std::max(now, budget_.next_at(now)));
  for (const auto& [first, running] : running_) {
    if (running.held.has_value()) wake = std::min(wake, std::max(now, budget_.next_at(now)));
    if (!running.held.has_value()) wake = std::min(wake, running.timer.value_or(wake));
  }
  const bool may_begin = !building && neighbours_.confirmation.counting() &&
                         running_.size() < options_.exchanges_max &&
                         active() < options_.budget.exchanges_max;
  const std::optional<Instant> due = may_begin ? schedule_.next_due() : std::nullopt;
  if (due.has_value()) wake = std::min(wake, std::max(*due, budget_.next_at(now)));
  // Those that wait may all have to wait for others of their partitions.
  if (may_begin && run_.has_value() && run_->has_waiting())
    wake = std::min(wake, std::max(now + kRunPause, budget_.next_at(now)));
  wake_ = wake;
}

// -- one exchange --

RepairService::Exchanges::iterator RepairService::exchange_of(NodeId from, OperationId operation) {
  auto at = running_.upper_bound(operation.value);
  if (at == running_.begin()) return running_.end();
  --at;
  const bool is_its =
      operation.value - at->first < kOperationsOfAnExchange && at->second.pair.partner == from;
  return is_its ? at : running_.end();
}

void RepairService::on_tree_reply(NodeId from, const TreeReadReply& reply, Instant now) {
  on_reply(from, reply.operation, reply, now);
}

void RepairService::on_key_list_reply(NodeId from, const KeyListReply& reply, Instant now) {
  on_reply(from, reply.operation, reply, now);
}

void RepairService::on_records_reply(NodeId from, const RecordsReply& reply, Instant now) {
  on_reply(from, reply.operation, reply, now);
}

void RepairService::on_reply(NodeId from, OperationId operation, Reply reply, Instant now) {
  const auto at = exchange_of(from, operation);
  if (at == running_.end()) return;
  // Of several, the newest answers the attempt that is waited for.
  std::optional<Reply>& held = at->second.held;
  if (held.has_value() && operation < operation_of(*held)) return;
  held = std::move(reply);
  step(at, now);
  begin_due(now);
  set_wake(now);
}

void RepairService::step(Exchanges::iterator at, Instant now) {
  Running& running = at->second;
  if (!running.held.has_value() || !budget_.may_step(now)) return;
  const Reply reply = std::move(*running.held);
  running.held.reset();
  const Cost cost = std::visit([](const auto& one) { return cost_of(one); }, reply);
  budget_.spend(cost.bytes, cost.reads, now);
  ExchangeActions actions;
  const MerkleTree* const tree = neighbours_.store.trees().find(running.pair.partition);
  if (tree == nullptr) {
    running.exchange.abort();
  } else if (const auto* const sums = std::get_if<TreeReadReply>(&reply)) {
    running.exchange.on_tree_reply(*sums, *tree, now, actions);
    if (running.exchange.waiting()) {
      neighbours_.log.write(LogLevel::Trace, "mark: repair: sums differed once");
    }
  } else if (const auto* const list = std::get_if<KeyListReply>(&reply)) {
    running.exchange.on_key_list_reply(*list, now, actions);
  } else {
    running.exchange.on_records_reply(std::get<RecordsReply>(reply), now, actions);
  }
  perform(at, std::move(actions), now);
}

bool RepairService::on_write_reply(NodeId from, const ReplicaWriteReply& reply, Instant now) {
  const auto at = exchange_of(from, reply.operation);
  if (at == running_.end()) return false;
  ExchangeActions actions;
  at->second.exchange.on_pushed(reply.operation, repair_outcome_of(reply.outcome), now, actions);
  perform(at, std::move(actions), now);
  set_wake(now);
  return true;
}

void RepairService::end(Exchanges::iterator at, Instant now) {
  const Running& running = at->second;
  ExchangeReport report = running.exchange.report();
  report.keys_skipped += running.not_merged;
  ++totals_.exchanges;
  totals_.agreed += report.end == ExchangeEnd::Agreed ? 1 : 0;
  totals_.keys_compared += report.keys_compared;
  totals_.keys_differing += report.keys_differing;
  totals_.records_merged += running.merged;
  totals_.records_pushed += report.records_pushed;
  totals_.bytes += report.comparison_bytes + report.record_bytes;
  if (report.end == ExchangeEnd::Agreed) {
    neighbours_.log.write(LogLevel::Trace, "mark: repair: replicas agreed");
  }
  const RepairSchedule::Pair pair = running.pair;
  schedule_.on_finished(pair, report, now);
  if (running.ordered && run_.has_value()) {
    run_->on_finished(pair, report, running.merged + report.records_pushed, now);
    end_run_if_finished();
  }
  // What came from one may be news to the others.
  if (running.merged > 0) schedule_.mark(pair.partition);
  running_.erase(at);
}

void RepairService::check_invariants() const {
  schedule_.check_invariants();
  if (run_.has_value()) run_->check_invariants();
  STARLING_CHECK(running_.size() <= options_.exchanges_max);
  STARLING_CHECK(running_.size() == schedule_.running());
  for (const auto& [first, running] : running_) running.exchange.check_invariants();
}

}  // namespace starling

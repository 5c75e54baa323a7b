#include "node/handoff_service.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "handoff/hint_delivery.h"
#include "handoff/hint_holders.h"
#include "handoff/hint_home.h"
#include "handoff/hint_ledger.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/store_condition.h"
#include "node/hint_store.h"
#include "replica/replica_store.h"
#include "ring/preference_list.h"
#include "ring/ring.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// More than one process ever sends in the life of a delivery.
constexpr std::uint64_t kOperationsOfDelivery = std::uint64_t{1} << 32U;
// How long the home may take a hint for what it is worth; as long as the delivery waits.
constexpr Duration kHandoffPatience = std::chrono::seconds(2);

// A day; what takes longer is not estimated.
constexpr double kEtaSecondsMax = 86'400;

std::optional<NodeId> owner_of(const Ring& ring, const HintSlot& slot) {
  if (slot.partition.value >= ring.partitions()) return std::nullopt;
  return home_of_place(ring.slots(slot.partition), slot.slot);
}

}  // namespace

HandoffService::HandoffService(const Neighbours& neighbours, const Options& options, Random random)
    : neighbours_(neighbours),
      planted_(options.planted),
      hints_(neighbours.engine, neighbours.log, options.hints),
      // Half of the numbers are left to count upwards in.
      next_operation_(random.next() >> 1U) {}

void HandoffService::load(Instant now) {
  hints_.load(neighbours_.cluster.ring().partitions(), now);
  regroup();
}

// -- who gets what --

void HandoffService::forget_homes() {
  homes_.clear();
  noted_.reset();
}

void HandoffService::regroup() {
  forget_homes();
  const Ring& ring = neighbours_.cluster.ring();
  grouped_at_ = ring.epoch();
  for (const HintSlot& slot : hints_.ledger().slots()) {
    if (const auto owner = owner_of(ring, slot)) home_of(*owner).slots.insert(slot);
  }
}

HandoffService::Home& HandoffService::home_of(NodeId node) {
  const auto known = homes_.find(node);
  if (known != homes_.end()) return known->second;
  HintDelivery::Options options{.first_operation = next_operation_};
  next_operation_ += kOperationsOfDelivery;
  if (planted_ == PlantedBug::ForgetHintOnSending) {
    options.forgetting = HintDelivery::Forgetting::OnSending;
  }
  return homes_.emplace(node, Home(options)).first->second;
}

void HandoffService::collect(Instant now) {
  if (hints_.ledger().hints() == 0) {
    if (!homes_.empty()) forget_homes();
    return;
  }
  if (grouped_at_ != neighbours_.cluster.ring().epoch()) regroup();
  // A store that takes nothing can not forget what was brought home either.
  // And from one that does not count nobody wants what may be long outdated.
  const bool is_able = takes(neighbours_.store.condition(), SiblingKind::Tombstone) &&
                       neighbours_.cluster.reachable(neighbours_.cluster.self());
  for (auto& [node, home] : homes_) {
    const bool is_up = is_able && neighbours_.cluster.reachable(node);
    if (home.up == is_up) continue;
    home.up = is_up;
    home.timer.reset();
    HintActions actions;
    if (is_up) {
      home.up_since = now;
      home.delivered_since_up = 0;
      const std::vector<HintSlot> slots(home.slots.begin(), home.slots.end());
      home.delivery.on_home_up(slots, hints_.ledger(), now, actions);
    } else {
      home.delivery.on_home_down();
    }
    perform(node, home, std::move(actions), now);
  }
}

// -- keeping --

std::optional<ReplicaOutcome> HandoffService::refusal(const HintWrite& write) const {
  const Ring& ring = neighbours_.cluster.ring();
  const Envelope& envelope = write.envelope;
  const NodeId self = neighbours_.cluster.self();
  const auto owner = owner_of(ring, {.partition = envelope.partition, .slot = write.slot});
  const bool is_place =
      owner.has_value() && hint_place_of(ring.slots(envelope.partition), *owner) == write.slot;
  if (!is_place || envelope.remaining <= Duration::zero()) return ReplicaOutcome::Refused;
  if (envelope.row_version != ring.row_version(envelope.partition)) return ReplicaOutcome::StaleRow;
  const Token token = ring.token_of(write.address.bucket, write.address.key);
  const PreferenceList list = preference_list_of(ring, token);
  const bool holds = std::ranges::find(hint_holders_of(list), self) != hint_holders_of(list).end();
  if (list.partition != envelope.partition || !holds || write.versions.empty() ||
      !fits_a_message(write.versions) || !neighbours_.cluster.reachable(self)) {
    return ReplicaOutcome::Refused;
  }
  if (neighbours_.store.condition() != StoreCondition::Roomy) return ReplicaOutcome::DiskFull;
  if (!neighbours_.store.has_room_for_clients(0)) return ReplicaOutcome::Refused;
  return std::nullopt;
}

void HandoffService::on_write(NodeId from, const HintWrite& write, Instant now) {
  HintWriteReply reply{.operation = write.envelope.operation, .slot = write.slot};
  // Nobody waits for the answer about a hint of best effort.
  const bool counts = write.standing == HintStanding::Counted;
  if (const auto refused = refusal(write)) {
    reply.outcome = *refused;
    if (counts) neighbours_.outbox.send(from, reply);
    return;
  }
  const HintSlot slot{.partition = write.envelope.partition, .slot = write.slot};
  const Result<HintStore::Kept> kept = hints_.keep(slot,
                                                   Hint{.kind = HintKind::Message,
                                                        .standing = write.standing,
                                                        .fence = write.envelope.fence,
                                                        .address = write.address,
                                                        .mine = std::nullopt,
                                                        .versions = write.versions},
                                                   write.must_sync);
  if (!kept.ok()) {
    neighbours_.log.write(LogLevel::Trace, "mark: hint: refused for want of room");
    if (counts) neighbours_.outbox.send(from, reply);
    return;
  }
  neighbours_.log.write(
      LogLevel::Trace, counts ? "mark: hint: kept, and counts" : "mark: hint: kept as best effort");
  note_kept(slot, now);
  if (!counts) return;
  reply.outcome = ReplicaOutcome::Done;
  reply.synced = write.must_sync;
  neighbours_.replica.send_when_durable(from, kept->ticket, reply);
}

void HandoffService::note(PartitionId partition, NodeId home, const KeyAddress& address,
                          Instant now) {
  const auto number = neighbours_.cluster.slot_of(partition, home);
  // A note is worth less than any write.
  const bool has_room = neighbours_.store.condition() == StoreCondition::Roomy &&
                        neighbours_.store.has_room_for_clients(0);
  if (!number.has_value() || !has_room) return;
  const HintSlot slot{.partition = partition, .slot = *number};
  const Result<HintStore::Kept> kept = hints_.keep(
      slot,
      Hint{.kind = HintKind::Note, .fence = {}, .address = address, .mine = {}, .versions = {}},
      false);
  if (!kept.ok()) return;
  neighbours_.log.write(LogLevel::Trace, "mark: hint: kept as a note");
  note_kept(slot, now);
}

void HandoffService::note_kept(const HintSlot& slot, Instant now) {
  Gain gained = gain(slot, now);
  perform(gained.node, home_of(gained.node), std::move(gained.actions), now);
}

HandoffService::Gain HandoffService::gain(const HintSlot& slot, Instant now) {
  const auto owner = owner_of(neighbours_.cluster.ring(), slot);
  STARLING_CHECK(owner.has_value());
  Home& home = home_of(*owner);
  home.slots.insert(slot);
  HintActions actions;
  home.delivery.on_hint_added(slot, hints_.ledger(), now, actions);
  return {.node = *owner, .actions = std::move(actions)};
}

// -- bringing home --

void HandoffService::perform(NodeId node, Home& home, HintActions actions, Instant now) {
  std::vector<HintSlot> places = perform_at(node, home, std::move(actions), now);
  while (!places.empty()) {
    Gain gained = gain(places.back(), now);
    places.pop_back();
    const std::vector<HintSlot> more =
        perform_at(gained.node, home_of(gained.node), std::move(gained.actions), now);
    places.insert(places.end(), more.begin(), more.end());
  }
}

std::vector<HintSlot> HandoffService::perform_at(NodeId node, Home& home, HintActions actions,
                                                 Instant now) {
  std::deque<HintAction> pending(std::make_move_iterator(actions.begin()),
                                 std::make_move_iterator(actions.end()));
  std::vector<HintSlot> passed_on;
  while (!pending.empty()) {
    HintAction action = std::move(pending.front());
    pending.pop_front();
    HintActions more;
    if (const auto* const load = std::get_if<LoadHint>(&action)) {
      home.delivery.on_loaded(load->key, hints_.read(load->key), hints_.ledger(), now, more);
    } else if (const auto* const noted = std::get_if<ReadNotedRecord>(&action)) {
      read_noted(*noted, home, now, more);
    } else if (auto* const sent = std::get_if<SendHint>(&action)) {
      send(node, home, std::move(*sent), now, more);
    } else if (const auto* const gone = std::get_if<DeleteHint>(&action)) {
      const HintKey key = gone->key;
      const auto next = next_place(neighbours_.cluster.ring().slots(key.partition), key.slot);
      if (!next.has_value() || !hints_.ledger().contains(key)) {
        hints_.erase(key);
      } else if (pass_on(key, *next)) {
        passed_on.push_back({.partition = key.partition, .slot = *next});
      } else {
        home.delivery.on_not_deleted(key, now, more);
      }
    } else if (const auto* const pulled = std::get_if<PullFence>(&action)) {
      // Nothing is reaped yet: whoever speaks of a later fence knows what nobody here does.
      home.delivery.on_fence(pulled->key, PulledFence{}, hints_.ledger(), now, more);
    } else if (const auto* const stuck = std::get_if<ReportStuckHint>(&action)) {
      report_stuck(stuck->key);
    } else if (const auto* const timer = std::get_if<ArmHintTimer>(&action)) {
      home.timer = timer->at;
    }
    std::move(more.begin(), more.end(), std::back_inserter(pending));
  }
  return passed_on;
}

// What one node of a slot that moves took may be missing at the other, and either may be the one
// that stays.
bool HandoffService::pass_on(const HintKey& key, std::uint8_t place) {
  if (!hints_.move(key, place).has_value()) return false;
  neighbours_.log.write(LogLevel::Trace, "mark: hint: passed on to the target of a move");
  return true;
}

void HandoffService::read_noted(const ReadNotedRecord& noted, Home& home, Instant now,
                                HintActions& out) {
  // What this node stores no more is removed, and who stores it now holds all of it.
  if (!neighbours_.cluster.ring().owns(neighbours_.cluster.self(), noted.key.partition)) {
    return home.delivery.on_own_record(noted.key, std::nullopt, {}, hints_.ledger(), now, out);
  }
  const Token token = neighbours_.cluster.ring().token_of(noted.address.bucket, noted.address.key);
  const Result<ReplicaStore::View> view = neighbours_.store.read(
      {.partition = noted.key.partition, .token = token, .address = noted.address});
  if (!view.ok()) return home.delivery.on_unreadable(noted.key, hints_.ledger(), now, out);
  std::optional<SiblingSet> record;
  if (!view->versions->empty()) record = *view->versions;
  noted_ = HintStore::Kept{.key = noted.key, .ticket = view->durable_at};
  home.delivery.on_own_record(noted.key, record, view->fence, hints_.ledger(), now, out);
}

void HandoffService::send(NodeId node, Home& home, SendHint hint, Instant now, HintActions& out) {
  // Only a note's record can be so large: a merge of what several minters made.
  if (!fits_a_message(hint.versions)) {
    return home.delivery.on_reply(hint.operation, HintOutcome::Unfit, 1, hints_.ledger(), now, out);
  }
  if (neighbours_.outbox.crowded(node)) {
    return home.delivery.on_reply(hint.operation, HintOutcome::Busy, 1, hints_.ledger(), now, out);
  }
  // What a record shows leaves this node when it is durable, like every answer about it.
  const bool is_note = noted_.has_value() && noted_->key == hint.key;
  const CommitTicket ticket = is_note ? noted_->ticket : CommitTicket{};
  const Ring& ring = neighbours_.cluster.ring();
  HintHandoff handoff{.envelope = {.sender_incarnation = neighbours_.store.incarnation(),
                                   .operation = hint.operation,
                                   .epoch = ring.epoch(),
                                   .partition = hint.key.partition,
                                   .row_version = ring.row_version(hint.key.partition),
                                   .fence = hint.fence,
                                   .remaining = kHandoffPatience},
                      .slot = hint.key.slot,
                      .address = std::move(hint.address),
                      .versions = std::move(hint.versions)};
  neighbours_.replica.send_when_durable(node, ticket, std::move(handoff));
}

void HandoffService::on_handoff_reply(NodeId from, const HintHandoffReply& reply, Instant now) {
  // What was sent under an older row may have reached a node that stores for it no more.
  if (grouped_at_ != neighbours_.cluster.ring().epoch()) return;
  const auto found = homes_.find(from);
  if (found == homes_.end()) return;
  Home& home = found->second;
  HintActions actions;
  const std::size_t before = home.delivery.under_way();
  home.delivery.on_reply(reply.operation, reply.outcome, reply.room, hints_.ledger(), now, actions);
  const bool brought = std::ranges::any_of(
      actions, [](const HintAction& one) { return std::holds_alternative<DeleteHint>(one); });
  if (brought) {
    ++home.delivered;
    ++home.delivered_since_up;
    neighbours_.log.write(LogLevel::Trace, "mark: hint: brought home");
  } else if (reply.outcome == HintOutcome::Busy && before > 0) {
    neighbours_.log.write(LogLevel::Trace, "mark: hint: the home was busy");
  }
  perform(from, home, std::move(actions), now);
}

// The first, second, fourth and so on: what is stuck is tried again and again.
void HandoffService::report_stuck(const HintKey& key) {
  neighbours_.log.write(LogLevel::Trace, "mark: hint: stuck for a while");
  if (!std::has_single_bit(++stuck_told_)) return;
  neighbours_.log.warning("a hint of partition " + std::to_string(key.partition.value) +
                          " can not be brought home now, here or there something can not be "
                          "read: it is kept and tried again; " +
                          std::to_string(stuck_told_) + " such hints so far");
}

WorkCensusReply HandoffService::census(Instant now) {
  WorkCensusReply reply{.complete = hints_.complete()};
  for (const auto& [node, home] : homes_) {
    HintCount count{.home = node, .delivered = home.delivered};
    for (const HintSlot& slot : home.slots) count.pending += hints_.ledger().hints_of(slot);
    count.eta_seconds = eta_of(home, count.pending, now);
    if (count.pending > 0) reply.counts.push_back(count);
  }
  return reply;
}

std::optional<std::uint32_t> HandoffService::eta_of(const Home& home, std::uint64_t pending,
                                                    Instant now) {
  if (!home.up || home.delivered_since_up == 0) return std::nullopt;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::duration<double>>(now - home.up_since);
  const double left =
      seconds.count() * static_cast<double>(pending) / static_cast<double>(home.delivered_since_up);
  return static_cast<std::uint32_t>(std::clamp(left, 0.0, kEtaSecondsMax)) + 1;
}

// -- time --

void HandoffService::on_timer(Instant now) {
  if (hints_.on_timer(now)) regroup();
  collect(now);
  for (auto& [node, home] : homes_) {
    if (!home.timer.has_value() || now < *home.timer) continue;
    home.timer.reset();
    HintActions actions;
    home.delivery.on_timer(hints_.ledger(), now, actions);
    perform(node, home, std::move(actions), now);
  }
}

std::optional<Instant> HandoffService::next_deadline() const {
  std::optional<Instant> earliest = hints_.next_deadline();
  for (const auto& [node, home] : homes_) {
    if (home.timer.has_value()) earliest = std::min(earliest.value_or(*home.timer), *home.timer);
  }
  return earliest;
}

void HandoffService::check_invariants() const {
  hints_.check_invariants();
  for (const auto& [node, home] : homes_) home.delivery.check_invariants();
}

}  // namespace starling

#include "sim/monitors.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/fill_stream.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/fill_memory.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/token.h"
#include "sim/history.h"
#include "sim/mark_board.h"
#include "sim/sim_disk.h"
#include "sim/violation.h"
#include "sim/witness.h"
#include "sim/write_set.h"
#include "version/sibling_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

// Of a partition that does not exist.
constexpr RowVersion kNoRow{};

}  // namespace

Monitors::Monitors(const Cluster& cluster, const History& history, Witness& witness,
                   MarkBoard& marks, Allowance allowance)
    : cluster_(cluster),
      history_(history),
      witness_(witness),
      marks_(marks),
      allowance_(allowance),
      epochs_(cluster, marks),
      detectors_(cluster, marks),
      repairs_(cluster),
      fills_(cluster, {.clock = [this](std::uint32_t node,
                                       std::uint32_t key) { return clock_on(node, key, false); },
                       .is_rotten = [this](std::uint32_t node,
                                           std::uint32_t key) { return is_rotten_on(node, key); }}),
      hints_(cluster, records(), allowance.hint_bytes_max) {
  for (std::uint32_t key = 0; key < history.keys.size(); ++key) {
    const KeyAddress& address = history.keys.at(key).address;
    const Ring& ring = *cluster.member(0).ring();
    const Token token = ring.token_of(address.bucket, address.key);
    keys_.emplace(address, key);
    store_keys_.push_back(record_store_key({ring.partition_of(token), token, address}));
    fills_.add_key({.partition = ring.partition_of(token), .token = token, .address = address});
  }
}

std::optional<std::uint32_t> Monitors::key_of(const KeyAddress& address) const {
  const auto found = keys_.find(address);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

std::optional<SiblingSet> Monitors::versions_in(std::string_view store_key,
                                                std::string_view bytes) {
  Result<StoredRecord> stored = decode_record(store_key, bytes, ValueUse::Leave);
  if (!stored.ok()) return std::nullopt;
  return std::move(stored->record.versions);
}

VectorClock Monitors::clock_on(std::uint32_t node, std::uint32_t key, bool durable) const {
  const SimDisk& disk = cluster_.member(node).disk();
  const std::string& store_key = store_keys_.at(key);
  std::optional<std::string> bytes;
  if (durable) {
    bytes = disk.durable(store_key);
  } else if (const auto found = disk.visible().find(store_key); found != disk.visible().end()) {
    bytes = found->second;
  }
  if (!bytes.has_value()) return {};
  const std::optional<SiblingSet> versions = versions_in(store_key, *bytes);
  return versions.has_value() ? versions->clock() : VectorClock();
}

bool Monitors::is_rotten_on(std::uint32_t node, std::uint32_t key) const {
  const std::string& store_key = store_keys_.at(key);
  const SimDisk::Image& disk = cluster_.member(node).disk().visible();
  const auto found = disk.find(store_key);
  return found != disk.end() && !versions_in(store_key, found->second).has_value();
}

RowVersion Monitors::row_of(std::uint32_t node, PartitionId partition) const {
  const Ring* const ring = cluster_.member(node).ring();
  return partition.value < ring->partitions() ? ring->row_version(partition) : kNoRow;
}

void Monitors::accuse(const char* checker, std::uint32_t key, std::string text) {
  violations_.push_back({checker, history_.keys.at(key).address.key, std::move(text)});
}

HintMonitor::Records Monitors::records() {
  return {.covers =
              [this](std::uint32_t node, const KeyAddress& address, const VectorClock& clock,
                     bool durable) {
                const std::optional<std::uint32_t> key = key_of(address);
                return key.has_value() && clock_on(node, *key, durable).covers(clock);
              },
          .is_rotten =
              [this](std::uint32_t node, const KeyAddress& address) {
                const std::optional<std::uint32_t> key = key_of(address);
                return key.has_value() && is_rotten_on(node, *key);
              }};
}

void Monitors::take_over_hint_violations() {
  const std::vector<Violation>& found = hints_.violations();
  for (; hint_violations_ < found.size(); ++hint_violations_) {
    violations_.push_back(found.at(hint_violations_));
  }
}

void Monitors::on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message) {
  mark(message);
  epochs_.on_peer_send(from, message);
  repairs_.on_peer_send(from, to, message);
  hints_.on_peer_send(from, to, message);
  take_over_hint_violations();
  if (const auto* const write = std::get_if<ReplicaWrite>(&message)) {
    const std::optional<std::uint32_t> key = key_of(write->address);
    if (!key.has_value()) return;
    if (write->kind == WriteKind::Replicate) {
      witness_.see_delta(*key, write->versions);
      check_incarnation(from, *key, write->versions);
    } else {
      witness_.see_record(*key, write->versions);
    }
  } else if (const auto* const written = std::get_if<ReplicaWriteReply>(&message)) {
    check_write_reply({from, to, written->operation}, *written);
  } else if (const auto* const read = std::get_if<ReplicaReadReply>(&message)) {
    check_read_reply({from, to, read->operation}, *read);
  }
}

void Monitors::on_peer_message(std::uint32_t node, std::uint32_t from, const PeerMessage& message) {
  hints_.on_peer_message(node, from, message);
  repairs_.on_peer_message(node, from, message);
  if (const auto* const write = std::get_if<ReplicaWrite>(&message)) note_write(node, from, *write);
  if (const auto* const read = std::get_if<ReplicaRead>(&message)) note_read(node, from, *read);
}

void Monitors::note_write(std::uint32_t node, std::uint32_t from, const ReplicaWrite& write) {
  const std::optional<std::uint32_t> key = key_of(write.address);
  if (!key.has_value()) return;
  const Envelope& envelope = write.envelope;
  writes_[{node, from, envelope.operation}].push_back(
      {*key, envelope.partition, envelope.row_version, row_of(node, envelope.partition),
       write.versions.clock(), write.must_sync});
}

void Monitors::note_read(std::uint32_t node, std::uint32_t from, const ReplicaRead& read) {
  const std::optional<std::uint32_t> key = key_of(read.address);
  if (!key.has_value()) return;
  const Envelope& envelope = read.envelope;
  // Of a question that is asked again the first counts: what is durable only grows. (What is not
  // may be gone when a copy of the question comes after a power loss.)
  reads_.try_emplace({node, from, envelope.operation},
                     Asked{*key, envelope.partition, envelope.row_version,
                           row_of(node, envelope.partition), clock_on(node, *key, true), false});
}

void Monitors::check_write_reply(const Question& question, const ReplicaWriteReply& reply) {
  if (reply.outcome != ReplicaOutcome::Done) return;
  const auto found = writes_.find(question);
  if (found == writes_.end()) return;
  const bool must_be_synced = cluster_.member(question.replica).is_sync() || reply.synced;
  // One operation may write twice (a put whose row changed, a read that repairs again): one of
  // its writes must be there.
  const bool there =
      std::any_of(found->second.begin(), found->second.end(), [&, this](const Asked& asked) {
        return clock_on(question.replica, asked.key, must_be_synced).covers(asked.clock);
      });
  const std::uint32_t key = found->second.back().key;
  check_counts(question, key);
  // A node that holds a record in its memory does not look at the disk again, and need not.
  if (!there && !is_rotten_on(question.replica, key)) {
    accuse("ack-before-durable", key,
           cluster_.member(question.replica).name() + " acknowledged a write that its disk " +
               (must_be_synced ? "could still lose" : "does not hold"));
  }
  check_row(question, found->second);
}

void Monitors::check_read_reply(const Question& question, const ReplicaReadReply& reply) {
  if (reply.outcome != ReplicaOutcome::Done) return;
  const auto found = reads_.find(question);
  if (found == reads_.end()) return;
  check_counts(question, found->second.key);
  if (!reply.clock.covers(found->second.clock)) {
    accuse("error-as-absence", found->second.key,
           cluster_.member(question.replica).name() + " answered " + to_text(reply.clock) +
               " though its disk held " + to_text(found->second.clock));
  }
}

void Monitors::on_damage_noticed(std::uint32_t node, Instant now) {
  for (const auto& [incarnation, minter] : minters_) {
    if (minter == node) spent_.try_emplace(incarnation, now);
  }
}

// INV-15: after a store error the incarnation changes before the next mint. A delta may be sent
// again later, so only a request that began behind the error convicts.
void Monitors::check_incarnation(std::uint32_t node, std::uint32_t key, const SiblingSet& delta) {
  for (const Sibling& sibling : delta.siblings()) {
    const Incarnation incarnation = sibling.dot.actor.incarnation;
    minters_.try_emplace(incarnation, node);
    const auto spent = spent_.find(incarnation);
    const auto sighting = witness_.sightings(key).find(sibling.dot);
    if (spent == spent_.end() || sighting == witness_.sightings(key).end()) continue;
    if (sighting->second.write == WriteSet::kNoWrite) continue;
    const WriteRecord& write = history_.keys.at(key).writes.at(sighting->second.write);
    if (history_.operations.at(write.operation).begun <= spent->second) continue;
    accuse("incarnation-kept", key,
           cluster_.member(node).name() + " minted " + to_text(sibling.dot) +
               " under an incarnation that met damage before");
  }
}

void Monitors::check_counts(const Question& question, std::uint32_t key) {
  if (!cluster_.is_written_off(question.replica)) return;
  accuse("old-store-counts", key,
         cluster_.member(question.replica).name() +
             " gave an answer that counts, from a store that was lost or put back");
}

// The replica's row version only grows: it was the wanted one at some moment between one of the
// question's copies and the answer, or the answer should have been "stale row".
void Monitors::check_row(const Question& question, const std::vector<Asked>& asked) {
  const Asked& last = asked.back();
  const RowVersion now = row_of(question.replica, last.partition);
  const bool was_there = std::any_of(asked.begin(), asked.end(), [now](const Asked& each) {
    return each.row_then <= each.wanted && each.wanted <= now;
  });
  if (was_there) return;
  accuse("one-row", last.key,
         cluster_.member(question.replica).name() + " did what row version " +
             std::to_string(last.wanted.value) + " asked, at row version " +
             std::to_string(now.value));
}

void Monitors::on_group(std::uint32_t node, const std::vector<std::vector<StorageWrite>>& group) {
  // Of the keys that the group has written already: the disk does not hold it yet.
  std::map<std::uint32_t, VectorClock> newest;
  for (const std::vector<StorageWrite>& batch : group) {
    hints_.on_batch(node, batch);
    take_over_hint_violations();
    for (const StorageWrite& write : batch) {
      check_write(node, write, newest);
      if (!write.value.has_value()) continue;
      const Result<FillProgress> fill = parse_fill(write.key, *write.value);
      if (fill.ok()) fills_.on_cursor(node, *fill, newest);
    }
  }
}

void Monitors::check_write(std::uint32_t node, const StorageWrite& write,
                           std::map<std::uint32_t, VectorClock>& newest) {
  const Result<RecordKey> record = parse_record_store_key(write.key);
  if (!record.ok()) return;
  const std::optional<std::uint32_t> key = key_of(record->address);
  if (!key.has_value()) return;
  if (!write.value.has_value()) {
    check_removal(node, record->partition, *key);
    newest.insert_or_assign(*key, VectorClock());
    return;
  }
  const std::optional<SiblingSet> versions = versions_in(write.key, *write.value);
  if (!versions.has_value()) {
    return accuse("record-unreadable", *key,
                  cluster_.member(node).name() + " wrote a broken record");
  }
  witness_.see_record(*key, *versions);
  const auto before = newest.try_emplace(*key, clock_on(node, *key, false)).first;
  if (!versions->clock().covers(before->second)) {
    accuse("record-shrank", *key,
           cluster_.member(node).name() + " replaced a record by " + to_text(versions->clock()) +
               ", which knows less");
  }
  before->second = versions->clock();
}

// A node that comes into a row may have come back to it while the removal was on its way: it has
// nothing yet that anybody counts on.
void Monitors::check_removal(std::uint32_t node, PartitionId partition, std::uint32_t key) {
  const SimMember& member = cluster_.member(node);
  const auto found = member.disk().visible().find(store_keys_.at(key));
  if (found == member.disk().visible().end()) return;
  const std::optional<SiblingSet> versions = versions_in(found->first, found->second);
  if (versions.has_value() && versions->live_values() == 0) return;
  for (const Slot& slot : member.ring()->slots(partition)) {
    const SlotNodes nodes = write_nodes(slot);
    const bool stores = std::ranges::find(nodes, member.id()) != nodes.end();
    if (stores && !is_being_filled(slot, member.id())) {
      accuse("copy-removed", key, member.name() + " removed a record that it is to store");
    }
  }
}

void Monitors::on_store_lied(std::uint32_t node, const std::string& how) {
  violations_.push_back({"store-lost-synced", "", cluster_.member(node).name() + how});
}

void Monitors::on_put_reply(const Operation& operation, const VectorClock& clock) {
  if (allowance_.acknowledged_may_be_lost) return;
  const bool read_first = operation.kind == OperationKind::Delete && operation.context.text.empty();
  if (read_first) return;  // it may have found nothing to delete
  std::uint32_t copies = 0;
  std::uint32_t synced = 0;
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const bool is_synced = holds(node, operation, clock, true);
    if (is_synced) ++synced;
    const bool counts_written = !cluster_.member(node).is_sync();
    if (is_synced || (counts_written && holds(node, operation, clock, false))) ++copies;
  }
  if (copies + allowance_.disks_destroyed < operation.required ||
      synced + allowance_.disks_destroyed < operation.synced_required) {
    accuse("ack-before-durable", operation.key,
           "#" + std::to_string(operation.number) + " was acknowledged with " +
               std::to_string(copies) + " copies, " + std::to_string(synced) + " of them synced");
  }
}

// As a record, or as a hint: the delta with its context, which covers what the answer's does.
bool Monitors::holds(std::uint32_t node, const Operation& operation, const VectorClock& clock,
                     bool durable) const {
  if (clock_on(node, operation.key, durable).covers(clock)) return true;
  const KeyAddress& address = history_.keys.at(operation.key).address;
  return operation.sloppy && hints_.holds(node, address, clock, durable);
}

void Monitors::mark_outcome(ReplicaOutcome outcome) {
  switch (outcome) {
    case ReplicaOutcome::Done:
      return;
    case ReplicaOutcome::NotCounted:
      return marks_.reach("replica: not counted");
    case ReplicaOutcome::StaleRow:
      return marks_.reach("replica: stale row");
    case ReplicaOutcome::Corrupt:
      return marks_.reach("replica: corrupt");
    case ReplicaOutcome::Refused:
      return marks_.reach("replica: refused");
    case ReplicaOutcome::TooLarge:
      return;  // no plan writes values of megabytes
    case ReplicaOutcome::DiskFull:
      return marks_.reach("replica: disk full");
  }
}

void Monitors::mark(const PeerMessage& message) {
  if (const auto* const written = std::get_if<ReplicaWriteReply>(&message)) {
    mark_outcome(written->outcome);
  } else if (const auto* const read = std::get_if<ReplicaReadReply>(&message)) {
    mark_outcome(read->outcome);
  } else if (const auto* const write = std::get_if<ReplicaWrite>(&message)) {
    if (write->must_sync) marks_.reach("replica: sync demanded");
  } else if (const auto* const forwarded = std::get_if<ForwardedPutReply>(&message)) {
    marks_.reach(forwarded->nothing_minted ? "forward: nothing was minted" : "forward: passed on");
  } else if (const auto* const boot = std::get_if<BootReply>(&message)) {
    if (boot->verdict == BootVerdict::AnotherStore) marks_.reach("boot: another store was noticed");
    if (boot->verdict == BootVerdict::RolledBack) {
      marks_.reach("boot: a rolled back store was noticed");
    }
  }
}

}  // namespace starling::sim

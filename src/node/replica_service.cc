#include "node/replica_service.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/hint_home.h"
#include "membership/boot_confirmation.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "message/store_condition.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// Bulk work looks at no more records in one step, matching or not: about 10 ms of the loop.
constexpr std::uint32_t kVisitedInATurn = 4000;

// Hints that a home takes at once: one commit each, which one sync carries together.
constexpr std::uint32_t kHintsAtOnceMax = 64;
constexpr std::uint32_t kHintsAtOnceWhenBusy = 8;

// Scans and digests that wait for their turn. Coordinators bound their own; this bounds all peers'.
constexpr std::size_t kBulkMax = 1024;

// Makes a reply that waits for its commit one that says no; false: it is better not sent at all.
struct Refuse {
  bool operator()(ReplicaWriteReply& reply) const {
    reply.outcome = ReplicaOutcome::DiskFull;
    reply.synced = false;
    reply.times.reset();
    return true;
  }
  bool operator()(HintWriteReply& reply) const {
    reply.outcome = ReplicaOutcome::DiskFull;
    reply.synced = false;
    return true;
  }
  bool operator()(HintHandoffReply& reply) const {
    reply.outcome = HintOutcome::Busy;
    return true;
  }
  bool operator()(ReplicaReadReply& reply) const {
    reply = {.operation = reply.operation, .epoch = reply.epoch};
    return true;
  }
  bool operator()(ScanRangeReply& reply) const {
    reply = {.operation = reply.operation, .epoch = reply.epoch};
    return true;
  }
  bool operator()(DigestRangeReply& reply) const {
    reply = {.operation = reply.operation, .sound = false};
    return true;
  }
  template <typename Other>
  bool operator()(Other& /*reply*/) const {
    return false;
  }
};

// What the disk took for a write. Where nobody wants to know, `times` was left empty.
void fill_in_times(PeerMessage& message, const ReplicaStore& store, CommitTicket ticket) {
  auto* const reply = std::get_if<ReplicaWriteReply>(&message);
  if (reply == nullptr || !reply->times.has_value()) return;
  const std::optional<CommitTiming> timing = store.timing_of(ticket);
  reply->times.reset();
  if (!timing.has_value() || !timing->done_ago.has_value()) return;
  reply->times = CommitTimes{.begun_ago = timing->begun_ago, .done_ago = *timing->done_ago};
}

std::size_t record_bytes_of(const PeerMessage& message) {
  const auto* const repair = std::get_if<RecordsReply>(&message);
  if (repair != nullptr) return message_bytes_of(repair->records);
  const auto* const page = std::get_if<FillPage>(&message);
  if (page != nullptr) return message_bytes_of(page->records);
  const auto* const reply = std::get_if<ReplicaReadReply>(&message);
  return reply == nullptr || !reply->record.has_value() ? 0 : message_bytes_of(*reply->record);
}

}  // namespace

ReplicaService::ReplicaService(ReplicaStore& store, const CurrentRing& ring,
                               const BootConfirmation& confirmation, Outbox& outbox, Log& log,
                               const Options& options)
    : store_(store),
      ring_(ring),
      confirmation_(confirmation),
      outbox_(outbox),
      log_(log),
      options_(options) {}

void ReplicaService::on_write(NodeId from, const ReplicaWrite& write) {
  ReplicaWriteReply reply{.operation = write.envelope.operation, .epoch = ring_->epoch()};
  if (const auto refused = refusal(write.envelope, write.address)) {
    reply.outcome = *refused;
    return outbox_.send(from, reply);
  }
  // A fresh value must fit in below the soft limit; what this node minted itself is stored already.
  const bool fresh_value = write.kind == WriteKind::Replicate && write.versions.live_values() > 0;
  if (fresh_value && from != outbox_.self() && !takes(store_.condition(), SiblingKind::Value)) {
    reply.outcome = ReplicaOutcome::DiskFull;
    return outbox_.send(from, reply);
  }
  const Result<CommitTicket> merged =
      store_.merge(record_of(write.envelope, write.address), write.versions, write.must_sync);
  if (!merged.ok()) {
    reply.outcome = outcome_of(merged.status());
    return outbox_.send(from, reply);
  }
  // Stored in any case; but only a confirmed store may be counted on.
  reply.outcome = confirmation_.counting() ? ReplicaOutcome::Done : ReplicaOutcome::NotCounted;
  reply.synced = write.must_sync;
  if (write.timed) reply.times.emplace();  // filled in when they are known
  send_when_durable(from, *merged, reply);
}

// Synced in any case: the hint is deleted because of the answer.
void ReplicaService::on_handoff(NodeId from, const HintHandoff& handoff) {
  HintHandoffReply reply{.operation = handoff.envelope.operation};
  CommitTicket ticket;
  reply.outcome = take(handoff, ticket).value_or(HintOutcome::Stored);
  // The pace is that of large writes: a hint stands before no write of a client.
  reply.room =
      store_.has_room_for_clients(kSmallValueBytes + 1) ? kHintsAtOnceMax : kHintsAtOnceWhenBusy;
  if (reply.outcome != HintOutcome::Stored) return outbox_.send(from, reply);
  send_when_durable(from, ticket, reply);
}

std::optional<HintOutcome> ReplicaService::take(const HintHandoff& handoff, CommitTicket& ticket) {
  const Envelope& envelope = handoff.envelope;
  if (const auto refused = refusal(envelope, handoff.address)) {
    return *refused == ReplicaOutcome::StaleRow ? HintOutcome::StaleRow : HintOutcome::Busy;
  }
  if (home_of_place(ring_->slots(envelope.partition), handoff.slot) != outbox_.self()) {
    return HintOutcome::StaleRow;
  }
  // What a store holds that does not count may be set aside, and the hint would be gone.
  if (!confirmation_.counting() || !store_.has_room_for_clients(0)) return HintOutcome::Busy;
  // A hint is a client's fresh write, which must fit in below the soft limit.
  const bool has_values = handoff.versions.live_values() > 0;
  if (has_values && !takes(store_.condition(), SiblingKind::Value)) return HintOutcome::Busy;
  const Result<CommitTicket> merged =
      store_.merge(record_of(envelope, handoff.address), handoff.versions, true);
  if (merged.ok()) {
    ticket = *merged;
    return std::nullopt;
  }
  const StatusCode code = merged.status().code();
  const bool passes = code == StatusCode::Overloaded || code == StatusCode::DiskFull;
  return passes ? HintOutcome::Busy : HintOutcome::Unfit;
}

void ReplicaService::on_read(NodeId from, const ReplicaRead& read) {
  ReplicaReadReply reply{.operation = read.envelope.operation, .epoch = ring_->epoch()};
  auto refused = refusal(read.envelope, read.address);
  if (!refused && !answers_reads(read.envelope)) refused = ReplicaOutcome::Refused;
  if (!refused && !confirmation_.counting()) refused = ReplicaOutcome::NotCounted;
  if (refused) {
    reply.outcome = *refused;
    return outbox_.send(from, std::move(reply));
  }
  const Result<ReplicaStore::View> view = store_.read(record_of(read.envelope, read.address));
  if (!view.ok()) {
    reply.outcome = outcome_of(view.status());
    return outbox_.send(from, std::move(reply));
  }
  const SiblingSet& versions = *view->versions;
  // What a node says to itself is no message on the wire.
  const bool travels = read.want == ReadWant::Record && from != outbox_.self();
  if (travels && !fits_a_message(versions)) {
    note_large_record(read.address, versions);
    reply.outcome = ReplicaOutcome::TooLarge;
    return outbox_.send(from, std::move(reply));
  }
  if (read.want == ReadWant::Record && !has_room_for(from, *view)) {
    log_.write(LogLevel::Trace, "mark: overload: a record was not sent");
    return outbox_.send(from, std::move(reply));  // refused
  }
  reply.outcome = ReplicaOutcome::Done;
  reply.fence = view->fence;
  reply.digest = read_digest(versions);
  reply.clock = versions.clock();
  if (read.want == ReadWant::Record) reply.record = versions;
  send_when_durable(from, view->durable_at, std::move(reply));
}

bool ReplicaService::has_room_for(NodeId to, const ReplicaStore::View& view) const {
  if (outbox_.crowded(to)) return false;
  // One record is always kept: it is in the cache anyway.
  return view.durable_at <= committed_ || waiting_bytes_ == 0 ||
         waiting_bytes_ + message_bytes_of(*view.versions) <= options_.waiting_reply_bytes_max;
}

// The first, second, fourth and so on: whoever retries must not fill the log.
void ReplicaService::note_large_record(const KeyAddress& address, const SiblingSet& versions) {
  ++large_records_refused_;
  if (!std::has_single_bit(large_records_refused_)) return;
  log_.warning("the record of " + address.bucket + "/" + address.key + " has " +
               std::to_string(versions.siblings().size()) + " siblings of " +
               std::to_string(message_bytes_of(versions)) +
               " bytes, more than a message may have (" + std::to_string(kRecordBytesMax) +
               "): it was not sent to a peer that reads it; " +
               std::to_string(large_records_refused_) + " such reads so far");
}

void ReplicaService::on_scan(NodeId from, ScanRange scan, Instant now) {
  const Instant deadline = now + scan.envelope.remaining;
  queue_bulk({.from = from, .deadline = deadline, .job = Scan{.request = std::move(scan)}});
}

void ReplicaService::on_digest(NodeId from, const DigestRange& range, Instant now) {
  Digest digest{.next_partition = range.first.value,
                .end_partition =
                    std::min<std::uint32_t>(range.first.value + range.count, ring_->partitions()),
                .reply = {.operation = range.operation, .sound = confirmation_.counting()}};
  queue_bulk({.from = from, .deadline = now + range.remaining, .job = std::move(digest)});
}

void ReplicaService::queue_bulk(Bulk bulk) {
  if (bulk_.size() >= kBulkMax) return refuse_bulk(bulk);
  bulk_.push_back(std::move(bulk));
}

void ReplicaService::refuse_bulk(const Bulk& bulk) {
  if (const auto* const scan = std::get_if<Scan>(&bulk.job)) {
    return outbox_.send(bulk.from, ScanRangeReply{.operation = scan->request.envelope.operation,
                                                  .outcome = ReplicaOutcome::Refused,
                                                  .epoch = ring_->epoch()});
  }
  outbox_.send(bulk.from, DigestRangeReply{.operation = std::get<Digest>(bulk.job).reply.operation,
                                           .sound = false});
}

void ReplicaService::work(Instant now) {
  if (bulk_.empty()) return;
  Bulk bulk = std::move(bulk_.front());
  bulk_.pop_front();
  // Nobody waits any more for what is late; its asker has answered for itself.
  if (now >= bulk.deadline) return;
  // Pages for one whose queue is full would stand before its requests.
  if (outbox_.crowded(bulk.from)) return refuse_bulk(bulk);
  const bool through = std::visit([&](auto& job) { return step(bulk.from, job); }, bulk.job);
  if (!through) bulk_.push_back(std::move(bulk));
}

bool ReplicaService::step(NodeId from, Scan& job) {
  const ScanRange& scan = job.request;
  ScanRangeReply reply{.operation = scan.envelope.operation, .epoch = ring_->epoch()};
  auto refused = refusal(scan.envelope);
  if (!refused && !answers_reads(scan.envelope)) refused = ReplicaOutcome::Refused;
  if (refused.has_value() || !confirmation_.counting()) {
    reply.outcome = refused.value_or(ReplicaOutcome::NotCounted);
    outbox_.send(from, std::move(reply));
    return true;
  }
  ReplicaStore::ScanQuery query{.partition = scan.envelope.partition,
                                .bucket = scan.bucket,
                                .prefix = scan.prefix,
                                .visited_max = kVisitedInATurn,
                                .matched_max = std::max<std::uint32_t>(scan.limit, 1)};
  if (scan.after.has_value()) {
    query.after = RecordKey{.partition = scan.envelope.partition,
                            .token = ring_->token_of(scan.after->bucket, scan.after->key),
                            .address = *scan.after};
  }
  Result<ReplicaStore::ScanOutcome> scanned = store_.scan(query);
  if (!scanned.ok()) {
    reply.outcome = outcome_of(scanned.status());
    outbox_.send(from, std::move(reply));
    return true;
  }
  reply.outcome = ReplicaOutcome::Done;
  reply.entries = std::move(scanned->entries);
  reply.stopped_at = std::move(scanned->stopped_at);
  send_when_durable(from, scanned->durable_at, std::move(reply));
  return true;
}

bool ReplicaService::step(NodeId from, Digest& digest) {
  // Partitions of others are passed over; one of ours takes as many steps as it needs.
  while (digest.next_partition < digest.end_partition && digest.reply.sound) {
    const PartitionId partition{static_cast<std::uint16_t>(digest.next_partition)};
    if (!ring_->owns(outbox_.self(), partition)) {
      ++digest.next_partition;
      continue;
    }
    digest.partition_work.partition = partition;
    digest.reply.sound = store_.advance_digest(digest.partition_work, kVisitedInATurn).ok();
    if (!digest.reply.sound || !digest.partition_work.finished) break;
    digest.reply.entries.push_back({.partition = partition, .digest = digest.partition_work.sum});
    digest.durable_at = std::max(digest.durable_at, digest.partition_work.durable_at);
    digest.partition_work = {};
    ++digest.next_partition;
  }
  const bool unfinished = digest.next_partition < digest.end_partition && digest.reply.sound;
  if (unfinished) return false;
  send_when_durable(from, digest.durable_at, std::move(digest.reply));
  return true;
}

void ReplicaService::send_when_durable(NodeId to, CommitTicket ticket, PeerMessage reply) {
  if (broken_) return;
  if (ticket <= committed_ || options_.planted == PlantedBug::AckBeforeSync) {
    fill_in_times(reply, store_, ticket);
    return outbox_.send(to, std::move(reply));
  }
  const std::size_t bytes = record_bytes_of(reply);
  waiting_bytes_ += bytes;
  waiting_.emplace(ticket, Waiting{.to = to, .reply = std::move(reply), .bytes = bytes});
}

void ReplicaService::on_committed(CommitTicket through) {
  committed_ = std::max(committed_, through);
  while (!waiting_.empty() && waiting_.begin()->first <= committed_) {
    auto due = waiting_.extract(waiting_.begin());
    waiting_bytes_ -= due.mapped().bytes;
    fill_in_times(due.mapped().reply, store_, due.key());
    outbox_.send(due.mapped().to, std::move(due.mapped().reply));
  }
}

// An acknowledgement becomes a refusal, which says less: the commit may have reached the disk after
// all. A read would show what was not durable. A boot is confirmed again when the store is open.
void ReplicaService::on_commits_lost() {
  auto lost = std::exchange(waiting_, {});
  for (auto& [ticket, waiting] : lost) {
    if (std::visit(Refuse{}, waiting.reply)) outbox_.send(waiting.to, std::move(waiting.reply));
  }
}

void ReplicaService::on_storage_error() {
  broken_ = true;
  waiting_.clear();
  waiting_bytes_ = 0;
}

std::optional<ReplicaOutcome> ReplicaService::refusal(const Envelope& envelope) const {
  if (broken_ || envelope.partition.value >= ring_->partitions()) return ReplicaOutcome::Refused;
  // What is worth nothing any more is not worth a disk's time.
  if (envelope.remaining <= Duration::zero()) return ReplicaOutcome::Refused;
  if (envelope.row_version != ring_->row_version(envelope.partition)) {
    log_.write(LogLevel::Trace, "mark: replica: refused another row version");
    return ReplicaOutcome::StaleRow;
  }
  // Planted: who is no home of the key answers as if it were, from what it does not hold.
  const bool planted = options_.planted == PlantedBug::StandInAnswersReads;
  if (!planted && !ring_->owns(outbox_.self(), envelope.partition)) return ReplicaOutcome::Refused;
  return std::nullopt;
}

std::optional<ReplicaOutcome> ReplicaService::refusal(const Envelope& envelope,
                                                      const KeyAddress& address) const {
  if (const auto refused = refusal(envelope)) return refused;
  const PartitionId actual = ring_->partition_of(ring_->token_of(address.bucket, address.key));
  if (actual != envelope.partition) return ReplicaOutcome::Refused;
  return std::nullopt;
}

ReplicaOutcome ReplicaService::outcome_of(const Status& status) const {
  if (status.code() == StatusCode::DiskFull) return ReplicaOutcome::DiskFull;
  if (status.code() != StatusCode::Corruption) return ReplicaOutcome::Refused;
  log_.write(LogLevel::Trace, "mark: replica: answered corrupt");
  return ReplicaOutcome::Corrupt;
}

RecordAddress ReplicaService::record_of(const Envelope& envelope, const KeyAddress& address) const {
  return RecordAddress{.partition = envelope.partition,
                       .token = ring_->token_of(address.bucket, address.key),
                       .address = address};
}

}  // namespace starling

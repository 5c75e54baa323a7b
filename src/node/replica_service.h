#pragma once

// ReplicaService: this node as a replica: it answers other coordinators, and its own, about the
// partitions it owns. Whatever leaves it waits until the state it speaks of is durable.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "replica/replica_store.h"

namespace starling {

class ReplicaService {
 public:
  struct Options {
    // Of records that wait to be durable before they are sent: NodeOptions says why.
    std::size_t waiting_reply_bytes_max = std::size_t{64} << 20U;
    PlantedBug planted = PlantedBug::None;
  };

  ReplicaService(ReplicaStore& store, const CurrentRing& ring, const BootConfirmation& confirmation,
                 Outbox& outbox, Log& log, const Options& options);

  void on_write(NodeId from, const ReplicaWrite& write);
  void on_read(NodeId from, const ReplicaRead& read);
  // A hint for a home that this node is.
  void on_handoff(NodeId from, const HintHandoff& handoff);
  // Bulk work, done one step at a time by work(), so that the loop serves others in between.
  void on_scan(NodeId from, ScanRange scan, Instant now);
  void on_digest(NodeId from, const DigestRange& range, Instant now);
  // Answers that wait until what they say is durable.
  [[nodiscard]] std::size_t waiting_replies() const { return waiting_.size(); }
  [[nodiscard]] bool has_work() const { return !bulk_.empty(); }
  void work(Instant now);

  // Why this replica does not answer for the envelope's row; nothing: it does.
  [[nodiscard]] std::optional<ReplicaOutcome> refusal(const Envelope& envelope) const;
  // Sends `reply` once all commits up to `ticket` are through (0: at once).
  void send_when_durable(NodeId to, CommitTicket ticket, PeerMessage reply);
  void on_committed(CommitTicket through);
  // What waits for a commit is refused: no commit that was queued so far will be through.
  void on_commits_lost();
  // A broken store acknowledges nothing any more.
  void on_storage_error();

 private:
  // Where no slot is read, what is stored may be less than was acknowledged.
  [[nodiscard]] bool answers_reads(const Envelope& envelope) const {
    return ring_->reads_at(outbox_.self(), envelope.partition) ||
           options_.planted == PlantedBug::StandInAnswersReads ||
           options_.planted == PlantedBug::AnswerUnfilled;
  }
  // As refusal(), for one key, which must lie in the partition that the envelope names.
  [[nodiscard]] std::optional<ReplicaOutcome> refusal(const Envelope& envelope,
                                                      const KeyAddress& address) const;
  [[nodiscard]] ReplicaOutcome outcome_of(const Status& status) const;
  // Merges it, or says why not; nothing: merged, and on disk with that commit.
  [[nodiscard]] std::optional<HintOutcome> take(const HintHandoff& handoff, CommitTicket& ticket);
  [[nodiscard]] RecordAddress record_of(const Envelope& envelope, const KeyAddress& address) const;
  // Whether a record can be sent to `to`, or kept for it, now.
  [[nodiscard]] bool has_room_for(NodeId to, const ReplicaStore::View& view) const;
  void note_large_record(const KeyAddress& address, const SiblingSet& versions);
  struct Scan {
    ScanRange request;
  };
  // One DigestRange under way: the partition at hand, and what has come of those before it.
  struct Digest {
    std::uint32_t next_partition = 0;
    std::uint32_t end_partition = 0;
    ReplicaStore::DigestWork partition_work;
    DigestRangeReply reply;
    CommitTicket durable_at;
  };
  struct Bulk {
    NodeId from;
    Instant deadline;
    std::variant<Scan, Digest> job;
  };
  // Each does one step; whether the job is through.
  [[nodiscard]] bool step(NodeId from, Scan& scan);
  [[nodiscard]] bool step(NodeId from, Digest& digest);
  void refuse_bulk(const Bulk& bulk);
  void queue_bulk(Bulk bulk);

  ReplicaStore& store_;
  const CurrentRing& ring_;
  const BootConfirmation& confirmation_;
  Outbox& outbox_;
  Log& log_;
  Options options_;
  CommitTicket committed_;
  // Answers that wait for their commit: at most one a request in flight, which peers bound, and of
  // those with records waiting_reply_bytes_max.
  struct Waiting {
    NodeId to;
    PeerMessage reply;
    std::size_t bytes = 0;  // of its record
  };
  std::multimap<CommitTicket, Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::deque<Bulk> bulk_;  // at most kBulkMax
  bool broken_ = false;
  std::uint64_t large_records_refused_ = 0;
};

}  // namespace starling

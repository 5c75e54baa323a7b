#include "node/repair_desk.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "repair/merkle_answers.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "replica/repair_reads.h"
#include "replica/replica_store.h"

namespace starling {
namespace {

// Records looked at for one answer, live or not: about 10 ms of the loop.
constexpr std::uint32_t kVisitedAtOnce = 4000;

RepairOutcome outcome_of(const Status& status) {
  return status.code() == StatusCode::Corruption ? RepairOutcome::Corrupt : RepairOutcome::Refused;
}

}  // namespace

RepairOutcome repair_outcome_of(ReplicaOutcome outcome) {
  switch (outcome) {
    case ReplicaOutcome::Done:
    case ReplicaOutcome::NotCounted:  // stored all the same
      return RepairOutcome::Done;
    case ReplicaOutcome::StaleRow:
      return RepairOutcome::StaleRow;
    case ReplicaOutcome::Corrupt:
      return RepairOutcome::Corrupt;
    default:
      return RepairOutcome::Refused;
  }
}

RepairOutcome RepairDesk::standing(NodeId from, const Envelope& envelope) const {
  const std::optional<ReplicaOutcome> refused = replica_.refusal(envelope);
  if (refused.has_value()) return repair_outcome_of(*refused);
  // Answers for one whose queue is full would stand before its requests.
  if (!confirmation_.counting() || outbox_.crowded(from)) return RepairOutcome::Refused;
  return RepairOutcome::Done;
}

void RepairDesk::on_tree_read(NodeId from, const TreeRead& read) {
  TreeReadReply reply{.operation = read.envelope.operation,
                      .outcome = standing(from, read.envelope)};
  const MerkleTree* const tree =
      reply.outcome == RepairOutcome::Done ? store_.trees().find(read.envelope.partition) : nullptr;
  if (tree != nullptr) {
    reply = answer_tree_read(*tree, read);
  } else if (reply.outcome == RepairOutcome::Done) {
    reply.outcome = RepairOutcome::Refused;  // it is being made
  }
  // Sums may speak of writes that are not through: who would agree too early looks again.
  outbox_.send(from, std::move(reply));
}

void RepairDesk::on_key_list_read(NodeId from, const KeyListRead& read) {
  KeyListReply reply{.operation = read.envelope.operation,
                     .outcome = standing(from, read.envelope)};
  if (reply.outcome != RepairOutcome::Done) return outbox_.send(from, std::move(reply));
  const PartitionId partition = read.envelope.partition;
  const std::optional<std::vector<TokenRange>> ranges =
      ranges_to_list(store_.trees().span_of(partition), read);
  reply.outcome = RepairOutcome::Refused;
  if (!ranges.has_value()) return outbox_.send(from, std::move(reply));
  Result<KeyListing> listing = list_keys(
      store_, partition, *ranges, std::min(read.entries_max, kListedKeysMax), kVisitedAtOnce);
  if (!listing.ok()) {
    reply.outcome = outcome_of(listing.status());
    return outbox_.send(from, std::move(reply));
  }
  reply.outcome = RepairOutcome::Done;
  reply.entries = std::move(listing->entries);
  reply.stopped_at = listing->stopped_at;
  replica_.send_when_durable(from, listing->durable_at, std::move(reply));
}

void RepairDesk::on_records_read(NodeId from, const RecordsRead& read) {
  RecordsReply reply{.operation = read.envelope.operation,
                     .outcome = standing(from, read.envelope)};
  if (reply.outcome != RepairOutcome::Done) return outbox_.send(from, std::move(reply));
  const PartitionId partition = read.envelope.partition;
  reply.outcome = RepairOutcome::Refused;
  if (!may_fetch(store_.trees().span_of(partition), read)) {
    return outbox_.send(from, std::move(reply));
  }
  Result<FetchedRecords> fetched = fetch_records(store_, partition, read.tokens);
  if (!fetched.ok()) {
    reply.outcome = outcome_of(fetched.status());
    return outbox_.send(from, std::move(reply));
  }
  reply.outcome = RepairOutcome::Done;
  reply.fence = fetched->fence;
  reply.records = std::move(fetched->records);
  reply.tokens_answered = fetched->tokens_answered;
  reply.unreadable = std::move(fetched->unreadable);
  replica_.send_when_durable(from, fetched->durable_at, std::move(reply));
}

}  // namespace starling

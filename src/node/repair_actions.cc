// The other half of RepairService: what the actions of an exchange become, messages and reads and
// merges of the own store.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/envelope.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "node/outbox.h"
#include "node/repair_service.h"
#include "repair/merkle_answers.h"
#include "repair/merkle_exchange.h"
#include "repair/merkle_leaf.h"
#include "replica/repair_reads.h"
#include "replica/replica_store.h"
#include "ring/ring.h"
#include "ring/token.h"

namespace starling {

// What an action brings about at once stands behind those that came with it.
void RepairService::perform(Exchanges::iterator at, ExchangeActions actions, Instant now) {
  while (!actions.empty()) {
    ExchangeActions more;
    for (ExchangeAction& action : actions) perform_one(at->second, action, more, now);
    actions = std::move(more);
  }
  if (at->second.exchange.finished()) end(at, now);
}

void RepairService::perform_one(Running& running, ExchangeAction& action, ExchangeActions& more,
                                Instant now) {
  const auto [partition, partner] = running.pair;
  Outbox& outbox = neighbours_.outbox;
  if (auto* const tree = std::get_if<SendTreeRead>(&action)) {
    outbox.send(partner, TreeRead{.envelope = envelope_of(partition, tree->operation),
                                  .depth = tree->depth,
                                  .child_depth = tree->child_depth,
                                  .nodes = std::move(tree->nodes)});
  } else if (auto* const list = std::get_if<SendKeyListRead>(&action)) {
    outbox.send(partner, KeyListRead{.envelope = envelope_of(partition, list->operation),
                                     .depth = list->depth,
                                     .leaves = std::move(list->leaves),
                                     .after = list->after,
                                     .entries_max = list->entries_max});
  } else if (auto* const records = std::get_if<SendRecordsRead>(&action)) {
    outbox.send(partner, RecordsRead{.envelope = envelope_of(partition, records->operation),
                                     .tokens = std::move(records->tokens)});
  } else if (const auto* const own = std::get_if<ListOwnKeys>(&action)) {
    list_own(running, *own, more, now);
  } else if (const auto* const read = std::get_if<ReadOwnRecords>(&action)) {
    read_own(running, *read, more, now);
  } else if (const auto* const merge = std::get_if<MergeHere>(&action)) {
    merge_here(running, merge->record);
  } else if (auto* const push = std::get_if<PushThere>(&action)) {
    push_there(running, *push, more, now);
  } else if (const auto* const arm = std::get_if<ArmExchangeTimer>(&action)) {
    running.timer = arm->at;
  }
  // Fences are raised by reaping, which no node does yet: all are equal.
}

// Peers may send what they like: a record goes where its key belongs, or nowhere.
void RepairService::merge_here(Running& running, const KeyedRecord& record) {
  const Ring& ring = neighbours_.cluster.ring();
  const Token token = ring.token_of(record.address.bucket, record.address.key);
  const bool fits = token == record.token && ring.partition_of(token) == running.pair.partition;
  const bool merged =
      fits &&
      neighbours_.store
          .merge({.partition = running.pair.partition, .token = token, .address = record.address},
                 record.versions, false)
          .ok();
  ++(merged ? running.merged : running.not_merged);
  if (merged) neighbours_.log.write(LogLevel::Trace, "mark: repair: a record was merged here");
}

void RepairService::push_there(Running& running, PushThere& push, ExchangeActions& more,
                               Instant now) {
  if (!fits_a_message(push.record.versions) || neighbours_.outbox.crowded(running.pair.partner)) {
    return running.exchange.on_pushed(push.operation, RepairOutcome::Refused, now, more);
  }
  neighbours_.log.write(LogLevel::Trace, "mark: repair: a record was pushed");
  budget_.spend(message_bytes_of(push.record.versions), 1, now);
  Envelope envelope = envelope_of(running.pair.partition, push.operation);
  envelope.fence = push.fence;
  neighbours_.outbox.send(running.pair.partner,
                          ReplicaWrite{.envelope = envelope,
                                       .address = std::move(push.record.address),
                                       .versions = std::move(push.record.versions),
                                       .kind = WriteKind::Repair});
}

void RepairService::list_own(Running& running, const ListOwnKeys& list, ExchangeActions& more,
                             Instant now) {
  const PartitionId partition = running.pair.partition;
  const std::optional<std::vector<TokenRange>> ranges =
      ranges_to_list(neighbours_.store.trees().span_of(partition),
                     {.depth = list.depth, .leaves = list.leaves, .entries_max = 1});
  constexpr std::uint32_t kAll = std::numeric_limits<std::uint32_t>::max();
  Result<KeyListing> listing = list_keys(neighbours_.store, partition,
                                         ranges.value_or(std::vector<TokenRange>{}), kAll, kAll);
  if (!ranges.has_value() || !listing.ok()) return running.exchange.abort();
  running.exchange.on_own_keys(std::move(listing->entries), now, more);
}

void RepairService::read_own(Running& running, const ReadOwnRecords& read, ExchangeActions& more,
                             Instant now) {
  std::vector<KeyedRecord> records;
  FenceStamp fence;
  std::vector<Token> left = read.tokens;
  while (!left.empty()) {
    Result<FetchedRecords> fetched = fetch_records(neighbours_.store, running.pair.partition, left);
    if (!fetched.ok()) return running.exchange.abort();
    std::move(fetched->records.begin(), fetched->records.end(), std::back_inserter(records));
    fence = fetched->fence;
    left.erase(left.begin(), left.begin() + fetched->tokens_answered);
  }
  running.exchange.on_own_records(records, fence, now, more);
}

Envelope RepairService::envelope_of(PartitionId partition, OperationId operation) const {
  const Ring& ring = neighbours_.cluster.ring();
  return {.sender_incarnation = neighbours_.store.incarnation(),
          .operation = operation,
          .epoch = ring.epoch(),
          .partition = partition,
          .row_version = ring.row_version(partition),
          .fence = FenceStamp{},
          .remaining = kRepairPatience};
}

}  // namespace starling

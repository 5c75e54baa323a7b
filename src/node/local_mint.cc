#include "node/local_mint.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/checksum.h"
#include "message/peer_messages.h"
#include "replica/key_layout.h"
#include "replica/replay_memory.h"
#include "replica/replica_store.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

constexpr Duration kNewsPause = std::chrono::minutes(1);

}  // namespace

LocalMint::LocalMint(ReplicaStore& store, Log& log, PlantedBug planted, ReplayMemoryOptions memory)
    : store_(store), log_(log), replays_(memory), planted_(planted) {}

Result<LocalMint::Outcome> LocalMint::mint(const RecordAddress& record, const PutCommand& put,
                                           Instant now) {
  if (checksum_of(put.address.key, put.content_type, put.value) != put.checksum) {
    return Status(StatusCode::Failure,
                  "the value was damaged on its way to the node that mints: send it again");
  }
  replays_.expire(now);
  STARLING_ASSIGN_OR_RETURN(found, std::optional<ReplicaStore::MintOutcome> outcome,
                            replays_.find(put));
  if (!outcome.has_value()) {
    const ReplayMemory::Fingerprint fingerprint = ReplayMemory::fingerprint_of(put);
    STARLING_ASSIGN_OR_RETURN(fresh, ReplicaStore::MintOutcome minted,
                              store_.mint(record, PutCommand(put)));
    replays_.remember(now, put.request, fingerprint, minted);
    note_early_evictions(now);
    outcome = std::move(minted);
  } else {
    STARLING_ASSIGN_OR_RETURN(kept, outcome->ticket, keep_again(record, put, *outcome));
  }
  Outcome result{.minted = std::move(outcome->minted),
                 .ticket = outcome->ticket,
                 .siblings = outcome->live_siblings,
                 .fence = outcome->fence,
                 .record_clock = {}};
  if (planted_ == PlantedBug::WideContext) {
    const Result<ReplicaStore::View> view = store_.read(record);
    if (view.ok()) result.record_clock = view->versions->clock();
  }
  return result;
}

// The first copy may have asked for less than a synced one; or its commit met a full disk, and what
// it minted is nowhere here any more. Where it can not be kept again, the put is as much in doubt
// as its first copy was.
Result<CommitTicket> LocalMint::keep_again(const RecordAddress& record, const PutCommand& put,
                                           const ReplicaStore::MintOutcome& outcome) {
  Result<CommitTicket> kept =
      store_.merge(record, outcome.minted.delta, put.levels.dw != Level::none());
  if (kept.ok()) return kept;
  return Status(StatusCode::InDoubt, "the put was minted before, and now: " +
                                         kept.status().message() + "; read before retrying");
}

void LocalMint::note_early_evictions(Instant now) {
  const std::uint64_t evictions = replays_.early_evictions();
  const bool told_lately = told_at_.has_value() && now - *told_at_ < kNewsPause;
  if (evictions == told_evictions_ || told_lately) return;
  log_.warning("the memory of puts that may be repeated is full: " +
               std::to_string(evictions - told_evictions_) +
               " were forgotten before their time; a repeat of one would be a second write");
  told_at_ = now;
  told_evictions_ = evictions;
}

LocalMint::Outcome LocalMint::mint_from_nothing(const PutCommand& put) {
  Minter minter(store_.incarnation(), PlantedBug::MintAtNonOwner);
  ReplicaRecord nothing;
  Sibling write{.dot = {},
                .kind = put.kind,
                .value_hash = hash_of_value(put.kind, put.content_type, put.value),
                .modified = put.modified,
                .expires = {},
                .content_type = put.content_type,
                .value = put.value};
  return {.minted = minter.mint(nothing, put.context, std::move(write)),
          .ticket = {},
          .siblings = 1,
          .fence = {},
          .record_clock = {}};
}

}  // namespace starling

#pragma once

// LocalMint: mints a put at this node's own replica, once a request: a replay (the network repeated
// a forwarded put, or a client its request) gets the dot that the first copy got.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "starling/result.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/key_layout.h"
#include "replica/replay_memory.h"
#include "replica/replica_store.h"
#include "version/minter.h"

namespace starling {

class LocalMint {
 public:
  struct Outcome {
    Minted minted;
    CommitTicket ticket;  // that the local copy waits for; 0: durable already
    std::uint32_t siblings = 0;
    FenceStamp fence;
    VectorClock record_clock;  // only where WideContext is planted
  };

  LocalMint(ReplicaStore& store, Log& log, PlantedBug planted, ReplayMemoryOptions memory = {});

  // Whether a client may queue so large a value here. What peers forward is judged by the mint
  // itself.
  [[nodiscard]] bool has_room_for_clients(std::size_t value_bytes) const {
    return store_.has_room_for_clients(value_bytes);
  }
  [[nodiscard]] Incarnation incarnation() const { return store_.incarnation(); }
  // As StorageEngine::timing_of.
  [[nodiscard]] std::optional<CommitTiming> timing_of(CommitTicket ticket) const {
    return store_.timing_of(ticket);
  }

  // Errors: as ReplicaStore::mint, Failure for a value that does not have its checksum, and Usage
  // for a request id that was used for another put. InDoubt: a replay of a put that was minted, and
  // of which no copy can be kept here now.
  [[nodiscard]] Result<Outcome> mint(const RecordAddress& record, const PutCommand& put,
                                     Instant now);
  // PlantedBug::MintAtNonOwner: the mistake of a coordinator that is no replica of the key.
  [[nodiscard]] Outcome mint_from_nothing(const PutCommand& put);

 private:
  [[nodiscard]] Result<CommitTicket> keep_again(const RecordAddress& record, const PutCommand& put,
                                                const ReplicaStore::MintOutcome& outcome);
  // Once a minute at most.
  void note_early_evictions(Instant now);

  ReplicaStore& store_;
  Log& log_;
  ReplayMemory replays_;
  PlantedBug planted_;
  std::uint64_t told_evictions_ = 0;
  std::optional<Instant> told_at_;
};

}  // namespace starling

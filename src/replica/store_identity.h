#pragma once

// StoreIdentity: who a data directory belongs to, how often it was started, and what it remembers
// of the other members' stores. The count of starts is what lets the others notice that an old copy
// of the directory was put back; what it remembers of them is its own half of that bargain.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/founding_config.h"

namespace starling {

// What the daemon was told to be.
struct StoreExpectations {
  std::string cluster;
  std::string member;
};

struct StoreIdentity {
  std::string cluster;
  std::string member;
  StoreId store;
  std::uint64_t boot_sequence = 0;  // starts so far, this one included
  Incarnation incarnation;          // of this start
  // Of the starts before it, newest first; at most kEarlierStartsMax.
  std::vector<Incarnation> earlier;
  bool confirmed = false;  // once confirmed by all founders: it has counted
  // A member said that this store is not the latest one: it must never count again, or it would
  // slip through at its next start, which nobody remembers yet. Confirmed: nobody said so.
  BootVerdict refusal = BootVerdict::Confirmed;
  Epoch epoch;  // of the adopted configuration, which stands beside it; 0: none
  // The last start that each other member announced.
  std::map<NodeId, BootAnnouncement> peers;
  friend bool operator==(const StoreIdentity&, const StoreIdentity&) = default;
};

// What the store was founded with. Nothing: it is empty, or older than the record of it (the next
// start adds it). Nothing is written.
// Errors: as below.
[[nodiscard]] Result<std::optional<FoundingConfig>> read_founding(
    StorageEngine& engine, const StoreExpectations& expectations);

// Reads the identity, or gives an empty store a new one together with its founding configuration;
// then counts this start and notes its incarnation, synced in every durability mode. REQUIRES:
// nothing is queued in `engine`.
// Errors: Usage       the directory belongs to another cluster or another member, or was founded
//                     otherwise. Nothing was written.
//         Corruption  the identity or the founding configuration can not be read, is of a newer
//                     format, or the identity is missing in a store that holds data. Nothing was
//                     written.
//         others      of the engine; this start must not go on.
[[nodiscard]] Result<StoreIdentity> open_identity(StorageEngine& engine,
                                                  const StoreExpectations& expectations,
                                                  const FoundingConfig& founding,
                                                  Incarnation incarnation, Random& random);

// Each changes `identity` and queues the change, synced; it counts when the ticket is through.
CommitTicket remember_peer(StorageEngine& engine, StoreIdentity& identity, NodeId peer,
                           const BootAnnouncement& announced);
CommitTicket remember_confirmed(StorageEngine& engine, StoreIdentity& identity);
CommitTicket remember_refusal(StorageEngine& engine, StoreIdentity& identity, BootVerdict refusal);
// The batch that makes a configuration, written by `configuration`, the adopted one; it sets the
// epoch of `identity`. For a commit that demands Synced.
[[nodiscard]] std::vector<StorageWrite> writes_of_adoption(StoreIdentity& identity, Epoch adopted,
                                                           StorageWrite configuration);
// Queues all of it once more, synced: after an engine lost what was queued.
CommitTicket remember_everything(StorageEngine& engine, const StoreIdentity& identity);

}  // namespace starling

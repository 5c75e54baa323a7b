#pragma once

// BootService: announces this node's start to every member it meets, judges theirs, and remembers
// them durably before it confirms. What follows from the verdicts decides BootConfirmation.

#include <functional>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "node/chain_service.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "replica/store_identity.h"

namespace starling {

class BootService {
 public:
  struct Neighbours {
    StorageEngine& storage;
    const CurrentRing& ring;
    PeerTable& peers;
    Outbox& outbox;
    ReplicaService& replica;
    const ChainService& chain;
    Log& log;
    // As in NodeHost; may be empty.
    std::function<void(const BootAnnouncement&)> remember_counted;
    PlantedBug planted = PlantedBug::None;
  };

  BootService(const Neighbours& neighbours, StoreIdentity& identity,
              BootConfirmation& confirmation);

  void on_peer_up(NodeId peer);
  void on_announcement(NodeId from, const BootAnnouncement& announced);
  // Of a node that was joined: the ring says now who the members are. What they have confirmed
  // before was not the word of a member: they are to be told again, by on_peer_up().
  void know_members();
  void on_reply(NodeId from, const BootReply& reply);
  // A store that counts from the beginning (a cluster of one) is remembered as such.
  void on_start();
  // The configuration that was adopted names this store as the member's, or another one.
  void on_named();
  void on_other_named();
  // Once more, to those who have not confirmed it.
  void announce_again();
  // The engine lost what was queued: remembers everything once more, and then confirms the peers
  // that may still wait for it. A verdict that comes twice changes nothing.
  void on_store_reopened();

 private:
  void note_refusal();
  [[nodiscard]] BootVerdict verdict_on(NodeId from, const BootAnnouncement& announced) const;
  void note_counting();

  Neighbours neighbours_;
  StoreIdentity& identity_;
  BootConfirmation& confirmation_;
  CommitTicket last_ticket_{};  // of what was last remembered
};

}  // namespace starling

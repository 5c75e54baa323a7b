#pragma once

// StoreHealth: how much room this node's store has, and what follows when that changes: its own
// store refuses what no longer fits, and the peers are told, so that they count on this slot or not
// before they mint. A store whose write met a full disk stops: it reads on, and takes nothing until
// the host has opened it again.
//
//   roomy, tight, full: as the host finds the disk; each follows each
//   stopped: from a commit that met a full disk until the host opened the store again; counts as
//   full

#include <string>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "node/boot_service.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "replica/replica_store.h"

namespace starling {

class StoreHealth {
 public:
  struct Neighbours {
    const CurrentRing& ring;
    PeerTable& peers;
    Outbox& outbox;
    ReplicaStore& store;
    ReplicaService& replica;
    BootService& boot;
    Log& log;
  };

  explicit StoreHealth(const Neighbours& neighbours) : neighbours_(neighbours) {}

  // The host looked at the disk. `explanation`: for people, with figures and the remedy.
  void on_condition(StoreCondition condition, std::string explanation);
  // A commit met a full disk: nothing that waits for one will be durable, or nobody knows.
  void on_stopped(const Status& why);
  // The host has opened the store again, with all that was acknowledged in it.
  void on_reopened();
  void on_peer_up(NodeId peer);
  void on_notice(NodeId from, const StoreNotice& notice);

  [[nodiscard]] StoreCondition condition() const;
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Empty while there is room.
  [[nodiscard]] std::string explanation() const;

 private:
  // Passes the condition on if it is not what was passed on last.
  void settle();

  Neighbours neighbours_;
  StoreCondition found_ = StoreCondition::Roomy;  // by the host
  StoreCondition told_ = StoreCondition::Roomy;   // to the store and to the peers
  std::string explanation_;
  bool stopped_ = false;
};

}  // namespace starling

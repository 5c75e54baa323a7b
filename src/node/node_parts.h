#pragma once

// Node::Parts: what a node is made of, and how its parts are joined: who gets whose interface, and
// where a peer's message goes. For node.cc alone; nobody else receives a whole node.

#include <memory>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "membership/epoch_chain.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "node/admin_service.h"
#include "node/answer_desk.h"
#include "node/boot_service.h"
#include "node/chain_service.h"
#include "node/change_desk.h"
#include "node/change_driver.h"
#include "node/client_service.h"
#include "node/cluster_view.h"
#include "node/coordinator.h"
#include "node/current_ring.h"
#include "node/detector_service.h"
#include "node/fill_desk.h"
#include "node/fill_service.h"
#include "node/handoff_service.h"
#include "node/latency_meter.h"
#include "node/listing_service.h"
#include "node/local_mint.h"
#include "node/mender.h"
#include "node/node.h"
#include "node/node_metrics.h"
#include "node/node_options.h"
#include "node/old_copy_service.h"
#include "node/outbox.h"
#include "node/repair_command.h"
#include "node/repair_desk.h"
#include "node/repair_service.h"
#include "node/replica_service.h"
#include "node/return_service.h"
#include "node/store_health.h"
#include "node/task_service.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "version/context_codec.h"

namespace starling {

// The start of a store as this node announces it.
[[nodiscard]] BootAnnouncement own_boot(const StoreIdentity& identity);

// What a node is made of before its store is open.
struct Node::Parts {
  // What it is made of from then on. The order is that of construction: each part may use those
  // above it and none below.
  struct Services {
    Services(Parts& parts, StoreIdentity opened, EpochChain::Durable recalled,
             StoreStanding standing, Instant now);

    StoreIdentity identity;
    BootConfirmation confirmation;
    ClusterView cluster;
    ChainService chain;
    DetectorService detector;
    ReplicaStore store;
    ReplicaService replica;
    LocalMint mint;
    HandoffService handoff;
    AnswerDesk desk;
    LatencyMeter read_latencies;
    Coordinator coordinator;
    ListingService listings;
    Mender mender;
    RepairDesk repair_desk;
    RepairService repair;
    FillDesk fill_desk;
    FillService fills;
    OldCopyService copies;
    ChangeDriver driver;
    BootService boot;
    ReturnService returns;
    StoreHealth health;
    AdminService admin;
    TaskService tasks;
    RepairCommand repairs;
    ChangeDesk changes;
    ClientService clients;
  };

  Parts(NodeOptions given, const ClusterConfig& agreed, const NodeHost& given_host);

  NodeOptions options;
  ClusterConfig config;
  ClusterConfig founding;  // likewise; without founders where this node is none of them
  NodeHost host;
  NodeId self;
  CurrentRing ring;
  ContextCodec contexts;
  PeerTable peers;
  Outbox outbox;
  NodeMetrics metrics;
  bool broken = false;
  std::unique_ptr<Services> services;

  // Where the others reach this node, and the id of the cluster; empty and zero while it is not
  // known.
  [[nodiscard]] std::string own_address() const;
  [[nodiscard]] Hash128 cluster_id() const;
  // The configuration that is in force from now on.
  void use(const Configuration& configuration);
  // Whether there was a newer ring, which is in force now.
  bool adopt_news();
  // Who was connected before it was a member has missed what members alone are told since: that a
  // store counts, and how much room it has.
  void meet_members(const Ring& before);
  // Messages of this node to itself, and what follows from them, until none is left.
  void settle();
  void step_aside_from_damage();
  void deliver(NodeId from, PeerMessage message);
};

}  // namespace starling

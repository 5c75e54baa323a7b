#include "node/node.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "node/admin_service.h"
#include "node/answer_desk.h"
#include "node/boot_service.h"
#include "node/client_service.h"
#include "node/cluster_view.h"
#include "node/coordinator.h"
#include "node/current_ring.h"
#include "node/listing_service.h"
#include "node/local_mint.h"
#include "node/mender.h"
#include "node/node_options.h"
#include "node/outbox.h"
#include "node/part_options.h"
#include "node/readiness.h"
#include "node/replica_service.h"
#include "node/store_health.h"
#include "replica/damage_ledger.h"
#include "replica/founding_config.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "version/context_codec.h"
#include "version/minter.h"

namespace starling {
namespace {

// A fresh number for every process, so that no dot of an earlier one is ever minted again.
Incarnation draw_incarnation(const NodeOptions& options, Random random) {
  // The planted mistake: the actor is the member, whatever became of what it had minted.
  if (options.planted == PlantedBug::ReuseCounter) {
    return Incarnation{node_id_of(options.name).value};
  }
  return Incarnation{random.fork("incarnation").next()};
}

BootAnnouncement own_boot(const StoreIdentity& identity) {
  return {.store = identity.store,
          .boot_sequence = identity.boot_sequence,
          .incarnation = identity.incarnation,
          .counting = false,
          .earlier = identity.earlier};
}

}  // namespace

// What a node is made of before its store is open.
struct Node::Parts {
  // What it is made of from then on. The order is that of construction: each part may use those
  // above it and none below.
  struct Services {
    Services(Parts& parts, StoreIdentity opened, StoreStanding standing, Instant now);

    StoreIdentity identity;
    BootConfirmation confirmation;
    ClusterView cluster;
    ReplicaStore store;
    ReplicaService replica;
    LocalMint mint;
    AnswerDesk desk;
    Coordinator coordinator;
    ListingService listings;
    Mender mender;
    BootService boot;
    StoreHealth health;
    AdminService admin;
    ClientService clients;
  };

  Parts(NodeOptions given, const ClusterConfig& agreed, const NodeHost& given_host)
      : options(std::move(given)),
        config(agreed),
        host(given_host),
        self(node_id_of(options.name)),
        ring{first_ring(config)},
        contexts(context_key(config)),
        outbox(self, host.transport) {}

  NodeOptions options;
  ClusterConfig config;
  NodeHost host;
  NodeId self;
  CurrentRing ring;
  ContextCodec contexts;
  PeerTable peers;
  Outbox outbox;
  bool broken = false;
  std::unique_ptr<Services> services;

  // Messages of this node to itself, and what follows from them, until none is left.
  void settle();
  void step_aside_from_damage();
  void deliver(NodeId from, PeerMessage message);
};

Node::Parts::Services::Services(Parts& parts, StoreIdentity opened, StoreStanding standing,
                                Instant now)
    : identity(std::move(opened)),
      confirmation(own_boot(identity), witnesses_of(parts.self, parts.ring->members()), standing),
      cluster(parts.self, parts.ring, parts.peers, confirmation, parts.host.transport),
      store(parts.host.storage, parts.host.log, Minter(identity.incarnation, parts.options.planted),
            parts.host.random.fork("store"), store_options(parts.options)),
      replica(store, parts.ring, confirmation, parts.outbox, parts.host.log,
              replica_options(parts.options)),
      mint(store, parts.host.log, parts.options.planted,
           {.entries_max = parts.options.replays_max}),
      desk(cluster, parts.host.transport, parts.outbox, parts.contexts),
      coordinator({.cluster = cluster,
                   .peers = parts.peers,
                   .outbox = parts.outbox,
                   .replica = replica,
                   .mint = mint,
                   .desk = desk,
                   .log = parts.host.log},
                  coordinator_options(parts.options), parts.host.random.fork("coordinator")),
      listings(cluster, coordinator, desk, parts.options.listings_max),
      mender(store, coordinator, cluster, parts.host.log),
      boot({.storage = parts.host.storage,
            .ring = parts.ring,
            .peers = parts.peers,
            .outbox = parts.outbox,
            .replica = replica,
            .log = parts.host.log,
            .remember_counted = parts.host.remember_counted,
            .planted = parts.options.planted},
           identity, confirmation),
      health({.ring = parts.ring,
              .peers = parts.peers,
              .outbox = parts.outbox,
              .store = store,
              .replica = replica,
              .boot = boot,
              .log = parts.host.log}),
      admin({.options = parts.options,
             .config = parts.config,
             .cluster = cluster,
             .peers = parts.peers,
             .identity = identity,
             .confirmation = confirmation,
             .mender = mender,
             .health = health,
             .outbox = parts.outbox,
             .desk = desk},
            now),
      clients(parts.host.clock, desk, coordinator, listings, admin) {}

Node::Node(NodeOptions options, const ClusterConfig& config, const NodeHost& host)
    : parts_(std::make_unique<Parts>(std::move(options), config, host)) {
  STARLING_CHECK(config.check().ok());
  STARLING_CHECK(parts_->ring->member(parts_->self) != nullptr);
}

Node::~Node() = default;

Status Node::start() {
  Parts& parts = *parts_;
  Random random = parts.host.random.fork("store identity");
  const Incarnation incarnation = draw_incarnation(parts.options, parts.host.random);
  STARLING_ASSIGN_OR_RETURN(
      opened, StoreIdentity identity,
      open_identity(parts.host.storage,
                    {.cluster = parts.config.cluster, .member = parts.options.name},
                    founding_of(parts.config), incarnation, random));
  std::optional<BootAnnouncement> remembered = parts.host.last_counted;
  // Planted: nobody looks, neither this machine nor the others.
  if (parts.options.planted == PlantedBug::AcceptRolledBack) remembered.reset();
  const StoreStanding standing = standing_of(own_boot(identity), identity.confirmed,
                                             remembered.has_value() ? &*remembered : nullptr);
  parts.services = std::make_unique<Parts::Services>(parts, std::move(identity), standing,
                                                     parts.host.clock.now());
  parts.services->boot.on_start();
  parts.settle();
  return Status::success();
}

Hello Node::hello() const {
  const Parts& parts = *parts_;
  STARLING_CHECK(parts.services != nullptr);
  return {.protocol = kProtocolVersion,
          .role = HelloRole::Peer,
          .cluster = parts.config.cluster,
          .name = parts.options.name,
          .http_address = parts.options.http_address,
          .incarnation = parts.services->confirmation.announcement().incarnation,
          .config = digest_of(parts.config),
          .refusal = {}};
}

void Node::on_peer_up(NodeId peer, const Hello& hello) {
  parts_->peers.on_up(peer, hello.http_address);
  parts_->services->health.on_peer_up(peer);
  parts_->services->boot.on_peer_up(peer);
  parts_->settle();
}

void Node::on_peer_down(NodeId peer) {
  Parts& parts = *parts_;
  parts.peers.on_down(peer);
  const Instant now = parts.host.clock.now();
  parts.services->coordinator.on_peer_down(peer, now);
  parts.services->admin.on_peer_down(peer, now);
  parts.settle();
}

void Node::on_peer_message(NodeId from, PeerMessage message) {
  parts_->peers.on_heard(from);
  parts_->deliver(from, std::move(message));
  parts_->settle();
}

void Node::on_client_request(const ClientHandle& client, ClientRequest request) {
  parts_->services->clients.on_request(client, std::move(request));
  parts_->settle();
}

void Node::on_committed(CommitTicket through, const Status& status) {
  Parts& parts = *parts_;
  const bool full = status.code() == StatusCode::DiskFull;
  if (!status.ok() && !full && !parts.broken) {
    parts.broken = true;
    parts.services->replica.on_storage_error();
    parts.host.log.error("the store failed and this node steps aside: " + status.message());
  }
  if (parts.broken) return;
  parts.services->store.on_committed(through);
  parts.services->replica.on_committed(through);
  if (full) parts.services->health.on_stopped(status);
  parts.settle();
}

void Node::on_store_reopened() {
  parts_->services->health.on_reopened();
  parts_->settle();
}

void Node::on_store_condition(StoreCondition condition, std::string explanation) {
  parts_->services->health.on_condition(condition, std::move(explanation));
  parts_->settle();
}

void Node::on_timer() {
  const Instant now = parts_->host.clock.now();
  parts_->services->replica.work(now);
  parts_->services->coordinator.on_timer(now);
  parts_->services->mender.on_timer(now);
  parts_->services->admin.on_timer(now);
  parts_->settle();
}

std::optional<Instant> Node::next_deadline() const {
  if (parts_->services == nullptr) return std::nullopt;
  // Bulk work goes on at the next turn of the host's loop, behind whatever came in meanwhile.
  if (parts_->services->replica.has_work()) return parts_->host.clock.now();
  std::optional<Instant> earliest = parts_->services->coordinator.next_deadline();
  for (const std::optional<Instant>& deadline :
       {parts_->services->admin.next_deadline(), parts_->services->mender.next_deadline()}) {
    if (deadline.has_value()) earliest = std::min(earliest.value_or(*deadline), *deadline);
  }
  return earliest;
}

void Node::adopt_ring(std::shared_ptr<const Ring> ring) {
  Parts& parts = *parts_;
  if (ring->epoch() <= parts.ring->epoch()) return;
  parts.ring.ring = std::move(ring);
  parts.services->coordinator.on_new_ring(parts.host.clock.now());
  parts.settle();
}

Readiness Node::readiness() const {
  if (parts_->services == nullptr) return {.ready = false, .because = "the store is not open yet"};
  if (parts_->broken) return {.ready = false, .because = "the store failed"};
  return parts_->services->admin.readiness();
}

bool Node::must_set_store_aside() const {
  return parts_->services != nullptr && parts_->services->confirmation.is_rolled_back_for_sure();
}

bool Node::is_broken() const {
  return parts_->broken;
}

void Node::begin_drain() {
  parts_->services->clients.begin_drain();
}

bool Node::drained() const {
  const Parts::Services& services = *parts_->services;
  return services.coordinator.unanswered() == 0 && services.listings.running() == 0 &&
         services.admin.running() == 0;
}

std::size_t Node::held_bytes() const {
  return parts_->services == nullptr ? 0 : parts_->services->coordinator.held_bytes();
}

void Node::check_invariants() const {
  if (parts_->services == nullptr) return;
  parts_->services->coordinator.check_invariants();
  parts_->services->store.check_invariants();
}

void Node::Parts::settle() {
  while (true) {
    while (std::optional<PeerMessage> message = outbox.take_local()) {
      deliver(self, std::move(*message));
    }
    InnerAnswers answers = services->coordinator.take_inner_answers();
    if (answers.empty()) break;
    const Instant now = host.clock.now();
    for (ScanAnswer& scan : answers.scans) services->listings.on_scan_answer(std::move(scan), now);
    for (const MendAnswer& mend : answers.mends) services->mender.on_answer(mend, now);
  }
  services->mender.collect(host.clock.now());
  if (services->store.damage().is_full()) step_aside_from_damage();
}

// One by one they are mended; so many mean that the disk is dying, or that files were exchanged.
void Node::Parts::step_aside_from_damage() {
  if (broken) return;
  broken = true;
  services->replica.on_storage_error();
  host.log.error("more than " + std::to_string(DamageLedger::kPlacesMax) +
                 " places of the store can not be read: this node steps aside. Keep the data "
                 "directory, look after the disk, and go on with the other members");
}

void Node::Parts::deliver(NodeId from, PeerMessage message) {
  const Instant now = host.clock.now();
  Services& to = *services;
  struct Router {
    NodeId from;
    Instant now;
    Services& to;
    void operator()(const ReplicaWrite& m) const { to.replica.on_write(from, m); }
    void operator()(const ReplicaWriteReply& m) const {
      to.coordinator.on_write_reply(from, m, now);
    }
    void operator()(const ReplicaRead& m) const { to.replica.on_read(from, m); }
    void operator()(ReplicaReadReply& m) const {
      to.coordinator.on_read_reply(from, std::move(m), now);
    }
    void operator()(ForwardedPut& m) const {
      to.coordinator.on_forwarded_put(from, std::move(m), now);
    }
    void operator()(ForwardedPutReply& m) const {
      to.coordinator.on_forwarded_reply(from, std::move(m), now);
    }
    void operator()(ScanRange& m) const { to.replica.on_scan(from, std::move(m), now); }
    void operator()(ScanRangeReply& m) const {
      to.coordinator.on_scan_reply(from, std::move(m), now);
    }
    void operator()(const DigestRange& m) const { to.replica.on_digest(from, m, now); }
    void operator()(const DigestRangeReply& m) const { to.admin.on_digest_reply(from, m, now); }
    void operator()(const BootAnnouncement& m) const { to.boot.on_announcement(from, m); }
    void operator()(const BootReply& m) const { to.boot.on_reply(from, m); }
    void operator()(const StoreNotice& m) const { to.health.on_notice(from, m); }
    void operator()(const Heartbeat& /*beat*/) const {}  // the transport keeps it to itself
  };
  std::visit(Router{.from = from, .now = now, .to = to}, message);
}

}  // namespace starling

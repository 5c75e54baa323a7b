#include "node/node_parts.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "membership/epoch_chain.h"
#include "message/peer_messages.h"
#include "node/coordinator.h"
#include "node/node.h"
#include "node/node_options.h"
#include "node/part_options.h"
#include "replica/damage_ledger.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configured_ring.h"
#include "ring/member.h"
#include "ring/ring.h"
#include "version/context_codec.h"
#include "version/minter.h"

namespace starling {
namespace {

ReplicaStoreOptions store_options_of(const NodeOptions& options, const Ring& ring,
                                     const NodeHost& host) {
  ReplicaStoreOptions store = store_options(options);
  store.trees = tree_options(options, ring, host.last_counted.has_value());
  return store;
}

// The epoch at which the sender of a message is; 0 where the message does not say.
Epoch epoch_of(const PeerMessage& message) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.envelope.epoch; }) {
          return kind.envelope.epoch;
        } else if constexpr (requires { kind.epoch; }) {
          return kind.epoch;
        } else {
          return Epoch{};
        }
      },
      message);
}

}  // namespace

namespace {

ClusterConfig founding_for(const NodeOptions& options, ClusterConfig agreed) {
  if (options.waits_to_join) agreed.founders.clear();
  return agreed;
}

}  // namespace

BootAnnouncement own_boot(const StoreIdentity& identity) {
  return {.store = identity.store,
          .boot_sequence = identity.boot_sequence,
          .incarnation = identity.incarnation,
          .counting = false,
          .earlier = identity.earlier};
}

Node::Parts::Parts(NodeOptions given, const ClusterConfig& agreed, const NodeHost& given_host)
    : options(std::move(given)),
      config(agreed),
      founding(founding_for(options, agreed)),
      host(given_host),
      self(node_id_of(options.name)),
      ring{provisional_ring(config)},
      contexts(context_key(config)),
      outbox(self, host.transport) {}

Node::Parts::Services::Services(Parts& parts, StoreIdentity opened, EpochChain::Durable recalled,
                                StoreStanding standing, Instant now)
    : identity(std::move(opened)),
      confirmation(own_boot(identity), witnesses_of(parts.self, parts.ring->members()), standing),
      cluster(parts.self, parts.ring, parts.peers, confirmation, parts.host.transport),
      chain({.founding = parts.founding,
             .storage = parts.host.storage,
             .peers = parts.peers,
             .confirmation = confirmation,
             .identity = identity,
             .outbox = parts.outbox,
             .log = parts.host.log,
             .planted = parts.options.planted},
            std::move(recalled), parts.host.random.fork("chain"), now),
      detector(
          {.ring = parts.ring, .peers = parts.peers, .outbox = parts.outbox, .log = parts.host.log},
          identity.boot_sequence, parts.host.random.fork("detector"), now),
      store(parts.host.storage, parts.host.log, Minter(identity.incarnation, parts.options.planted),
            parts.host.random.fork("store"),
            store_options_of(parts.options, *parts.ring, parts.host)),
      replica(store, parts.ring, confirmation, parts.outbox, parts.host.log,
              replica_options(parts.options)),
      mint(store, parts.host.log, parts.options.planted,
           {.entries_max = parts.options.replays_max}),
      handoff({.cluster = cluster,
               .store = store,
               .replica = replica,
               .outbox = parts.outbox,
               .engine = parts.host.storage,
               .log = parts.host.log},
              handoff_options(parts.options), parts.host.random.fork("handoff")),
      desk(cluster, parts.host.transport, parts.outbox, parts.contexts, parts.metrics),
      coordinator({.cluster = cluster,
                   .peers = parts.peers,
                   .detector = detector,
                   .outbox = parts.outbox,
                   .replica = replica,
                   .mint = mint,
                   .handoff = handoff,
                   .desk = desk,
                   .metrics = parts.metrics,
                   .read_latencies = read_latencies,
                   .log = parts.host.log},
                  coordinator_options(parts.options), parts.host.random.fork("coordinator")),
      listings(cluster, coordinator, desk, parts.metrics, parts.options.listings_max),
      mender(store, coordinator, cluster, parts.host.log),
      repair_desk(store, confirmation, replica, parts.outbox),
      repair({.cluster = cluster,
              .confirmation = confirmation,
              .store = store,
              .read_latencies = read_latencies,
              .outbox = parts.outbox,
              .log = parts.host.log},
             repair_options(parts.options, parts.host.random.fork("repair")), now),
      fill_desk({.chain = chain,
                 .identity = identity,
                 .confirmation = confirmation,
                 .store = store,
                 .replica = replica,
                 .budget = repair.budget(),
                 .outbox = parts.outbox,
                 .log = parts.host.log,
                 .outgoing_max = parts.options.fill_sinks_max,
                 .planted = parts.options.planted}),
      fills({.chain = chain,
             .ring = parts.ring,
             .identity = identity,
             .confirmation = confirmation,
             .peers = parts.peers,
             .store = store,
             .engine = parts.host.storage,
             .budget = repair.budget(),
             .outbox = parts.outbox,
             .log = parts.host.log},
            fill_options(parts.options, parts.host.random.fork("fill"))),
      copies({.chain = chain,
              .identity = identity,
              .confirmation = confirmation,
              .store = store,
              .engine = parts.host.storage,
              .budget = repair.budget(),
              .self = parts.self,
              .log = parts.host.log,
              .planted = parts.options.planted}),
      driver({.chain = chain,
              .fills = fills,
              .peers = parts.peers,
              .confirmation = confirmation,
              .identity = identity,
              .handoff = handoff,
              .copies = copies,
              .self = parts.self,
              .log = parts.host.log,
              .planted = parts.options.planted},
             {.move_patience = parts.options.move_patience}, parts.host.random.fork("changes"),
             now),
      boot({.storage = parts.host.storage,
            .ring = parts.ring,
            .peers = parts.peers,
            .outbox = parts.outbox,
            .replica = replica,
            .chain = chain,
            .log = parts.host.log,
            .remember_counted = parts.host.remember_counted,
            .planted = parts.options.planted},
           identity, confirmation),
      returns({.chain = chain,
               .boot = boot,
               .confirmation = confirmation,
               .identity = identity,
               .self = parts.self,
               .log = parts.host.log},
              parts.host.random.fork("return")),
      health({.ring = parts.ring,
              .peers = parts.peers,
              .outbox = parts.outbox,
              .store = store,
              .replica = replica,
              .boot = boot,
              .log = parts.host.log}),
      admin({.clock = parts.host.clock,
             .options = parts.options,
             .config = parts.config,
             .cluster = cluster,
             .peers = parts.peers,
             .identity = identity,
             .confirmation = confirmation,
             .chain = chain,
             .mender = mender,
             .health = health,
             .outbox = parts.outbox,
             .desk = desk},
            now),
      tasks({.cluster = cluster,
             .peers = parts.peers,
             .admin = admin,
             .chain = chain,
             .outbox = parts.outbox,
             .desk = desk},
            parts.host.random.fork("tasks")),
      repairs({.cluster = cluster, .peers = parts.peers, .outbox = parts.outbox, .desk = desk},
              parts.host.random.fork("repairs")),
      changes({.chain = chain,
               .confirmation = confirmation,
               .peers = parts.peers,
               .desk = desk,
               .log = parts.host.log,
               .self = parts.self,
               .config = digest_of(parts.config)}),
      clients(parts.host.clock, desk, coordinator, listings,
              {.admin = admin, .tasks = tasks, .repairs = repairs, .changes = changes}) {}

void Node::Parts::use(const Configuration& configuration) {
  ring.ring = ring_of(configuration);
  contexts = ContextCodec(configuration.context_key);
}

bool Node::Parts::adopt_news() {
  std::shared_ptr<const Ring> news = services->chain.take_ring();
  if (news == nullptr) return false;
  const std::shared_ptr<const Ring> before = std::exchange(ring.ring, std::move(news));
  contexts = ContextCodec(services->chain.adopted()->context_key);
  services->store.trees().use_seed(ring->token_seed());
  meet_members(*before);
  services->detector.look_at_ring(host.clock.now());
  services->repair.look_at_ring(host.clock.now());
  services->coordinator.on_new_ring(host.clock.now());
  return true;
}

std::string Node::Parts::own_address() const {
  const RingMember* const own = ring->member(self);
  return own == nullptr ? std::string() : own->address;
}

Hash128 Node::Parts::cluster_id() const {
  const Configuration* const adopted = services->chain.adopted();
  return adopted == nullptr ? Hash128{} : adopted->cluster_id;
}

void Node::Parts::meet_members(const Ring& before) {
  services->boot.know_members();
  for (const RingMember& member : ring->members()) {
    const bool is_new = before.member(member.id) == nullptr && member.id != self;
    if (!is_new || !peers.connected(member.id)) continue;
    services->boot.on_peer_up(member.id);
    services->health.on_peer_up(member.id);
  }
}

void Node::Parts::settle() {
  const Instant now = host.clock.now();
  services->handoff.collect(now);
  services->chain.collect(now);
  services->returns.collect(now);
  services->fills.collect(now);
  services->copies.collect(now);
  services->driver.collect(now);
  services->changes.collect(now);
  while (true) {
    while (std::optional<PeerMessage> message = outbox.take_local()) {
      deliver(self, std::move(*message));
    }
    if (adopt_news()) continue;
    InnerAnswers answers = services->coordinator.take_inner_answers();
    if (answers.empty()) break;
    for (ScanAnswer& scan : answers.scans) services->listings.on_scan_answer(std::move(scan), now);
    for (const MendAnswer& mend : answers.mends) services->mender.on_answer(mend, now);
  }
  services->mender.collect(now);
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
  const bool of_detector = std::holds_alternative<SwimMessage>(message);
  if (from != self && !of_detector) to.detector.on_heard(from, now);
  to.chain.on_epoch_seen(from, epoch_of(message), now);
  struct Router {
    NodeId from;
    Instant now;
    Services& to;
    Outbox& outbox;
    void operator()(const ReplicaWrite& m) const { to.replica.on_write(from, m); }
    void operator()(const ReplicaWriteReply& m) const {
      if (!to.repair.on_write_reply(from, m, now)) to.coordinator.on_write_reply(from, m, now);
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
    void operator()(const HintWrite& m) const { to.handoff.on_write(from, m, now); }
    void operator()(const HintWriteReply& m) const { to.coordinator.on_hint_reply(from, m, now); }
    void operator()(const HintHandoff& m) const { to.replica.on_handoff(from, m); }
    void operator()(const HintHandoffReply& m) const { to.handoff.on_handoff_reply(from, m, now); }
    void operator()(const WorkCensus& m) const {
      WorkCensusReply reply = to.handoff.census(now);
      reply.operation = m.operation;
      reply.repair = to.repair.ordered_progress();
      outbox.send(from, std::move(reply));
    }
    void operator()(WorkCensusReply& m) const { to.tasks.on_census_reply(from, std::move(m)); }
    void operator()(const OrderedRepair& m) const { to.repair.on_ordered(from, m, now); }
    void operator()(const OrderedRepairReply& m) const { to.repairs.on_reply(from, m); }
    void operator()(const TreeRead& m) const { to.repair_desk.on_tree_read(from, m); }
    void operator()(const KeyListRead& m) const { to.repair_desk.on_key_list_read(from, m); }
    void operator()(const RecordsRead& m) const { to.repair_desk.on_records_read(from, m); }
    void operator()(const TreeReadReply& m) const { to.repair.on_tree_reply(from, m, now); }
    void operator()(const KeyListReply& m) const { to.repair.on_key_list_reply(from, m, now); }
    void operator()(const RecordsReply& m) const { to.repair.on_records_reply(from, m, now); }
    void operator()(const ChainLetter& m) const {
      to.chain.on_letter(from, m, now);
      to.driver.on_letter(from, m);
    }
    void operator()(const FillRead& m) const { to.fill_desk.on_read(from, m, now); }
    void operator()(const FillPage& m) const { to.fills.on_page(from, m, now); }
    void operator()(const SwimMessage& m) const { to.detector.on_message(from, m, now); }
    void operator()(const Heartbeat& /*beat*/) const {}  // the transport keeps it to itself
  };
  std::visit(Router{.from = from, .now = now, .to = to, .outbox = outbox}, message);
}

}  // namespace starling

#include "node/node.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/epoch_chain.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "message/store_condition.h"
#include "node/chain_memory.h"
#include "node/chain_service.h"
#include "node/node_metrics.h"
#include "node/node_options.h"
#include "node/node_parts.h"
#include "node/node_report.h"
#include "node/readiness.h"
#include "replica/founding_config.h"
#include "replica/record_cache.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/succession.h"

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

// All have agreed that the store is the member's.
bool is_named(const EpochChain::Durable& chain, NodeId self, const StoreIdentity& identity) {
  const ConfigMember* const member = chain.adopted ? chain.adopted->member(self) : nullptr;
  return member != nullptr && member->store == identity.store;
}

}  // namespace

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
                    founding_of(parts.founding), incarnation, random));
  std::optional<BootAnnouncement> remembered = parts.host.last_counted;
  // Planted: nobody looks, neither this machine nor the others.
  if (parts.options.planted == PlantedBug::AcceptRolledBack) remembered.reset();
  STARLING_ASSIGN_OR_RETURN(recalled, EpochChain::Durable chain,
                            read_chain(parts.host.storage, identity));
  StoreStanding standing =
      standing_of(own_boot(identity), identity.confirmed || is_named(chain, parts.self, identity),
                  remembered.has_value() ? &*remembered : nullptr);
  // Who was joined is known to the members by this store alone: it need not be confirmed by all.
  if (parts.options.waits_to_join && standing == StoreStanding::Founding) {
    standing = chain.adopted.has_value() ? StoreStanding::Counted : StoreStanding::Joining;
  }
  const bool may_found =
      standing != StoreStanding::Overtaken && identity.refusal == BootVerdict::Confirmed;
  const bool founds_alone = !parts.options.waits_to_join && parts.config.founders.size() == 1;
  if (!chain.adopted.has_value() && founds_alone && may_found) {
    Random ids = parts.host.random.fork("cluster id");
    const Hash128 cluster_id{.high = ids.next(), .low = ids.next()};
    STARLING_ASSIGN_OR_RETURN(founded, chain.adopted,
                              found_alone(parts.host.storage, identity, parts.config, cluster_id));
  }
  if (chain.adopted.has_value()) parts.use(*chain.adopted);
  parts.services = std::make_unique<Parts::Services>(parts, std::move(identity), std::move(chain),
                                                     standing, parts.host.clock.now());
  parts.services->handoff.load(parts.host.clock.now());
  parts.services->fills.load();
  parts.services->boot.on_start();
  parts.settle();
  return Status::success();
}

Hello Node::hello() const {
  const Parts& parts = *parts_;
  STARLING_CHECK(parts.services != nullptr);
  return {
      .protocol = kProtocolVersion,
      .role = HelloRole::Peer,
      .cluster = parts.config.cluster,
      .name = parts.options.name,
      .http_address = parts.options.http_address,
      .address = parts.own_address(),
      .cluster_id = parts.cluster_id(),
      .waits_to_join = parts.options.waits_to_join && parts.services->chain.adopted() == nullptr,
      .incarnation = parts.services->confirmation.announcement().incarnation,
      .config = digest_of(parts.config),
      .refusal = {}};
}

void Node::on_peer_up(NodeId peer, const Hello& hello) {
  parts_->peers.on_up(peer, hello.http_address);
  parts_->services->health.on_peer_up(peer);
  parts_->services->boot.on_peer_up(peer);
  parts_->services->chain.on_peer_up(peer, parts_->host.clock.now());
  parts_->services->repair.on_peer_up(peer);
  parts_->settle();
}

void Node::on_peer_down(NodeId peer) {
  Parts& parts = *parts_;
  parts.peers.on_down(peer);
  const Instant now = parts.host.clock.now();
  parts.services->detector.on_peer_down(peer, now);
  parts.services->coordinator.on_peer_down(peer, now);
  parts.services->admin.on_peer_down(peer, now);
  parts.services->tasks.on_peer_down(peer);
  parts.services->repairs.on_peer_down(peer);
  parts.settle();
}

void Node::on_peer_message(NodeId from, PeerMessage message) {
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
  parts.services->handoff.on_committed(through);
  parts.services->chain.on_committed(through);
  parts.services->fills.on_committed(through, parts.host.clock.now());
  parts.services->copies.on_committed(through, parts.host.clock.now());
  if (full) parts.services->health.on_stopped(status);
  parts.settle();
}

void Node::on_store_reopened() {
  // First of all: what is remembered behind it speaks of the epoch that it writes.
  parts_->services->chain.on_store_reopened();
  parts_->services->health.on_reopened();
  parts_->services->handoff.load(parts_->host.clock.now());
  parts_->services->fills.on_store_reopened(parts_->host.clock.now());
  parts_->services->copies.on_store_reopened(parts_->host.clock.now());
  parts_->settle();
}

void Node::on_store_condition(StoreCondition condition, std::string explanation) {
  parts_->services->health.on_condition(condition, std::move(explanation));
  parts_->settle();
}

void Node::on_timer() {
  const Instant now = parts_->host.clock.now();
  parts_->services->replica.work(now);
  parts_->services->detector.on_timer(now);
  parts_->services->coordinator.on_timer(now);
  parts_->services->mender.on_timer(now);
  parts_->services->handoff.on_timer(now);
  if (!parts_->broken) parts_->services->repair.on_timer(now);
  parts_->services->admin.on_timer(now);
  parts_->services->tasks.on_timer(now);
  parts_->services->repairs.on_timer(now);
  parts_->services->changes.on_timer(now);
  if (!parts_->broken) {
    parts_->services->chain.on_timer(now);
    parts_->services->fills.on_timer(now);
    parts_->services->copies.on_timer(now);
    parts_->services->driver.on_timer(now);
    parts_->services->returns.on_timer(now);
  }
  parts_->settle();
}

std::optional<Instant> Node::next_deadline() const {
  if (parts_->services == nullptr) return std::nullopt;
  // Bulk work goes on at the next turn of the host's loop, behind whatever came in meanwhile.
  if (parts_->services->replica.has_work()) return parts_->host.clock.now();
  std::optional<Instant> earliest = parts_->services->coordinator.next_deadline();
  for (const std::optional<Instant>& deadline :
       {std::optional(parts_->services->detector.next_deadline()),
        parts_->services->admin.next_deadline(), parts_->services->mender.next_deadline(),
        parts_->services->handoff.next_deadline(), parts_->services->tasks.next_deadline(),
        parts_->services->repairs.next_deadline(), parts_->services->changes.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->repair.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->fills.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->copies.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->driver.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->returns.next_deadline(),
        parts_->broken ? std::nullopt : parts_->services->chain.next_deadline()}) {
    if (deadline.has_value()) earliest = std::min(earliest.value_or(*deadline), *deadline);
  }
  return earliest;
}

const Configuration* Node::configuration() const {
  return parts_->services == nullptr ? nullptr : parts_->services->chain.adopted();
}

std::shared_ptr<const Ring> Node::ring() const {
  return parts_->ring.ring;
}

Status Node::propose(const Configuration& after, const ProposalEvidence& evidence) {
  const Status begun = parts_->services->chain.propose(after, evidence, parts_->host.clock.now());
  parts_->settle();
  return begun;
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
         services.admin.running() == 0 && services.tasks.running() == 0 &&
         services.repairs.running() == 0 && services.changes.running() == 0;
}

std::size_t Node::held_bytes() const {
  return parts_->services == nullptr ? 0 : parts_->services->coordinator.held_bytes();
}

const NodeMetrics& Node::metrics() const {
  return parts_->metrics;
}

NodeReport Node::report() const {
  const Parts::Services& services = *parts_->services;
  const RecordCache& cache = services.store.cache();
  return {.cluster = services.admin.cluster_status(),
          .info = services.admin.node_info(parts_->host.clock.now(), parts_->host.clock.cpu_used()),
          .condition = services.health.condition(),
          .minting_stopped = services.store.is_minting_stopped(),
          .requests_in_flight = services.coordinator.unanswered(),
          .listings = services.listings.running(),
          .operations = services.coordinator.operations(),
          .operation_bytes = services.coordinator.held_bytes(),
          .waiting_replies = services.replica.waiting_replies(),
          .record_cache_bytes = cache.bytes(),
          .record_cache_entries = cache.size(),
          .record_cache = cache.lookups(),
          .store = services.store.counters(),
          .fills = services.fills.progress(),
          .old_records_removed = services.copies.records_removed(),
          .detector = services.detector.report()};
}

PeerState Node::opinion_of(NodeId member) const {
  return parts_->peers.state(member);
}

void Node::check_invariants() const {
  if (parts_->services == nullptr) return;
  parts_->services->detector.check_invariants();
  parts_->services->chain.check_invariants();
  parts_->services->fills.check_invariants();
  parts_->services->coordinator.check_invariants();
  parts_->services->repair.check_invariants();
  parts_->services->store.check_invariants();
  parts_->services->handoff.check_invariants();
}

}  // namespace starling

#include "sim/sim_cluster.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "handoff/fill_stream.h"
#include "message/chain_messages.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "node/detector_service.h"
#include "node/node_options.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configured_ring.h"
#include "ring/member.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "sim/configuration_change.h"
#include "sim/fault_plan.h"
#include "sim/message_words.h"
#include "sim/sim_member.h"
#include "sim/sim_store.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A broken process is started again by whoever looks after it.
constexpr Duration kRestartAfterBreak = seconds(1);
// Waits for a peer or a disk take as long now and then.
constexpr Duration kSlowRequest = milliseconds(500);
// What a replica says once of each place that it can not read.
constexpr std::string_view kDamageNoticed = "mark: store: met a damaged place";

NodeOptions options_of(const FaultPlan& plan, PlantedBug planted, std::uint32_t node) {
  NodeOptions options;
  options.name = "node" + std::to_string(node);
  options.waits_to_join = node >= plan.shape.nodes;
  options.durability = plan.shape.durability.at(node);
  options.record_cache_bytes_max = plan.shape.record_cache_bytes;
  options.operations_max = plan.bounds.operations_max;
  options.operation_bytes_max = plan.bounds.operation_bytes_max;
  options.draining_bytes_max = plan.bounds.draining_bytes_max;
  options.waiting_reply_bytes_max = plan.bounds.waiting_reply_bytes_max;
  options.commit_queue_bytes_max = plan.bounds.commit_queue_bytes_max;
  options.listings_max = plan.bounds.listings_max;
  options.siblings_max = plan.bounds.siblings_max;
  options.hint_bytes_max = plan.bounds.hint_bytes_max;
  options.hints_max = plan.bounds.hints_max;
  options.fill_sinks_max = plan.bounds.fill_sinks_max;
  options.fill_tokens_max = plan.bounds.fill_tokens_max;
  options.move_patience = plan.bounds.move_patience;
  options.repair_cycle = plan.repair_cycle;
  options.slow_request = kSlowRequest;
  options.planted = planted;
  return options;
}

}  // namespace

namespace {

RingMember member_numbered(std::uint32_t node, const ClusterShape& shape) {
  RingMember member;
  member.name = "node" + std::to_string(node);
  member.id = node_id_of(member.name);
  member.address = member.name + ":7400";
  if (shape.zones > 1) member.zone = "zone" + std::to_string(node % shape.zones);
  return member;
}

// Of a node that waits to be joined: itself alone.
ClusterConfig config_for(std::uint32_t node, const ClusterConfig& founding,
                         const ClusterShape& shape) {
  if (node < shape.nodes) return founding;
  ClusterConfig config = founding;
  config.founders = {member_numbered(node, shape)};
  return config;
}

}  // namespace

ClusterConfig config_of(const ClusterShape& shape) {
  ClusterConfig config;
  config.cluster = "simulated";
  config.partitions = shape.partitions;
  config.replicas = shape.replicas;
  config.secret = "known to every simulated node";
  for (std::uint32_t node = 0; node < shape.nodes; ++node) {
    config.founders.push_back(member_numbered(node, shape));
  }
  return config;
}

SimCluster::SimCluster(const FaultPlan& plan, PlantedBug planted, const Parts& parts,
                       const Random& random)
    : events_(parts.events),
      trace_(parts.trace),
      marks_(parts.marks),
      config_(config_of(plan.shape)),
      network_(parts.events, *this, plan.shape.all_nodes(), plan.network, random.fork("network")),
      clients_(parts.events, *this, random.fork("client wire")),
      written_off_(plan.shape.all_nodes(), false),
      lost_stores_(plan.shape.all_nodes()),
      kept_down_(plan.shape.all_nodes(), false),
      uninformed_until_(plan.shape.all_nodes(), Instant{}),
      newest_ring_(provisional_ring(config_)) {
  for (std::uint32_t node = 0; node < plan.shape.all_nodes(); ++node) {
    SimMember::Setup setup{node,
                           options_of(plan, planted, node),
                           config_for(node, config_, plan.shape),
                           {plan.commit_fastest, plan.commit_slowest},
                           plan.shape.engines.at(node),
                           plan.shape.clocks.at(node)};
    members_.push_back(
        std::make_unique<SimMember>(std::move(setup), events_, *this, random.fork("member", node)));
  }
}

void SimCluster::note(std::uint32_t node, std::string text) {
  if (trace_.wants_words()) {
    trace_.note(events_.now(), member(node).name(), "", std::move(text));
  }
}

void SimCluster::write_off(std::uint32_t node) {
  written_off_.at(node) = true;
  const ConfigMember* const known =
      newest_configuration_ ? newest_configuration_->member(member(node).id()) : nullptr;
  lost_stores_.at(node) = known == nullptr ? std::nullopt : std::optional(known->store);
}

void SimCluster::disturb(Duration lasting) {
  if (monitors_ != nullptr) monitors_->on_disturbance(events_.now() + lasting);
}

void SimCluster::start(std::uint32_t node) {
  if (member(node).boot() != 0 || kept_down_.at(node)) return;
  disturb(Duration(0));
  const Status started = member(node).start();
  trace_.fold(events_.now(), node, started.ok() ? 1 : 2);
  note(node, started.ok() ? "starts" : "refuses to start: " + started.message());
  if (started.ok()) return network_.node_started(node);
  // Whoever looks after it tries again: what could not be read for a while may be read then.
  events_.after(kRestartAfterBreak, [this, node] { start(node); });
}

void SimCluster::stop(std::uint32_t node, SimMember::Power power) {
  SimMember& stopped = member(node);
  if (stopped.boot() == 0) return;
  disturb(Duration(0));
  const std::size_t unsynced = stopped.disk().unsynced_batches();
  if (power == SimMember::Power::Fails && unsynced > 0) {
    marks_.reach("node: power lost with unsynced writes");
  }
  trace_.fold(events_.now(), node, 3);
  note(node, power == SimMember::Power::Fails ? "loses power" : "is killed");
  stopped.stop(power);
  network_.node_stopped(node);
  clients_.node_stopped(node);
}

bool SimCluster::is_in_full_sight(std::uint32_t node) const {
  for (std::uint32_t peer = 0; peer < size(); ++peer) {
    if (peer == node) continue;
    const bool linked = network_.is_connected(node, peer) && network_.is_connected(peer, node);
    const bool awake = !member(peer).was_paused_since(events_.now() - seconds(2));
    if (!linked || !awake || !is_ready(peer)) return false;
  }
  return is_ready(node);
}

bool SimCluster::is_ready_for_all(std::uint32_t node) const {
  for (std::uint32_t peer = 0; peer < size(); ++peer) {
    const bool counts = peer != node && !is_written_off(peer);
    if (counts && !network_.is_connected(node, peer)) return false;
  }
  return is_ready(node);
}

bool SimCluster::is_ready(std::uint32_t node) const {
  return member(node).node() != nullptr && member(node).node()->readiness().ready;
}

void SimCluster::propose_change(std::uint32_t node, const Random& random, Change change) {
  member(node).perform([this, node, random, change](starling::Node& running) {
    const Configuration* const before = running.configuration();
    if (before == nullptr) return;
    const Configuration after =
        change == Change::Aims ? draw_aims(*before, random) : draw_change(*before, random);
    const Status begun = running.propose(after, {});
    note(node, begun.ok() ? "proposes epoch " + std::to_string(after.epoch.value)
                          : "can not propose: " + begun.message());
  });
}

void SimCluster::keep_uninformed(std::uint32_t node, Duration lasting) {
  Instant& until = uninformed_until_.at(node);
  until = std::max(until, events_.now() + lasting);
}

std::optional<std::uint32_t> SimCluster::index_of(NodeId id) const {
  for (std::uint32_t node = 0; node < size(); ++node) {
    if (member(node).id() == id) return node;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> SimCluster::first_unfilled() const {
  for (std::uint32_t node = 0; node < size(); ++node) {
    const starling::Node* const running = member(node).node();
    if (is_written_off(node) || running == nullptr) continue;
    for (const FillProgress& fill : running->report().fills) {
      const std::optional<std::uint32_t> source = index_of(fill.source);
      const bool can_come = source.has_value() && !is_written_off(*source);
      if (can_come && !fill.complete) return node;
    }
  }
  return std::nullopt;
}

bool SimCluster::has_idle_streams() const {
  return std::ranges::any_of(members_, [](const auto& member) {
    const Configuration* const adopted =
        member->node() == nullptr ? nullptr : member->node()->configuration();
    if (adopted == nullptr) return false;
    for (std::size_t i = 0; i < adopted->rows.size(); ++i) {
      const RowAim* const aim = adopted->aim(PartitionId{static_cast<std::uint16_t>(i)});
      const bool is_drawn = aim == nullptr && !is_settled(adopted->rows[i]);
      const bool is_wide = aim != nullptr && adopted->rows[i].size() > aim->owners.size();
      if (is_drawn || is_wide) return true;
    }
    return false;
  });
}

std::optional<std::uint32_t> SimCluster::first_on_its_way_out() const {
  for (std::uint32_t node = 0; node < size(); ++node) {
    const RingMember* const member_of_ring = newest_ring_->member(member(node).id());
    if (member_of_ring != nullptr && member_of_ring->weight == 0) return node;
  }
  return std::nullopt;
}

bool SimCluster::knows_that_it_is_none(std::uint32_t node) const {
  const Ring& ring = *member(node).ring();
  const bool waits = node >= config_.founders.size() && ring.epoch() == Epoch{};
  return waits || ring.member(member(node).id()) == nullptr;
}

bool SimCluster::has_left(std::uint32_t node) const {
  return newest_ring_->member(member(node).id()) == nullptr;
}

bool SimCluster::has_aims() const {
  return std::ranges::any_of(members_, [](const auto& member) {
    const Configuration* const adopted =
        member->node() == nullptr ? nullptr : member->node()->configuration();
    return adopted != nullptr &&
           (!adopted->aims.empty() || std::ranges::any_of(adopted->members, [](const auto& one) {
             return one.intent != MemberIntent::Stay;
           }));
  });
}

Epoch SimCluster::newest_epoch() const {
  Epoch newest;
  for (std::uint32_t node = 0; node < size(); ++node) {
    if (!is_written_off(node)) newest = std::max(newest, member(node).ring()->epoch());
  }
  return newest;
}

bool SimCluster::are_all_ready() const {
  for (std::uint32_t node = 0; node < size(); ++node) {
    // Who is no member any more need only know that.
    const bool knows = has_left(node) && knows_that_it_is_none(node);
    const bool is_current = knows || member(node).ring()->epoch() == newest_epoch();
    if (!is_current || member(node).was_paused_since(events_.now())) return false;
    if (!is_written_off(node) && !is_ready_for_all(node)) return false;
  }
  return true;
}

bool SimCluster::is_founded() const {
  const auto founders = static_cast<std::uint32_t>(config_.founders.size());
  for (std::uint32_t node = 0; node < founders; ++node) {
    if (member(node).ring()->epoch().value == 0) return false;
  }
  return true;
}

void SimCluster::on_adopted(std::uint32_t node, const Configuration& configuration) {
  trace_.fold(events_.now(), node, 2048 + configuration.epoch.value);
  note(node, "works by epoch " + std::to_string(configuration.epoch.value));
  if (monitors_ != nullptr) monitors_->on_adopted(node, configuration);
  if (observe_configuration_) observe_configuration_(configuration);
  if (configuration.epoch <= newest_ring_->epoch()) return;
  newest_ring_ = ring_of(configuration);
  newest_configuration_ = configuration;
  for (std::uint32_t lost = 0; lost < size(); ++lost) {
    const ConfigMember* const known = configuration.member(member(lost).id());
    const std::optional<StoreId>& store = lost_stores_.at(lost);
    const bool is_renamed = known != nullptr && store.has_value() && known->store != *store;
    if (!written_off_.at(lost) || !is_renamed) continue;
    written_off_.at(lost) = false;
    marks_.reach("return: a lost disk's member has a new one");
  }
}

std::optional<std::uint32_t> SimCluster::first_lost() const {
  if (!newest_configuration_.has_value()) return std::nullopt;
  const Configuration& newest = *newest_configuration_;
  for (std::uint32_t node = 0; node < size(); ++node) {
    const NodeId id = member(node).id();
    if (!lost_stores_.at(node).has_value() || has_left(node)) continue;
    const bool waits = std::ranges::any_of(newest.aims, [&](const RowAim& aim) {
      const bool is_owner = std::ranges::find(aim.owners, id) != aim.owners.end();
      return is_owner &&
             std::ranges::any_of(newest.rows[aim.partition.value], [id](const Slot& slot) {
               return slot.state == SlotState::Vacant && slot.holder == id;
             });
    });
    if (written_off_.at(node) || waits) return node;
  }
  return std::nullopt;
}

std::uint64_t SimCluster::boot_of(std::uint32_t node) const {
  return member(node).boot();
}

Hello SimCluster::hello_of(std::uint32_t node) const {
  STARLING_CHECK(member(node).node() != nullptr);
  return member(node).node()->hello();
}

bool SimCluster::know_each_other(std::uint32_t one, std::uint32_t other) const {
  const auto founders = static_cast<std::uint32_t>(config_.founders.size());
  if (one < founders && other < founders) return true;
  const auto knows = [this](std::uint32_t node, std::uint32_t peer) {
    return member(node).ring()->member(member(peer).id()) != nullptr;
  };
  return knows(one, other) || knows(other, one);
}

void SimCluster::on_connected(std::uint32_t node, std::uint32_t peer, const Hello& hello) {
  trace_.fold(events_.now(), node, 16 + peer);
  note(node, "is connected to " + member(peer).name());
  const NodeId id = member(peer).id();
  member(node).perform([id, hello](starling::Node& running) { running.on_peer_up(id, hello); });
}

void SimCluster::on_disconnected(std::uint32_t node, std::uint32_t peer) {
  trace_.fold(events_.now(), node, 32 + peer);
  note(node, "notices that " + member(peer).name() + " is gone");
  marks_.reach("network: a connection broke");
  const NodeId id = member(peer).id();
  member(node).perform([id](starling::Node& running) { running.on_peer_down(id); });
}

void SimCluster::on_message(std::uint32_t node, std::uint32_t from, PeerMessage message) {
  const auto* const letter = std::get_if<ChainLetter>(&message);
  const bool is_news = letter != nullptr && std::holds_alternative<ChainDecided>(letter->message);
  if (is_news && events_.now() < uninformed_until_.at(node)) return;
  trace_.fold(events_.now(), node, 64 + message.index());
  if (monitors_ != nullptr) monitors_->on_peer_message(node, from, message);
  if (trace_.wants_words()) tell(node, from, message);
  const NodeId id = member(from).id();
  // std::function wants its captures copyable; the message is moved on by the one call.
  member(node).perform([id, message = std::move(message)](starling::Node& running) mutable {
    running.on_peer_message(id, std::move(message));
  });
}

// Answers do not name the key; the question did.
void SimCluster::tell(std::uint32_t node, std::uint32_t from, const PeerMessage& message) {
  MessageWords words = words_of(message);
  if (words.operation.has_value()) {
    std::string& subject = subjects_[*words.operation];
    if (subject.empty()) subject = words.subject;
    words.subject = subject;
  }
  trace_.note(events_.now(), member(node).name(), words.subject,
              "<- " + member(from).name() + ": " + words.text);
}

void SimCluster::send_to_peer(std::uint32_t from, NodeId to, const PeerMessage& message) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [to](const auto& member) { return member->id() == to; });
  STARLING_CHECK(found != members_.end());
  const auto index = static_cast<std::uint32_t>(found - members_.begin());
  if (monitors_ != nullptr) monitors_->on_peer_send(from, index, message);
  network_.send(from, index, message);
}

bool SimCluster::is_crowded(std::uint32_t from, NodeId to) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [to](const auto& member) { return member->id() == to; });
  STARLING_CHECK(found != members_.end());
  return network_.is_crowded(from, static_cast<std::uint32_t>(found - members_.begin()));
}

void SimCluster::reply_to_client(std::uint32_t from, const ClientHandle& client,
                                 ClientReply reply) {
  trace_.fold(events_.now(), from, 128 + reply.index());
  trace_.fold(client.request);
  if (observe_reply_) observe_reply_(client.request, reply);
  clients_.reply(client, reply);
}

void SimCluster::on_log(std::uint32_t node, LogLevel level, std::string_view text) {
  if (level == LogLevel::Trace) marks_.reach_by_log(text);
  if (text == kDamageNoticed && monitors_ != nullptr) {
    monitors_->on_damage_noticed(node, events_.now());
  }
  if (text == kConvicted && monitors_ != nullptr) monitors_->on_conviction(node, events_.now());
  if (trace_.wants_words()) note(node, "says: " + std::string(text));
}

void SimCluster::on_group(std::uint32_t node, const SimStore::Batches& group) {
  for (const auto& batch : group) trace_.fold(events_.now(), node, 256 + batch.size());
  if (monitors_ != nullptr) monitors_->on_group(node, group);
}

void SimCluster::on_broken(std::uint32_t node) {
  marks_.reach("disk: an error ended a node");
  const std::uint64_t boot = member(node).boot();
  events_.after(Duration(0), [this, node, boot] {
    if (member(node).boot() == boot) stop(node, SimMember::Power::Stays);
  });
  events_.after(kRestartAfterBreak, [this, node] { start(node); });
}

void SimCluster::on_struck(std::uint32_t node) {
  marks_.reach("leveldb: power lost inside a write");
  // Not now: the store that noticed is still at work.
  events_.after(Duration(0), [this, node, boot = member(node).boot()] {
    if (member(node).boot() == boot) stop(node, SimMember::Power::Fails);
  });
  events_.after(kRestartAfterBreak, [this, node] { start(node); });
}

void SimCluster::on_store_lied(std::uint32_t node, const std::string& how) {
  note(node, "opened a store that" + how);
  if (monitors_ != nullptr) monitors_->on_store_lied(node, how);
}

void SimCluster::on_rolled_back(std::uint32_t node) {
  marks_.reach("boot: an old store was set aside");
  const std::uint64_t boot = member(node).boot();
  events_.after(Duration(0), [this, node, boot] {
    if (member(node).boot() != boot) return;
    stop(node, SimMember::Power::Stays);
    note(node, "sets its store aside");
    member(node).erase_disk();
    start(node);
  });
}

void SimCluster::on_client_request(std::uint32_t node, const ClientHandle& client,
                                   ClientRequest request) {
  trace_.fold(events_.now(), node, 512 + request.body.index());
  member(node).perform([client, request = std::move(request)](starling::Node& running) mutable {
    running.on_client_request(client, std::move(request));
  });
}

}  // namespace starling::sim

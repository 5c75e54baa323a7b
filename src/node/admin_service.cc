#include "node/admin_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/build_info.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "message/client_messages.h"
#include "message/peer_state.h"
#include "message/store_condition.h"
#include "node/member_standing.h"
#include "node/node_options.h"
#include "node/readiness.h"
#include "quorum/replica_view.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/preference_list.h"
#include "ring/ring.h"
#include "ring/row_demand.h"
#include "ring/staged_changes.h"

namespace starling {
namespace {

// In one answer, which is far more than people read; those about members that fail come first.
constexpr std::size_t kMessagesMax = 500;

std::string_view durability_name(DurabilityMode mode) {
  switch (mode) {
    case DurabilityMode::Sync:
      return "sync";
    case DurabilityMode::Interval:
      return "interval";
    case DurabilityMode::None:
      return "none";
  }
  return "sync";
}

std::string message_of(StoreCondition condition) {
  return condition == StoreCondition::Full
             ? "'s disk is full: it stores nothing and serves reads. Make space there; it goes on "
               "by "
               "itself"
             : "'s disk is nearly full: it takes no new values, but deletes and reads. Make space "
               "there; it goes on by itself";
}

std::uint64_t whole_seconds(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0));
}

std::vector<std::string> names_of(const Ring& ring, std::span<const NodeId> nodes) {
  std::vector<std::string> names;
  for (const NodeId node : nodes) names.push_back(ring.member(node)->name);
  return names;
}

void tell_changes(const Configuration& adopted, std::vector<std::string>& messages) {
  for (std::string& line : changes_under_way(adopted)) {
    if (messages.size() < kMessagesMax) messages.push_back(std::move(line));
  }
  if (adopted.staged.empty()) return;
  messages.push_back(std::to_string(adopted.staged.size()) +
                     " changes of the members are staged: see cluster plan, then cluster "
                     "commit or cluster abort");
}

}  // namespace

AdminService::AdminService(const Neighbours& neighbours, Instant started)
    // Digest jobs answer to operation ids of their own, which begin where no other process's did.
    : neighbours_(neighbours),
      started_(started),
      next_digest_(neighbours.identity.incarnation.value >> 1U) {}

MemberStanding AdminService::standing_of(NodeId member) const {
  const Instant now = neighbours_.clock.now();
  const MemberStage stage = member_stage_of(neighbours_.chain.adopted(), member);
  const bool counting = neighbours_.cluster.reachable(member);
  if (member == neighbours_.cluster.self()) {
    return {.lasting = now - started_, .counting = counting, .stage = stage};
  }
  return {.opinion = neighbours_.peers.state(member),
          .lasting = now - neighbours_.peers.state_since(member),
          .connected = neighbours_.peers.connected(member),
          .counting = counting,
          .stage = stage};
}

ClusterStatusReply AdminService::cluster_status() const {
  const Ring& ring = neighbours_.cluster.ring();
  const NodeId self = neighbours_.cluster.self();
  ClusterStatusReply reply{.cluster = neighbours_.config.cluster,
                           .epoch = ring.epoch(),
                           .partitions = ring.partitions(),
                           .replicas = ring.replicas(),
                           .replicas_configured = neighbours_.config.replicas};
  for (const RingMember& member : ring.members()) {
    const MemberStanding standing = standing_of(member.id);
    reply.members.push_back({.name = member.name,
                             .id = member.id,
                             .address = member.address,
                             .http = member.id == self ? neighbours_.options.http_address
                                                       : neighbours_.peers.http_address(member.id),
                             .zone = member.zone,
                             .state = std::string(word_of(standing)),
                             .state_seconds = whole_seconds(standing.lasting),
                             .partitions = ring.slots_of(member.id),
                             .hints_pending = 0});
    std::optional<std::string> complaint = complaint_about(member, standing);
    if (complaint.has_value()) reply.messages.push_back(std::move(*complaint));
    const StoreCondition condition = neighbours_.peers.condition(member.id);
    if (standing.opinion != PeerState::Down && condition != StoreCondition::Roomy) {
      reply.messages.push_back(member.name + message_of(condition));
    }
  }
  if (const Configuration* const adopted = neighbours_.chain.adopted())
    tell_changes(*adopted, reply.messages);
  const std::string apart = neighbours_.chain.explanation();
  if (!apart.empty()) reply.messages.push_back(neighbours_.options.name + ": " + apart);
  const Reach worst = least_reach();
  const std::uint32_t quorum = majority_of(worst.slots);
  const std::uint32_t reachable = worst.reachable;
  const std::uint32_t missing = worst.slots - reachable;
  reply.can_lose_availability = reachable > quorum ? reachable - quorum : 0;
  // A write acknowledged at a quorum has that many copies, and an absent owner may hold one of
  // them.
  reply.can_lose_durability = quorum - 1 > missing ? quorum - 1 - missing : 0;
  if (reachable < quorum) {
    reply.messages.push_back("some partitions have only " + std::to_string(reachable) + " of " +
                             std::to_string(worst.slots) +
                             " replicas: requests at quorum are refused there");
  }
  if (neighbours_.config.replicas > ring.replicas()) {
    reply.messages.push_back("replicas=" + std::to_string(neighbours_.config.replicas) +
                             " is configured, but there are only " +
                             std::to_string(ring.members().size()) + " members");
  }
  return reply;
}

ClusterRingReply AdminService::cluster_ring() const {
  const Ring& ring = neighbours_.cluster.ring();
  ClusterRingReply reply{.epoch = ring.epoch(), .partitions = {}};
  for (std::uint32_t p = 0; p < ring.partitions(); ++p) {
    const PartitionId partition{static_cast<std::uint16_t>(p)};
    reply.partitions.push_back(
        {.partition = partition, .owners = names_of(ring, ring.row(partition)), .fallbacks = {}});
  }
  return reply;
}

ClusterRingReply AdminService::preference_list(const KeyAddress& address) const {
  const Ring& ring = neighbours_.cluster.ring();
  const PreferenceList list = preference_list_of(ring, ring.token_of(address.bucket, address.key));
  return {.epoch = ring.epoch(),
          .partitions = {{.partition = list.partition,
                          .owners = names_of(ring, list.owners),
                          .fallbacks = names_of(ring, list.fallbacks)}}};
}

NodeInfoReply AdminService::node_info(Instant now, Duration cpu_used) const {
  const Ring& ring = neighbours_.cluster.ring();
  const NodeId self = neighbours_.cluster.self();
  // None once this node was removed.
  const RingMember* const own = ring.member(self);
  const Readiness ready = readiness();
  const std::chrono::milliseconds uptime =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  return {
      .name = neighbours_.options.name,
      .id = self,
      .cluster = neighbours_.config.cluster,
      .version = std::string(kVersion),
      .address = own == nullptr ? std::string() : own->address,
      .http = neighbours_.options.http_address,
      .data_dir = neighbours_.options.data_dir,
      .store_id = to_text(neighbours_.identity.store.value),
      .incarnation = to_text(neighbours_.identity.incarnation.value),
      .durability = std::string(durability_name(neighbours_.options.durability)),
      .boot_sequence = neighbours_.identity.boot_sequence,
      .ready = ready.ready,
      .not_ready_because = ready.because,
      .disk = ready.note.empty() ? "there is room" : ready.note,
      .uptime_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(uptime.count(), 0)),
      .cpu_us = static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(cpu_used).count()),
      .partitions = ring.slots_of(self),
      .damage = neighbours_.mender.counts(),
      .waits_to_join = neighbours_.options.waits_to_join && neighbours_.chain.adopted() == nullptr,
      .partitions_of_cluster = ring.partitions(),
      .secret = digest_of(neighbours_.config).secret};
}

Status AdminService::check_member() const {
  const Configuration* const adopted = neighbours_.chain.adopted();
  const bool is_member =
      adopted != nullptr && adopted->member(neighbours_.cluster.self()) != nullptr;
  if (is_member) return Status::success();
  return {StatusCode::Unavailable, neighbours_.chain.explanation()};
}

Readiness AdminService::readiness() const {
  if (!neighbours_.confirmation.counting()) {
    return {.ready = false,
            .because = neighbours_.confirmation.explanation(),
            .note = neighbours_.health.explanation()};
  }
  if (!neighbours_.chain.explanation().empty()) {
    return {.ready = false,
            .because = neighbours_.chain.explanation(),
            .note = neighbours_.health.explanation()};
  }
  const Reach worst = least_reach();
  const std::uint32_t quorum = majority_of(worst.slots);
  const std::uint32_t reachable = worst.reachable;
  if (reachable >= quorum) {
    return {.ready = true, .because = {}, .note = neighbours_.health.explanation()};
  }
  return {.ready = false,
          .because = "some partitions have only " + std::to_string(reachable) + " of the " +
                     std::to_string(quorum) +
                     " replicas that a quorum takes: other members are down or not confirmed",
          .note = neighbours_.health.explanation()};
}

AdminService::Reach AdminService::reach_of(PartitionId partition) const {
  const ClusterView& cluster = neighbours_.cluster;
  if (cluster.ring().is_settled(partition)) {
    const auto owners = cluster.ring().row(partition);
    const auto reachable = std::ranges::count_if(
        owners, [&cluster](NodeId owner) { return cluster.reachable(owner); });
    return {.slots = static_cast<std::uint32_t>(owners.size()),
            .reachable = static_cast<std::uint32_t>(reachable)};
  }
  const ReplicaView view = cluster.replicas_of(partition);
  const RowNumbers numbers = cluster.ring().numbers(partition);
  const auto is_reachable = [](const ReplicaView::Node& node) { return node.reachable; };
  const RowCount written = count_slots(view, is_reachable);
  const std::vector<ReplicaView::Node> readers = view.readers();
  const auto read = std::ranges::count_if(readers, is_reachable);
  // What is short first: the slots of a row may count differently for reads and for writes.
  return std::min({Reach{.slots = numbers.reads, .reachable = static_cast<std::uint32_t>(read)},
                   Reach{.slots = numbers.writes.inner, .reachable = written.inner},
                   Reach{.slots = numbers.writes.outer, .reachable = written.outer}},
                  is_shorter);
}

AdminService::Reach AdminService::least_reach() const {
  const Ring& ring = neighbours_.cluster.ring();
  Reach least = reach_of(PartitionId{});
  for (std::uint32_t p = 1; p < ring.partitions(); ++p) {
    least = std::min(least, reach_of(PartitionId{static_cast<std::uint16_t>(p)}), is_shorter);
  }
  return least;
}

// By how many slots more than a majority can be reached.
bool AdminService::is_shorter(const Reach& one, const Reach& other) {
  return one.reachable + majority_of(other.slots) < other.reachable + majority_of(one.slots);
}

}  // namespace starling

#pragma once

// AdminService: what an administrator asks of one node: the members as it sees them, the ring, the
// node itself, and the digests of the live content of all replicas.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/clock.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/answer_desk.h"
#include "node/chain_service.h"
#include "node/cluster_view.h"
#include "node/member_standing.h"
#include "node/mender.h"
#include "node/node_options.h"
#include "node/outbox.h"
#include "node/readiness.h"
#include "node/store_health.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"

namespace starling {

class AdminService {
 public:
  struct Neighbours {
    const Clock& clock;
    const NodeOptions& options;
    const ClusterConfig& config;
    const ClusterView& cluster;
    const PeerTable& peers;
    const StoreIdentity& identity;
    const BootConfirmation& confirmation;
    const ChainService& chain;
    const Mender& mender;
    const StoreHealth& health;
    Outbox& outbox;
    AnswerDesk& desk;
  };

  AdminService(const Neighbours& neighbours, Instant started);

  [[nodiscard]] ClusterStatusReply cluster_status() const;
  [[nodiscard]] ClusterRingReply cluster_ring() const;
  [[nodiscard]] ClusterRingReply preference_list(const KeyAddress& address) const;
  [[nodiscard]] NodeInfoReply node_info(Instant now, Duration cpu_used) const;
  // Unavailable, with the reason, until this node has adopted a configuration, and once it is no
  // member of the one that it adopted.
  [[nodiscard]] Status check_member() const;
  // Whether a quorum of every partition can be reached through this node.
  [[nodiscard]] Readiness readiness() const;

  // Asks every member for the digests of what it holds, a few partitions at a time.
  // Errors: Overloaded  kDigestsMax are under way.
  [[nodiscard]] Status begin_digest(const ClientHandle& client, Instant now, Instant deadline);
  void on_digest_reply(NodeId from, const DigestRangeReply& reply, Instant now);
  void on_peer_down(NodeId peer, Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::size_t running() const { return digests_.size(); }

 private:
  // One client's request: where each member is, and what has come.
  struct DigestJob {
    ClientHandle client;
    Instant deadline;
    std::map<NodeId, std::uint32_t> next_partition;  // of the members that still answer
    std::map<std::pair<PartitionId, NodeId>, Hash128> digests;
  };

  [[nodiscard]] MemberStanding standing_of(NodeId member) const;
  void ask_digest(std::uint64_t id, const DigestJob& job, NodeId member, Instant now);
  void drop_member(std::uint64_t id, NodeId member);
  void finish_digest(std::uint64_t id);
  // Slots of a partition that count, and of them those all whose nodes can be reached.
  struct Reach {
    std::uint32_t slots = 0;
    std::uint32_t reachable = 0;
  };
  [[nodiscard]] static bool is_shorter(const Reach& one, const Reach& other);
  [[nodiscard]] Reach reach_of(PartitionId partition) const;
  // Of the partition that can lose fewest.
  [[nodiscard]] Reach least_reach() const;

  Neighbours neighbours_;
  Instant started_;
  std::uint64_t next_digest_;
  std::map<std::uint64_t, DigestJob> digests_;
};

}  // namespace starling

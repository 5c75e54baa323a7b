#include "node/cluster_view.h"

#include <set>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "env/transport.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "node/current_ring.h"
#include "ring/cluster_config.h"
#include "support/present.h"

namespace starling {
namespace {

class CrowdedTransport final : public Transport {
 public:
  void send(std::span<const NodeId> /*to*/, const PeerMessage& /*message*/) override {}
  void reply(const ClientHandle& /*client*/, ClientReply /*reply*/) override {}
  [[nodiscard]] bool crowded(NodeId peer) const override { return crowded_peers.contains(peer); }

  std::set<NodeId> crowded_peers;
};

struct View {
  explicit View(std::size_t members)
      : ring{first_ring(config_of(members))},
        confirmation(BootAnnouncement{}, {}, StoreStanding::Founding),
        cluster(node_id_of("node0"), ring, peers, confirmation, transport) {}

  static ClusterConfig config_of(std::size_t members) {
    ClusterConfig config;
    config.partitions = 8;
    for (std::size_t i = 0; i < members; ++i) {
      const std::string name = "node" + std::to_string(i);
      config.founders.push_back(
          {.id = node_id_of(name), .name = name, .address = "host:" + std::to_string(7400 + i)});
    }
    return config;
  }
  void count(const std::string& name) {
    peers.on_up(node_id_of(name), "");
    peers.on_counting(node_id_of(name));
    peers.on_opinion(node_id_of(name), PeerState::Up, kNow);
  }

  PeerTable peers;
  CurrentRing ring;
  BootConfirmation confirmation;
  CrowdedTransport transport;
  ClusterView cluster;
};

TEST_CASE("ClusterView: opinion brings doubtful peers last, and leaves nobody out") {
  for (const PeerState state : {PeerState::Suspect, PeerState::Down}) {
    View view(3);
    view.count("node1");
    view.count("node2");
    const ReplicaView before = view.cluster.replicas_of(Token{1});
    CHECK(before.nodes[0].node == node_id_of("node0"));
    CHECK_FALSE(before.nodes[0].suspect);
    view.peers.on_opinion(before.nodes[1].node, state, kNow);
    const ReplicaView after = view.cluster.replicas_of(Token{1});
    REQUIRE(after.nodes.size() == 3);
    CHECK(after.nodes[2].node == before.nodes[1].node);
    CHECK(after.nodes[2].suspect);
    CHECK(after.nodes[2].reachable);
  }
}

TEST_CASE("ClusterView: of two stand-ins the doubtful one is asked last") {
  View view(5);
  for (const char* const name : {"node1", "node2", "node3", "node4"}) view.count(name);
  const auto stand_ins = [&] { return view.cluster.replicas_with_stand_ins(Token{1}).stand_ins; };
  const std::vector<NodeId> before = stand_ins();
  REQUIRE(before.size() == 2);
  view.peers.on_opinion(before[0], PeerState::Suspect, kNow);
  CHECK(stand_ins() == std::vector<NodeId>{before[1], before[0]});
}

TEST_CASE("ClusterView: a crowded peer is in reach, asked last, and says so") {
  View view(3);
  view.count("node1");
  view.count("node2");
  const ReplicaView before = view.cluster.replicas_of(Token{1});
  view.transport.crowded_peers.insert(before.nodes[1].node);
  const ReplicaView after = view.cluster.replicas_of(Token{1});
  CHECK(after.nodes[2].node == before.nodes[1].node);
  CHECK(after.nodes[2].reachable);
  CHECK(after.nodes[2].crowded);
  CHECK_FALSE(after.nodes[1].crowded);
}

TEST_CASE("ClusterView: an owner that is not connected, or does not count, is out of reach") {
  View view(3);
  view.peers.on_up(node_id_of("node1"), "");
  const ReplicaView replicas = view.cluster.replicas_of(PartitionId{0});
  CHECK(replicas.nodes.size() == 3);
  CHECK(replicas.nodes[0].reachable);
  CHECK_FALSE(replicas.nodes[1].reachable);
  CHECK_FALSE(replicas.nodes[2].reachable);
}

TEST_CASE("ClusterView: a put is forwarded to others only") {
  View view(3);
  const ReplicaView others = view.cluster.others_of(Token{1});
  CHECK(others.nodes.size() == 2);
  for (const ReplicaView::Node& slot : others.nodes) CHECK(slot.node != node_id_of("node0"));
}

TEST_CASE("ClusterView: it mints where it owns, and nowhere else") {
  View view(5);
  int minted = 0;
  for (std::uint16_t p = 0; p < 8; ++p) {
    const bool owns = view.ring->owns(node_id_of("node0"), PartitionId{p});
    CHECK(view.cluster.mints(PartitionId{p}) == owns);
    minted += owns ? 1 : 0;
  }
  CHECK(minted > 0);
  CHECK(minted < 8);
}

}  // namespace
}  // namespace starling

#include "node/chain_service.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "message/chain_messages.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/chain_memory.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/succession.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

Epoch epoch_of(TestCluster& cluster, std::size_t node) {
  return cluster.node(node).ring()->epoch();
}

// The next configuration: only a weight differs.
Configuration next_of(TestCluster& cluster, std::size_t node) {
  Configuration after = successor_of(*cluster.node(node).configuration());
  after.members[0].member.weight += 1;
  return after;
}

std::string because(TestCluster& cluster, std::size_t node) {
  return cluster.node(node).readiness().because;
}

TEST_CASE("ChainService: a cluster of one founds itself at its start, durably") {
  TestCluster cluster(1);
  REQUIRE(cluster.node(0).configuration() != nullptr);
  CHECK(epoch_of(cluster, 0) == Epoch{1});
  const Configuration first = *cluster.node(0).configuration();
  cluster.stop(0);
  cluster.start(0);
  CHECK(*cluster.node(0).configuration() == first);
}

TEST_CASE("ChainService: founders serve once all of them voted for the first configuration") {
  TestCluster cluster(3);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK(cluster.node(0).configuration() == nullptr);
  CHECK(cluster.ask<ErrorReply>(0, cluster.put_of("key", "value")).status.code() ==
        StatusCode::Unavailable);
  CHECK(cluster.ask<ClusterStatusReply>(0, ClientClusterStatus{}).epoch == Epoch{0});
  cluster.connect_all();
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(cluster.node(i).configuration() != nullptr);
    CHECK(*cluster.node(i).configuration() == *cluster.node(0).configuration());
    CHECK(cluster.node(i).configuration()->voters.size() == 3);
    CHECK(cluster.node(i).readiness().ready);
  }
  CHECK(cluster.ask<ClusterStatusReply>(0, ClientClusterStatus{}).epoch == Epoch{1});
}

TEST_CASE("ChainService: while a founder hears no letters, the others say what is missing") {
  TestCluster cluster(3);
  cluster.without_letters.insert(cluster.id(2));
  cluster.connect_all();
  CHECK(because(cluster, 0).find("all founders must vote") != std::string::npos);
  CHECK_FALSE(cluster.node(0).readiness().ready);
  cluster.without_letters.clear();
  // A founder tries again when a round is over.
  for (int i = 0; i < 6; ++i) {
    cluster.clock.advance(std::chrono::seconds(1));
    cluster.settle();
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK(cluster.node(i).readiness().ready);
}

TEST_CASE("ChainService: a majority of the voters decides the next epoch, and all adopt it") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(2);
  CHECK(cluster.node(0).propose(next_of(cluster, 0), {}).ok());
  cluster.settle();
  CHECK(epoch_of(cluster, 0) == Epoch{2});
  CHECK(epoch_of(cluster, 1) == Epoch{2});
  cluster.start(2);
  CHECK(epoch_of(cluster, 2) == Epoch{1});
  cluster.connect_all();
  CHECK(epoch_of(cluster, 2) == Epoch{2});
}

TEST_CASE("ChainService: without a majority nothing is decided, and requests go on") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.without_letters = {cluster.id(1), cluster.id(2)};
  CHECK(cluster.node(0).propose(next_of(cluster, 0), {}).ok());
  cluster.settle();
  CHECK(epoch_of(cluster, 0) == Epoch{1});
  CHECK(cluster.ask<PutReply>(0, cluster.put_of("key", "value")).siblings == 1);
  const Status second = cluster.node(0).propose(next_of(cluster, 0), {});
  CHECK(second.ok());  // the same again
  Configuration other = next_of(cluster, 0);
  other.members[1].member.weight += 5;
  CHECK(cluster.node(0).propose(other, {}).code() == StatusCode::Overloaded);
}

TEST_CASE("ChainService: an adopted configuration survives a crash, one on its way does not") {
  TestCluster cluster(3);
  cluster.connect_all();
  CHECK(cluster.node(0).propose(next_of(cluster, 0), {}).ok());
  cluster.settle();
  cluster.stop(1);
  cluster.start(1);
  CHECK(epoch_of(cluster, 1) == Epoch{2});
  Configuration third = next_of(cluster, 1);
  cluster.connect_all();
  const ChainLetter decided{ChainDecided{encode_configuration(third)}};
  cluster.node(1).on_peer_message(cluster.id(0), decided);
  CHECK(epoch_of(cluster, 1) == Epoch{2});
  cluster.stop(1);
  cluster.start(1);
  CHECK(epoch_of(cluster, 1) == Epoch{2});
  cluster.node(1).on_peer_message(cluster.id(0), decided);
  cluster.commit(1);
  CHECK(epoch_of(cluster, 1) == Epoch{3});
}

TEST_CASE("ChainService: a vote leaves only when it is durable") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.node(1).on_peer_message(
      cluster.id(0), ChainLetter{ChainPrepare{.epoch = Epoch{2},
                                              .ballot = {.counter = 1, .node = cluster.id(0)}}});
  CHECK(cluster.sent.empty());
  CHECK_FALSE(cluster.engine(1).queue.empty());
  cluster.commit(1);
  REQUIRE(cluster.sent.size() == 1);
  const auto& letter = std::get<ChainLetter>(cluster.sent.front().message);
  CHECK(std::holds_alternative<ChainPromise>(letter.message));
}

TEST_CASE("ChainService: a store that is not confirmed does not vote") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(1);
  cluster.start(1);
  cluster.sent.clear();  // the others look for it
  cluster.node(1).on_peer_message(
      cluster.id(0), ChainLetter{ChainPrepare{.epoch = Epoch{2},
                                              .ballot = {.counter = 1, .node = cluster.id(0)}}});
  cluster.commit(1);
  CHECK(cluster.sent.empty());
}

TEST_CASE("ChainService: what a full disk did not take is written again behind it") {
  TestCluster cluster(3);
  cluster.connect_all();
  const ChainLetter decided{ChainDecided{encode_configuration(next_of(cluster, 0))}};
  cluster.node(1).on_peer_message(cluster.id(0), decided);
  cluster.engine(1).crash();
  cluster.node(1).on_committed({}, Status(StatusCode::DiskFull, "no space"));
  cluster.node(1).on_store_reopened();
  cluster.settle();
  CHECK(epoch_of(cluster, 1) == Epoch{2});
  cluster.stop(1);
  cluster.start(1);
  CHECK(cluster.started().ok());
  CHECK(epoch_of(cluster, 1) == Epoch{2});
}

TEST_CASE("ChainService: a message of a later epoch lets a node ask for it, once") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.without_letters.insert(cluster.id(2));
  CHECK(cluster.node(0).propose(next_of(cluster, 0), {}).ok());
  cluster.settle();
  CHECK(epoch_of(cluster, 2) == Epoch{1});
  cluster.without_letters.clear();
  cluster.clock.advance(std::chrono::milliseconds(300));
  const ReplicaWriteReply late{.operation = {1}, .epoch = Epoch{2}};
  cluster.node(2).on_peer_message(cluster.id(0), late);
  cluster.node(2).on_peer_message(cluster.id(0), late);
  CHECK(cluster.sent.size() == 1);
  cluster.settle();
  CHECK(epoch_of(cluster, 2) == Epoch{2});
}

TEST_CASE("ChainService: a wiped member learns from the configuration that it is another store") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(1);
  cluster.wipe(1);
  cluster.start(1);
  cluster.connect_all();
  CHECK(epoch_of(cluster, 1) == Epoch{1});
  CHECK_FALSE(cluster.node(1).readiness().ready);
  const auto status = cluster.ask<ClusterStatusReply>(1, ClientClusterStatus{});
  bool said = false;
  for (const std::string& message : status.messages) {
    said = said || message.find("knows this member by another store") != std::string::npos;
  }
  CHECK(said);
}

TEST_CASE("ChainService: a wiped member is recognised by who never met it, from what all agreed") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(1);
  cluster.wipe(1);
  cluster.start(1);
  // Node 0 forgets what it remembered of node 1.
  cluster.stop(0);
  std::erase_if(cluster.engine(0).entries,
                [](const auto& entry) { return entry.first.find("peer/") != std::string::npos; });
  cluster.start(0);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK(because(cluster, 1).find("emptied or replaced") != std::string::npos);
}

TEST_CASE("ChainService: a member that was removed says so, and is not ready") {
  TestCluster cluster(4, PlantedBug::None, 1);
  cluster.connect_all();
  Configuration without = next_of(cluster, 0);
  const NodeId gone = cluster.id(3);
  // Whatever moved its rows: here they are given away at once, as a store would have it.
  std::erase_if(without.members, [&](const ConfigMember& m) { return m.member.id == gone; });
  std::erase_if(without.voters, [&](const Voter& voter) { return voter.node == gone; });
  for (SlotRow& row : without.rows) {
    for (Slot& slot : row) slot.holder = slot.holder == gone ? cluster.id(0) : slot.holder;
  }
  REQUIRE(without.check().ok());
  cluster.node(3).on_peer_message(cluster.id(0),
                                  ChainLetter{ChainDecided{encode_configuration(without)}});
  cluster.settle();
  CHECK(epoch_of(cluster, 3) == Epoch{2});
  CHECK(because(cluster, 3).find("no member of the cluster any more") != std::string::npos);
  CHECK(cluster.ask<NodeInfoReply>(3, ClientNodeInfo{}).address.empty());
}

TEST_CASE("ChainService: a configuration is adopted whatever states its slots are in") {
  TestCluster cluster(3);
  cluster.connect_all();
  Configuration vacant = next_of(cluster, 0);
  vacant.rows[0][0].state = SlotState::Vacant;
  vacant.rows[0][0].since = vacant.epoch;
  vacant.row_versions[0] = RowVersion{vacant.epoch.value};
  cluster.node(1).on_peer_message(cluster.id(0),
                                  ChainLetter{ChainDecided{encode_configuration(vacant)}});
  cluster.settle();
  for (std::size_t i = 0; i < 3; ++i) CHECK(epoch_of(cluster, i) == Epoch{2});
}

TEST_CASE("ChainService: a store whose configuration is lost or damaged does not start") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(1);
  cluster.engine(1).entries.erase(configuration_store_key());
  cluster.start(1);
  CHECK(cluster.started().code() == StatusCode::Corruption);
  CHECK(cluster.started().message().find("configuration") != std::string::npos);
}

}  // namespace
}  // namespace starling

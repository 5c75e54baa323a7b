#include "node/change_desk.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Ordered {
  explicit Ordered(std::size_t nodes = 4, std::uint32_t replicas = 3)
      : cluster(nodes, PlantedBug::None, replicas) {
    cluster.connect_all();
    pass(seconds(3));
  }
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += milliseconds(250)) {
      cluster.clock.advance(milliseconds(250));
      cluster.settle();
    }
  }
  ClusterChangeReply order(std::size_t node, const ChangeOrder& order) {
    return cluster.ask<ClusterChangeReply>(node, ClientClusterChange{.order = order});
  }
  ClusterChangeReply leave(const std::string& member, std::size_t node = 0) {
    return order(node, {.verb = ChangeVerb::Leave, .member = member});
  }
  ClusterChangeReply plan(std::size_t node = 0) { return order(node, {.member = {}}); }
  ClusterChangeReply commit(std::uint64_t number, std::size_t node = 0) {
    return order(node, {.verb = ChangeVerb::Commit, .member = {}, .plan = number});
  }
  Status refusal(std::size_t node, const ChangeOrder& order) {
    return cluster.ask<ErrorReply>(node, ClientClusterChange{.order = order}).status;
  }
  [[nodiscard]] const Configuration& configuration(std::size_t node) {
    return *cluster.node(node).configuration();
  }
  [[nodiscard]] bool owns_anything(std::size_t node, std::size_t seen_by) {
    return std::ranges::any_of(configuration(seen_by).rows, [&](const SlotRow& row) {
      return is_in_row(row, cluster.id(node));
    });
  }

  TestCluster cluster;
};

bool warns(const ClusterChangeReply& reply, const std::string& what) {
  return std::ranges::any_of(reply.warnings, [&](const std::string& warning) {
    return warning.find(what) != std::string::npos;
  });
}

TEST_CASE("ChangeDesk: what is staged at one node is seen at all, and moves nothing") {
  Ordered ordered;
  const ClusterChangeReply staged = ordered.leave("node3");
  CHECK(staged.changes == std::vector<std::string>{"leave node3"});
  CHECK(staged.moves == staged.moves_least);
  CHECK(staged.moves > 0);
  REQUIRE(staged.slots.size() == 4);
  CHECK(staged.slots[3].after == 0);
  for (std::size_t node = 0; node < 4; ++node) {
    CHECK(ordered.plan(node).plan == staged.plan);
    CHECK(ordered.configuration(node).aims.empty());
  }
}

TEST_CASE("ChangeDesk: who leaves gives all its slots away, and is no member any more") {
  Ordered ordered;
  for (const char* const key : {"a", "b", "c", "d", "e"}) {
    ordered.cluster.ask<PutReply>(0, ordered.cluster.put_of(key, "value"));
  }
  const ClusterChangeReply committed = ordered.commit(ordered.leave("node3").plan, 1);
  CHECK(committed.changes == std::vector<std::string>{"leave node3"});
  CHECK(ordered.plan().plan == 0);
  ordered.pass(seconds(60));
  CHECK_FALSE(ordered.owns_anything(3, 0));
  CHECK(ordered.configuration(0).members.size() == 3);
  CHECK(ordered.configuration(0).voters.size() == 3);
  CHECK(ordered.configuration(0).aims.empty());
  for (const char* const key : {"a", "b", "c", "d", "e"}) {
    CHECK(ordered.cluster.ask<GetReply>(1, TestCluster::get_of(key)).siblings.size() == 1);
  }
  // And knows that itself.
  const Status refused = ordered.cluster.ask<ErrorReply>(3, TestCluster::get_of("a")).status;
  CHECK(refused.code() == StatusCode::Unavailable);
  CHECK(refused.message().find("no member of the cluster any more") != std::string::npos);
  CHECK_FALSE(ordered.cluster.node(3).readiness().ready);
}

TEST_CASE("ChangeDesk: a member that died is removed, and the others fill its slots") {
  Ordered ordered;
  for (const char* const key : {"a", "b", "c", "d", "e"}) {
    ordered.cluster.ask<PutReply>(0, ordered.cluster.put_of(key, "value"));
  }
  ordered.cluster.stop(3);
  ordered.pass(seconds(30));  // until it is believed
  const ClusterChangeReply staged =
      ordered.order(0, {.verb = ChangeVerb::Remove, .member = "node3"});
  CHECK_FALSE(warns(staged, "is up"));
  ordered.commit(staged.plan);
  ordered.pass(seconds(60));
  CHECK_FALSE(ordered.owns_anything(3, 0));
  CHECK(ordered.configuration(1).members.size() == 3);
  for (const SlotRow& row : ordered.configuration(1).rows) CHECK(is_settled(row));
}

TEST_CASE("ChangeDesk: it is warned of members that are down, or up where they should not be") {
  Ordered ordered;
  CHECK(warns(ordered.order(0, {.verb = ChangeVerb::Remove, .member = "node3"}),
              "node3 is up: to remove it"));
  ordered.order(0, {.verb = ChangeVerb::Abort, .member = {}});
  ordered.cluster.stop(2);
  ordered.pass(seconds(30));  // until it is believed
  CHECK(warns(ordered.leave("node2"), "node2 is down: it can not give its slots away"));
}

TEST_CASE("ChangeDesk: no fewer members are left than each key has copies") {
  Ordered ordered(3);
  const Status few = ordered.refusal(0, {.verb = ChangeVerb::Leave, .member = "node2"});
  CHECK(few.code() == StatusCode::Usage);
  CHECK(few.message().find("only 2 members would be left") != std::string::npos);
}

TEST_CASE("ChangeDesk: an unknown name, the last member, and a second leave are refused") {
  Ordered ordered(2, 1);
  const Status unknown = ordered.refusal(0, {.verb = ChangeVerb::Leave, .member = "nobody"});
  CHECK(unknown.code() == StatusCode::Usage);
  CHECK(unknown.message().find("the members are node0, node1") != std::string::npos);
  ordered.leave("node0");
  const Status last = ordered.refusal(0, {.verb = ChangeVerb::Leave, .member = "node1"});
  CHECK(last.code() == StatusCode::Usage);
  CHECK(last.message().find("nobody would be left") != std::string::npos);
}

TEST_CASE("ChangeDesk: a stale plan is refused, whichever node is asked") {
  Ordered ordered(5);
  const std::uint64_t shown = ordered.leave("node3").plan;
  ordered.order(1, {.verb = ChangeVerb::Remove, .member = "node2"});
  const Status stale =
      ordered.refusal(0, {.verb = ChangeVerb::Commit, .member = {}, .plan = shown});
  CHECK(stale.code() == StatusCode::ConditionFailed);
  CHECK(ordered.commit(ordered.plan(2).plan, 2).changes.size() == 2);
  const Status again =
      ordered.refusal(0, {.verb = ChangeVerb::Commit, .member = {}, .plan = shown});
  CHECK(again.code() == StatusCode::ConditionFailed);
  CHECK(again.message().find("node3 is leaving") != std::string::npos);
}

TEST_CASE("ChangeDesk: what is staged is taken back; nothing staged is no success") {
  Ordered ordered;
  ordered.leave("node3");
  const ClusterChangeReply back = ordered.order(2, {.verb = ChangeVerb::Abort, .member = {}});
  CHECK(back.changes == std::vector<std::string>{"leave node3"});
  CHECK(ordered.plan().plan == 0);
  CHECK(ordered.refusal(0, {.verb = ChangeVerb::Abort, .member = {}}).code() ==
        StatusCode::ConditionFailed);
}

TEST_CASE("ChangeDesk: without a majority of the voters an order ends in doubt") {
  Ordered ordered;
  ordered.cluster.stop(1);
  ordered.cluster.stop(2);
  const std::uint64_t number = ordered.cluster.request(
      0, ClientClusterChange{.order = {.verb = ChangeVerb::Leave, .member = "node2"}}, seconds(2));
  const std::uint64_t second = ordered.cluster.request(
      0, ClientClusterChange{.order = {.verb = ChangeVerb::Leave, .member = "node1"}}, seconds(2));
  ordered.pass(seconds(3));
  REQUIRE(ordered.cluster.replies.contains(number));
  CHECK(std::get<ErrorReply>(ordered.cluster.replies.at(number)).status.code() ==
        StatusCode::InDoubt);
  // Behind it nothing was asked of anybody.
  CHECK(std::get<ErrorReply>(ordered.cluster.replies.at(second)).status.code() ==
        StatusCode::Unavailable);
}

TEST_CASE("ChangeDesk: so many orders may wait at one node") {
  Ordered ordered;
  ordered.cluster.stop(1);
  ordered.cluster.stop(2);
  const ClientClusterChange change{.order = {.verb = ChangeVerb::Leave, .member = "node2"}};
  for (std::size_t i = 0; i < ChangeDesk::kOrdersMax; ++i) ordered.cluster.request(0, change);
  CHECK(ordered.refusal(0, change.order).code() == StatusCode::Overloaded);
}

TEST_CASE("ChangeDesk: of two operators at once each gets what it asked for") {
  Ordered ordered(5);
  const std::uint64_t first = ordered.cluster.request(
      0, ClientClusterChange{.order = {.verb = ChangeVerb::Leave, .member = "node2"}});
  const std::uint64_t second = ordered.cluster.request(
      1, ClientClusterChange{.order = {.verb = ChangeVerb::Leave, .member = "node3"}});
  ordered.pass(seconds(4));
  CHECK(std::holds_alternative<ClusterChangeReply>(ordered.cluster.replies.at(first)));
  CHECK(std::holds_alternative<ClusterChangeReply>(ordered.cluster.replies.at(second)));
  CHECK(ordered.plan(3).changes.size() == 2);
}

// A fourth node, beside three that have some keys.
struct Joining : Ordered {
  Joining() : Ordered(3) {
    for (const char* const key : {"a", "b", "c", "d", "e"}) {
      cluster.ask<PutReply>(0, cluster.put_of(key, "value"));
    }
    spare = cluster.add_spare();
  }
  [[nodiscard]] Newcomer newcomer() {
    const NodeInfoReply info = cluster.ask<NodeInfoReply>(spare, ClientNodeInfo{});
    CHECK(info.waits_to_join);
    return {.name = info.name,
            .cluster = info.cluster,
            .address = info.address,
            .zone = {},
            .store = hash128_named(info.store_id).value_or(Hash128{}),
            .secret = info.secret,
            .partitions = info.partitions_of_cluster};
  }
  ClusterChangeReply join() {
    return order(0, {.verb = ChangeVerb::Join, .member = {}, .newcomer = newcomer()});
  }
  void meet() {
    for (std::size_t node = 0; node < 3; ++node) cluster.connect(node, spare);
    pass(seconds(60));
  }
  std::size_t spare = 0;
};

TEST_CASE("ChangeDesk: a node that waits serves nobody, and says for what it waits") {
  Joining joining;
  const Status refused =
      joining.cluster.ask<ErrorReply>(joining.spare, TestCluster::get_of("a")).status;
  CHECK(refused.code() == StatusCode::Unavailable);
  CHECK(refused.message().find("waits to be joined") != std::string::npos);
  CHECK(joining.cluster.node(joining.spare).configuration() == nullptr);
  CHECK(joining.cluster.node(joining.spare).hello().waits_to_join);
}

TEST_CASE("ChangeDesk: a node that is joined becomes a member, gets its share and serves") {
  Joining joining;
  const ClusterChangeReply staged = joining.join();
  CHECK(staged.changes == std::vector<std::string>{"join node3 (host:7403)"});
  CHECK(staged.moves == 6);
  joining.commit(staged.plan);
  joining.meet();
  const Configuration* const adopted = joining.cluster.node(joining.spare).configuration();
  REQUIRE(adopted != nullptr);
  CHECK(adopted->members.size() == 4);
  CHECK(adopted->aims.empty());
  CHECK(joining.owns_anything(3, 0));
  CHECK(joining.cluster.node(joining.spare).readiness().ready);
  CHECK_FALSE(joining.cluster.node(joining.spare).hello().waits_to_join);
  for (const char* const key : {"a", "b", "c", "d", "e"}) {
    CHECK(joining.cluster.ask<GetReply>(joining.spare, TestCluster::get_of(key)).siblings.size() ==
          1);
  }
}

TEST_CASE("ChangeDesk: a node that was joined is a member after its next start as well") {
  Joining joining;
  joining.commit(joining.join().plan);
  joining.meet();
  joining.cluster.stop(joining.spare);
  joining.cluster.start(joining.spare);
  CHECK(joining.cluster.started().ok());
  joining.meet();
  CHECK(joining.cluster.node(joining.spare).readiness().ready);
}

TEST_CASE("ChangeDesk: a node whose store was emptied behind the order to join it comes back") {
  Joining joining;
  joining.commit(joining.join().plan);
  joining.cluster.stop(joining.spare);
  joining.cluster.wipe(joining.spare);
  joining.cluster.start(joining.spare);
  joining.meet();
  REQUIRE(joining.cluster.node(joining.spare).configuration() != nullptr);
  CHECK(joining.cluster.node(joining.spare).readiness().ready);
  const NodeId spare = joining.cluster.id(joining.spare);
  const StoreId named = joining.cluster.node(0).configuration()->member(spare)->store;
  CHECK(named == joining.cluster.node(joining.spare).configuration()->member(spare)->store);
}

TEST_CASE("ChangeDesk: a member that counts while it does not know the new one tells it later") {
  Joining joining;
  joining.cluster.stop(2);
  joining.commit(joining.join().plan);
  joining.cluster.start(2);
  joining.cluster.without_letters.insert(joining.cluster.id(2));
  joining.cluster.connect(2, joining.spare);
  joining.cluster.connect(2, 0);
  joining.cluster.connect(2, 1);
  joining.pass(seconds(2));
  REQUIRE(joining.configuration(2).members.size() == 3);
  joining.cluster.without_letters.clear();
  joining.meet();
  CHECK(joining.configuration(2).members.size() == 4);
  CHECK(joining.cluster.node(joining.spare).report().cluster.messages.empty());
}

TEST_CASE("ChangeDesk: who left may come again under its name, with an empty store") {
  Joining joining;
  joining.commit(joining.join().plan);
  joining.meet();
  joining.commit(joining.order(0, {.verb = ChangeVerb::Leave, .member = "node3"}).plan);
  joining.meet();
  REQUIRE(joining.configuration(0).members.size() == 3);
  joining.cluster.stop(joining.spare);
  joining.cluster.wipe(joining.spare);
  joining.cluster.start(joining.spare);
  joining.commit(joining.join().plan);
  joining.meet();
  CHECK(joining.configuration(0).members.size() == 4);
  CHECK(joining.cluster.node(joining.spare).readiness().ready);
}

TEST_CASE("ChangeDesk: a node takes over from a member, slot by slot") {
  Joining joining;
  const ClusterChangeReply staged = joining.order(
      0, {.verb = ChangeVerb::Replace, .member = "node1", .newcomer = joining.newcomer()});
  CHECK(staged.moves == 8);
  joining.commit(staged.plan);
  joining.meet();
  CHECK(joining.configuration(0).members.size() == 3);
  CHECK_FALSE(joining.owns_anything(1, 0));
  CHECK(joining.cluster.node(joining.spare).readiness().ready);
}

TEST_CASE("ChangeDesk: a node of another cluster, a taken name or address, are refused") {
  Joining joining;
  const auto refused = [&](const Newcomer& newcomer) {
    const Status status =
        joining.refusal(0, {.verb = ChangeVerb::Join, .member = {}, .newcomer = newcomer});
    CHECK(status.code() == StatusCode::Usage);
    return status.message();
  };
  Newcomer newcomer = joining.newcomer();
  newcomer.name = "node1";
  CHECK(refused(newcomer).find("there is a member 'node1' already") != std::string::npos);
  newcomer = joining.newcomer();
  newcomer.address = "host:7401";
  CHECK(refused(newcomer).find("has the address") != std::string::npos);
  newcomer = joining.newcomer();
  newcomer.partitions = 16;
  CHECK(refused(newcomer).find("--partitions 16") != std::string::npos);
  newcomer = joining.newcomer();
  newcomer.cluster = "magpie";
  CHECK(refused(newcomer).find("--cluster magpie") != std::string::npos);
  newcomer = joining.newcomer();
  newcomer.secret.low ^= 1;
  CHECK(refused(newcomer).find("--cluster-secret-file") != std::string::npos);
}

}  // namespace
}  // namespace starling

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

}  // namespace
}  // namespace starling

#include "node/task_service.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// Three nodes; node2 has missed three writes.
struct Missed {
  Missed() : cluster(3) {
    cluster.connect_all();
    cluster.stop(2);
    for (const char* const key : {"a", "b", "c"}) {
      cluster.ask<PutReply>(0, cluster.put_of(key, "value"));
    }
  }
  TestCluster cluster;
};

std::uint32_t pending_of(const ClusterStatusReply& status, const std::string& name) {
  for (const MemberReply& member : status.members) {
    if (member.name == name) return member.hints_pending;
  }
  return 0;
}

TEST_CASE("TaskService: every node knows the hints that any node keeps, and who did not say") {
  Missed missed;
  for (const std::size_t node : {std::size_t{0}, std::size_t{1}}) {
    const auto tasks = missed.cluster.ask<ClusterTasksReply>(node, ClientClusterTasks{});
    REQUIRE(tasks.tasks.size() == 1);
    CHECK(tasks.tasks[0].id == "hints:node0:node2");
    CHECK(tasks.tasks[0].kind == "hints");
    CHECK(tasks.tasks[0].done == 0);
    CHECK(tasks.tasks[0].total == 3);
    CHECK(tasks.tasks[0].unit == "keys");
    CHECK(tasks.unanswered == std::vector<std::string>{"node2"});
    const auto status = missed.cluster.ask<ClusterStatusReply>(node, ClientClusterStatus{});
    CHECK(pending_of(status, "node2") == 3);
    CHECK(pending_of(status, "node1") == 0);
  }
}

TEST_CASE("TaskService: when the home is back nothing is left, and all have said so") {
  Missed missed;
  missed.cluster.start(2);
  missed.cluster.connect_all();
  const auto tasks = missed.cluster.ask<ClusterTasksReply>(1, ClientClusterTasks{});
  CHECK(tasks.tasks.empty());
  CHECK(tasks.unanswered.empty());
}

TEST_CASE("TaskService: a member that is silent is waited for a second, and then named") {
  Missed missed;
  missed.cluster.start(2);
  missed.cluster.connect_all();
  const std::uint64_t number = missed.cluster.request(0, ClientClusterStatus{});
  std::erase_if(missed.cluster.sent,
                [&](const TestCluster::Sent& sent) { return sent.to == missed.cluster.id(1); });
  missed.cluster.settle();
  CHECK_FALSE(missed.cluster.replies.contains(number));
  missed.cluster.clock.advance(std::chrono::seconds(1));
  missed.cluster.settle();
  const auto status = std::get<ClusterStatusReply>(missed.cluster.replies.at(number));
  REQUIRE(status.messages.size() == 1);
  CHECK(status.messages[0].find("node1 did not say") != std::string::npos);
}

TEST_CASE("TaskService: a member that goes down is not waited for") {
  Missed missed;
  missed.cluster.start(2);
  missed.cluster.connect_all();
  const std::uint64_t number = missed.cluster.request(0, ClientClusterTasks{});
  std::erase_if(missed.cluster.sent,
                [&](const TestCluster::Sent& sent) { return sent.to == missed.cluster.id(1); });
  missed.cluster.settle();
  missed.cluster.stop(1);
  missed.cluster.settle();
  const auto tasks = std::get<ClusterTasksReply>(missed.cluster.replies.at(number));
  CHECK(tasks.unanswered == std::vector<std::string>{"node1"});
}

TEST_CASE("TaskService: questions are bounded") {
  Missed missed;
  missed.cluster.start(2);
  missed.cluster.connect_all();
  for (int i = 0; i < 64; ++i) missed.cluster.request(0, ClientClusterTasks{});
  const std::uint64_t number = missed.cluster.request(0, ClientClusterTasks{});
  CHECK(std::get<ErrorReply>(missed.cluster.replies.at(number)).status.code() ==
        StatusCode::Overloaded);
}

}  // namespace
}  // namespace starling

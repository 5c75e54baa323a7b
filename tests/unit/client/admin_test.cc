#include "starling/admin.h"

#include <optional>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "support/scripted_server.h"

namespace starling {
namespace {

// One answer for each of the administrative requests.
struct Answers {
  std::optional<ClientReply> operator()(const ClientClusterStatus&) const {
    ClusterStatusReply reply;
    reply.cluster = "starling";
    return reply;
  }
  std::optional<ClientReply> operator()(const ClientClusterRing& ring) const {
    ClusterRingReply reply;
    reply.partitions.push_back({.partition = {1}, .owners = {"a"}, .fallbacks = {}});
    if (!ring.address.has_value()) reply.partitions.push_back(reply.partitions.front());
    return reply;
  }
  std::optional<ClientReply> operator()(const ClientClusterDigest&) const {
    return ClusterDigestReply{.partitions = {}, .agree = true};
  }
  std::optional<ClientReply> operator()(const ClientNodeInfo&) const {
    NodeInfoReply reply;
    reply.name = "node0";
    return reply;
  }
  template <typename Other>
  std::optional<ClientReply> operator()(const Other&) const {
    return std::nullopt;
  }
};

TEST_CASE("Client: each administrative call brings its own answer") {
  const ScriptedServer server(
      [](const ClientRequest& request) { return std::visit(Answers(), request.body); });
  Client client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints});
  CHECK(client.cluster_status()->cluster == "starling");
  CHECK(client.cluster_ring()->partitions.size() == 2);
  CHECK(client.cluster_ring_of("b", "k")->owners.front() == "a");
  CHECK(client.cluster_digest()->agree);
  CHECK(client.node_info()->name == "node0");
}

TEST_CASE("Client: administrative calls check their timeout before they are sent") {
  Client client;
  CHECK(client.node_info(std::chrono::minutes(2)).status().code() == StatusCode::Usage);
  CHECK(client.cluster_ring_of("a/b", "k").status().code() == StatusCode::Usage);
}

}  // namespace
}  // namespace starling

#include "message/hello.h"

#include <string>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "ring/cluster_config.h"

namespace starling {
namespace {

Hello peer_hello(const std::string& name, const ClusterConfig& config) {
  return {.role = HelloRole::Peer,
          .cluster = config.cluster,
          .name = name,
          .config = digest_of(config)};
}

ClusterConfig two_founders() {
  ClusterConfig config;
  config.founders = *parse_initial_cluster("node0=127.0.0.1:7400,node1=127.0.0.1:7401");
  return config;
}

TEST_CASE("check_hello: peers of one configuration accept each other") {
  const ClusterConfig config = two_founders();
  CHECK(check_hello(peer_hello("node0", config), peer_hello("node1", config)).ok());
}

TEST_CASE("check_hello: peers that differ are refused by the name of the flag") {
  const ClusterConfig config = two_founders();
  ClusterConfig other = config;
  other.partitions = 16;
  const std::string message =
      check_hello(peer_hello("node0", config), peer_hello("node1", other)).message();
  CHECK(message.find("--partitions") != std::string::npos);
  CHECK(message.find("node1") != std::string::npos);
}

TEST_CASE("check_hello: members of one cluster need not have founded it together") {
  Hello founder = peer_hello("node0", two_founders());
  ClusterConfig alone = two_founders();
  alone.founders.resize(1);
  Hello joined = peer_hello("node2", alone);
  founder.cluster_id = joined.cluster_id = Hash128{.high = 1, .low = 2};
  CHECK(check_hello(founder, joined).ok());
  joined.cluster_id.low = 3;
  CHECK(check_hello(founder, joined).message().find("two clusters of the same name") !=
        std::string::npos);
}

TEST_CASE("check_hello: who waits to be joined is met by members alone, of the same partitions") {
  Hello member = peer_hello("node0", two_founders());
  ClusterConfig alone = two_founders();
  alone.founders.resize(1);
  Hello waiting = peer_hello("node2", alone);
  waiting.waits_to_join = true;
  CHECK(check_hello(member, waiting).message().find("no members of a cluster yet") !=
        std::string::npos);
  member.cluster_id = Hash128{.high = 1, .low = 2};
  CHECK(check_hello(member, waiting).ok());
  CHECK(check_hello(waiting, member).ok());
  alone.partitions = 16;
  waiting.config = digest_of(alone);
  CHECK(check_hello(member, waiting).message().find("--partitions") != std::string::npos);
  alone = two_founders();
  alone.secret = "another";
  waiting.config = digest_of(alone);
  CHECK(check_hello(member, waiting).message().find("--cluster-secret-file") != std::string::npos);
}

TEST_CASE("check_hello: another protocol version is refused with both numbers") {
  const ClusterConfig config = two_founders();
  Hello newer = peer_hello("node1", config);
  newer.protocol = kProtocolVersion + 1;
  CHECK(check_hello(peer_hello("node0", config), newer)
            .message()
            .find("version " + std::to_string(kProtocolVersion + 1)) != std::string::npos);
}

TEST_CASE("check_hello: a client may leave the cluster open, but not name another") {
  const Hello server = peer_hello("node0", two_founders());
  CHECK(check_hello(server, Hello{}).ok());
  CHECK_FALSE(check_hello(server, Hello{.cluster = "elsewhere"}).ok());
}

TEST_CASE("check_hello: a refusal of the other side is passed on, with a code that can be true") {
  const auto refused_with = [](StatusCode code) {
    return check_hello(Hello{}, Hello{.refusal = "too busy", .refusal_code = code});
  };
  CHECK(refused_with(StatusCode::Failure).message().find("too busy") != std::string::npos);
  CHECK(refused_with(StatusCode::Failure).code() == StatusCode::Failure);
  CHECK(refused_with(StatusCode::Overloaded).code() == StatusCode::Overloaded);
  CHECK(refused_with(StatusCode::InDoubt).code() == StatusCode::Failure);
  CHECK(refused_with(StatusCode::Ok).code() == StatusCode::Failure);
}

}  // namespace
}  // namespace starling

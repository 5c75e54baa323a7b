#include "daemon/founding.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "daemon/settings.h"
#include "replica/founding_config.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"

namespace starling {
namespace {

RingMember founder(const std::string& name, const std::string& address) {
  return {.id = node_id_of(name), .name = name, .address = address, .zone = {}};
}

const RingMember kFirst = founder("node0", "h:1");
const RingMember kSecond = founder("node1", "h:2");

// Two founders, 64 partitions, 2 replicas.
FoundingConfig stored() {
  return {.partitions = 64, .replicas = 2, .founders = {kFirst, kSecond}};
}

// Nothing but a name and an address.
DaemonSettings bare_settings() {
  DaemonSettings settings;
  settings.name = "node1";
  settings.data_dir = "dir";
  settings.cluster.cluster = "c";
  settings.cluster.secret = "s";
  settings.cluster.founders = {kSecond};
  return settings;
}

void check_refused(const DaemonSettings& settings, const std::vector<std::string>& parts) {
  const Status status = recalled_cluster(settings, stored()).status();
  CHECK(status.code() == StatusCode::Usage);
  for (const std::string& part : parts) {
    CAPTURE(status.message());
    CAPTURE(part);
    CHECK(status.message().find(part) != std::string::npos);
  }
}

TEST_CASE("Founding: what nobody set is taken from the data directory") {
  const ClusterConfig cluster = recalled_cluster(bare_settings(), stored()).value();
  CHECK(founding_of(cluster) == stored());
  CHECK(cluster.cluster == "c");
  CHECK(cluster.secret == "s");
}

TEST_CASE("Founding: what was set and is the same is accepted, in any order") {
  DaemonSettings settings = bare_settings();
  settings.founding = {.partitions = "--partitions", .replicas = "--replicas", .founders = "-"};
  settings.cluster.partitions = 64;
  settings.cluster.replicas = 2;
  settings.cluster.founders = {kSecond, kFirst};
  CHECK(founding_of(recalled_cluster(settings, stored()).value()) == stored());
}

TEST_CASE("Founding: a number that was set and differs is named with its place") {
  DaemonSettings settings = bare_settings();
  settings.founding.partitions = "STARLING_PARTITIONS";
  settings.cluster.partitions = 128;
  check_refused(settings, {"STARLING_PARTITIONS: asks for 128", "'dir'", "founded with 64;"});
  settings = bare_settings();
  settings.founding.replicas = "--replicas";
  settings.cluster.replicas = 3;
  check_refused(settings, {"--replicas: asks for 3", "founded with 2;", "leave it out"});
}

TEST_CASE("Founding: a list that was set and differs is named with the one that is in force") {
  DaemonSettings settings = bare_settings();
  settings.founding.founders = "--initial-cluster";
  settings.cluster.founders[0].zone = "z";
  check_refused(settings, {"--initial-cluster: asks for node1=h:2@z,", "node0=h:1,node1=h:2;"});
}

TEST_CASE("Founding: an address where the others do not look is refused") {
  DaemonSettings settings = bare_settings();
  settings.cluster.founders[0].address = "h:3";
  check_refused(settings, {"--listen", "--advertise", "node1=h:3", "node1=h:2"});
}

TEST_CASE("Founding: who was joined, or waits to be, founds nothing at a later start") {
  FoundingConfig joined = stored();
  joined.founders.clear();
  DaemonSettings settings = bare_settings();
  const auto recalled = recalled_cluster(settings, joined);
  REQUIRE(recalled.ok());
  CHECK(recalled->partitions == 64);
  CHECK(recalled->founders == std::vector<RingMember>{kSecond});
  settings.founding.founders = "--initial-cluster";
  const Status refused = recalled_cluster(settings, joined).status();
  CHECK(refused.message().find("was founded with --initial-cluster none") != std::string::npos);
  settings.waits_to_join = true;
  CHECK(recalled_cluster(settings, joined).ok());
}

TEST_CASE("Founding: who was joined listens where the members reach it") {
  Configuration adopted;
  adopted.members = {{.member = kSecond, .store = {}}};
  DaemonSettings settings = bare_settings();
  CHECK(check_joined_address(settings, adopted).ok());
  settings.cluster.founders = {founder("node1", "h:3")};
  const Status refused = check_joined_address(settings, adopted);
  CHECK(refused.code() == StatusCode::Usage);
  CHECK(refused.message().find("node1=h:2") != std::string::npos);
  adopted.members.clear();
  CHECK(check_joined_address(settings, adopted).ok());
}

TEST_CASE("Founding: a founder does not wait to be joined") {
  DaemonSettings settings = bare_settings();
  settings.founding.founders = "--initial-cluster";
  settings.waits_to_join = true;
  check_refused(settings, {"--initial-cluster: asks for none,", "node0=h:1,node1=h:2;"});
}

TEST_CASE("Founding: a node that is no founder is refused") {
  DaemonSettings settings = bare_settings();
  settings.name = "node9";
  check_refused(settings, {"--name: 'node9'", "node0=h:1,node1=h:2"});
}

}  // namespace
}  // namespace starling

#include "ring/cluster_config.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

ClusterConfig three_founders() {
  ClusterConfig config;
  config.founders = *parse_initial_cluster("a=host1:7400@east,b=host2:7400@west,c=host3:7400");
  config.secret = "open sesame";
  return config;
}

bool mentions(const Status& status, const std::string& text) {
  return status.code() == StatusCode::Usage && status.message().find(text) != std::string::npos;
}

TEST_CASE("parse_initial_cluster: names, addresses and zones of each founder") {
  const std::vector<RingMember> founders = three_founders().founders;
  REQUIRE(founders.size() == 3);
  CHECK(founders[0] == RingMember{.id = node_id_of("a"),
                                  .name = "a",
                                  .address = "host1:7400",
                                  .zone = "east",
                                  .weight = 100});
  CHECK(founders[2].zone.empty());
}

TEST_CASE("parse_initial_cluster: IPv6 addresses stand in brackets") {
  const auto founders = parse_initial_cluster("a=[::1]:7400@z,b=[2001:db8::2]:7400");
  REQUIRE(founders.ok());
  CHECK(founders->front().address == "[::1]:7400");
  CHECK(founders->front().zone == "z");
  CHECK(founders->back().address == "[2001:db8::2]:7400");
}

TEST_CASE("parse_initial_cluster: what it can not mean is refused with the entry") {
  for (const std::string entry :
       {"", "b", "b=", "=h:1", "b=h", "b=:1", "b=h:", "b=h:0", "b=h:65536", "b=h:x", "b=h:1x",
        "b=::1:7400", "b=[::1]", "b=[]:1", "b=h:1@", "b=h:1@a b", "b c=h:1"}) {
    CAPTURE(entry);
    const auto parsed = parse_initial_cluster("a=host:1," + entry);
    REQUIRE_FALSE(parsed.ok());
    CHECK(mentions(parsed.status(), "--initial-cluster: the entry '" + entry + "'"));
    CHECK(mentions(parsed.status(), "write name=host:port"));
  }
}

TEST_CASE("ClusterConfig: the defaults with founders pass") {
  CHECK(three_founders().check().ok());
}

TEST_CASE("ClusterConfig: each field out of bounds is refused by its flag's name") {
  ClusterConfig config = three_founders();
  config.cluster = "two words";
  CHECK(mentions(config.check(), "--cluster: 'two words'"));
  config = three_founders();
  config.partitions = 1000;
  CHECK(mentions(config.check(), "--partitions: 1000 is not a power of two"));
  config = three_founders();
  config.replicas = 0;
  CHECK(mentions(config.check(), "--replicas: 0 is not from 1 to 15"));
  config.replicas = 16;
  CHECK(mentions(config.check(), "--replicas: 16"));
}

TEST_CASE("ClusterConfig: founders need names, addresses and no twins") {
  ClusterConfig config = three_founders();
  config.founders.clear();
  CHECK(mentions(config.check(), "--initial-cluster: names no founder"));
  config.founders = *parse_initial_cluster("a=host1:1,a=host2:1");
  CHECK(mentions(config.check(), "the name 'a'; give each its own"));
  config.founders = *parse_initial_cluster("a=host1:1,b=host1:1");
  CHECK(mentions(config.check(), "the address 'host1:1'; give each its own"));
  config.founders.front().address.clear();
  CHECK(mentions(config.check(), "'a' has no address"));
  config.founders.front().name.clear();
  CHECK(mentions(config.check(), "the name ''"));
}

TEST_CASE("ConfigDigest: equal configurations agree, whatever the founders' order") {
  ClusterConfig other = three_founders();
  std::ranges::reverse(other.founders);
  CHECK(digest_of(other) == digest_of(three_founders()));
  CHECK_FALSE(first_difference(digest_of(other), digest_of(three_founders())).has_value());
}

TEST_CASE("ConfigDigest: the first difference is named by its flag") {
  const ConfigDigest mine = digest_of(three_founders());
  ClusterConfig other = three_founders();
  other.founders.front().zone = "north";
  CHECK(first_difference(mine, digest_of(other)) == "initial-cluster");
  other = three_founders();
  other.partitions = 256;
  CHECK(first_difference(mine, digest_of(other)) == "partitions");
  other = three_founders();
  other.replicas = 2;
  CHECK(first_difference(mine, digest_of(other)) == "replicas");
  other = three_founders();
  other.cluster = "magpie";
  CHECK(first_difference(mine, digest_of(other)) == "cluster");
  other = three_founders();
  other.secret = "open barley";
  CHECK(first_difference(mine, digest_of(other)) == "cluster-secret-file");
}

TEST_CASE("ConfigDigest: who was started with other founders has the same digest of the secret") {
  ClusterConfig joining = three_founders();
  joining.founders.resize(1);
  joining.replicas = 2;
  CHECK(digest_of(joining).secret == digest_of(three_founders()).secret);
  joining.cluster = "magpie";
  CHECK(digest_of(joining).secret != digest_of(three_founders()).secret);
}

TEST_CASE("first_ring: every founder computes the same one") {
  ClusterConfig other = three_founders();
  std::ranges::reverse(other.founders);
  const std::shared_ptr<const Ring> mine = first_ring(three_founders());
  const std::shared_ptr<const Ring> theirs = first_ring(other);
  CHECK(mine->epoch() == Epoch{1});
  CHECK(mine->row_version(PartitionId{7}) == RowVersion{1});
  CHECK(mine->replicas() == 3);
  CHECK(mine->token_of("carts", "alice") == theirs->token_of("carts", "alice"));
  for (std::uint16_t p = 0; p < 1024; ++p) {
    CHECK(std::ranges::equal(mine->row(PartitionId{p}), theirs->row(PartitionId{p})));
  }
}

TEST_CASE("first_ring: fewer founders than replicas all own everything") {
  ClusterConfig config = three_founders();
  config.founders.pop_back();
  CHECK(first_ring(config)->replicas() == 2);
}

TEST_CASE("first_ring: another secret or name gives other tokens and another context key") {
  const ClusterConfig mine = three_founders();
  ClusterConfig other = mine;
  other.secret = "open barley";
  CHECK(first_ring(other)->token_of("b", "k") != first_ring(mine)->token_of("b", "k"));
  CHECK(context_key(other) != context_key(mine));
  other = mine;
  other.cluster = "magpie";
  CHECK(context_key(other) != context_key(mine));
}

}  // namespace
}  // namespace starling

#include "bench/member_watch.h"

#include <chrono>

#include <doctest/doctest.h>

#include "fake_cluster.h"

namespace starling::bench {
namespace {

constexpr std::chrono::seconds kTimeout{10};

TEST_CASE("MemberWatch: it finds the members, and tells what they have used since") {
  const FakeCluster cluster;
  auto watch = MemberWatch::find({cluster.endpoint()}, kTimeout);
  REQUIRE(watch.ok());
  CHECK(watch->addresses() == std::vector{cluster.endpoint()});
  CHECK(watch->every_member_owns_all());
  CHECK(watch->cpu_used() == 1000);
  CHECK(watch->cpu_used() == 2000);
}

TEST_CASE("MemberWatch: of a member that was restarted nothing is known") {
  FakeCluster cluster;
  auto watch = MemberWatch::find({cluster.endpoint()}, kTimeout);
  REQUIRE(watch.ok());
  cluster.incarnation = 2;
  CHECK_FALSE(watch->cpu_used().has_value());
}

TEST_CASE("MemberWatch: without a cluster there is nothing to watch") {
  const auto watch = MemberWatch::find({"127.0.0.1:1"}, kTimeout);
  CHECK(watch.status().code() == StatusCode::Unreachable);
}

}  // namespace
}  // namespace starling::bench

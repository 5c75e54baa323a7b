#include "client/endpoint_pool.h"

#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

constexpr Instant kStart{std::chrono::seconds(100)};

Endpoint endpoint(int port) {
  return {.host = "127.0.0.1", .port = std::to_string(port)};
}

EndpointPool pool_of(int nodes) {
  EndpointPool pool(Random(1));
  for (int node = 1; node <= nodes; ++node) pool.add_seed(endpoint(node));
  return pool;
}

TEST_CASE("EndpointPool: a node that is lost rests, ever longer, up to two seconds") {
  EndpointPool pool = pool_of(1);
  Instant now = kStart;
  Duration last{};
  for (int failure = 0; failure < 12; ++failure) {
    pool.connecting(0, ConnectionId{1}, now);
    pool.closed(0, Status(StatusCode::Unreachable, "why"), true, now);
    CHECK(pool.is_resting(0, now));
    last = pool[0].rest_until - now;
    now = pool[0].rest_until;
    CHECK_FALSE(pool.is_resting(0, now));
  }
  CHECK(last >= std::chrono::seconds(1));
  CHECK(last <= std::chrono::seconds(2));
}

TEST_CASE("EndpointPool: many refusals at once are one failure") {
  EndpointPool pool = pool_of(1);
  pool.turned_away(0, kStart);
  const Instant until = pool[0].rest_until;
  for (int refusal = 0; refusal < 100; ++refusal) pool.turned_away(0, kStart);
  CHECK(pool[0].rest_until == until);
  CHECK(until - kStart <= EndpointPool::kRestFirst);
}

TEST_CASE("EndpointPool: a good answer ends the rest and forgets the failures") {
  EndpointPool pool = pool_of(1);
  pool.turned_away(0, kStart);
  pool.answered_well(0);
  CHECK_FALSE(pool.is_resting(0, kStart));
  CHECK(pool[0].failures == 0);
}

TEST_CASE("EndpointPool: a connection that ends idle costs no rest") {
  EndpointPool pool = pool_of(1);
  pool.connecting(0, ConnectionId{1}, kStart);
  pool.opened(0);
  CHECK(pool.find(ConnectionId{1}) == 0);
  pool.closed(0, Status(StatusCode::Unreachable, "closed"), false, kStart);
  CHECK_FALSE(pool.is_resting(0, kStart));
  CHECK_FALSE(pool.find(ConnectionId{1}).has_value());
}

TEST_CASE("EndpointPool: patience with a connection ends before its time does") {
  EndpointPool pool = pool_of(1);
  CHECK_FALSE(pool.next_look().has_value());
  pool.connecting(0, ConnectionId{1}, kStart);
  CHECK(pool.is_hopeful(0, kStart));
  CHECK(pool.next_look() == kStart + EndpointPool::kPatience);
  CHECK_FALSE(pool.take_impatience(kStart));
  const Instant later = kStart + EndpointPool::kPatience;
  CHECK_FALSE(pool.is_hopeful(0, later));
  CHECK(pool.take_impatience(later));
  CHECK_FALSE(pool.take_impatience(later));
  CHECK(pool.next_look() == kStart + EndpointPool::kConnectTime);
}

TEST_CASE("EndpointPool: a member at a known address is that node") {
  EndpointPool pool = pool_of(2);
  pool.add_member(endpoint(2), NodeId{22});
  pool.add_member(endpoint(3), NodeId{33});
  CHECK(pool.size() == 3);
  CHECK(pool[1].member == NodeId{22});
  CHECK(pool[2].member == NodeId{33});
  pool.forget_members();
  CHECK(pool[1].member == NodeId{});
}

TEST_CASE("EndpointPool: when it is full a former member makes room, a seed does not") {
  EndpointPool pool = pool_of(EndpointPool::kNodesMax - 1);
  pool.add_member(endpoint(1001), NodeId{1});
  pool.add_member(endpoint(1002), NodeId{2});
  CHECK(pool[EndpointPool::kNodesMax - 1].member == NodeId{1});
  pool.forget_members();
  pool.add_member(endpoint(1002), NodeId{2});
  CHECK(pool.size() == EndpointPool::kNodesMax);
  CHECK(pool[EndpointPool::kNodesMax - 1].address == endpoint(1002));
  CHECK(pool[0].is_seed);
}

}  // namespace
}  // namespace starling

#include "replica/replay_memory.h"

#include <chrono>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "replica/replica_store.h"
#include "store_fixture.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

PutCommand request(std::uint64_t number, std::string value) {
  PutCommand put = put_of(std::move(value));
  put.address = {.bucket = "b", .key = "k"};
  put.request = {.client = Hash128{.high = 1, .low = 2}, .counter = number};
  put.modified = WallTime{1000};
  return put;
}

struct ReplayFixture : StoreFixture {
  ReplicaStore::MintOutcome mint_and_remember(Instant now, PutCommand put) {
    const ReplayMemory::Fingerprint fingerprint = ReplayMemory::fingerprint_of(put);
    const RequestId id = put.request;
    const TestKey key("k");
    auto outcome = store.mint(key.at(), std::move(put));
    REQUIRE(outcome.ok());
    memory.remember(now, id, fingerprint, *outcome);
    return *outcome;
  }

  ReplayMemory memory{{.age_max = std::chrono::seconds(10), .entries_max = 3}};
};

TEST_CASE("ReplayMemory: a replay gets the dot and the delta that it had") {
  ReplayFixture fixture;
  const auto minted = fixture.mint_and_remember(Instant{}, request(1, "v"));
  PutCommand replay = request(1, "v");
  replay.modified = WallTime{2000};  // the second coordinator's clock
  const auto found = fixture.memory.find(replay);
  REQUIRE(found.ok());
  REQUIRE(found->has_value());
  CHECK((*found)->minted.dot == minted.minted.dot);
  CHECK((*found)->minted.delta == minted.minted.delta);
  CHECK((*found)->ticket == minted.ticket);
  CHECK((*found)->live_siblings == minted.live_siblings);
}

TEST_CASE("ReplayMemory: an unknown request is no replay") {
  ReplayFixture fixture;
  (void)fixture.mint_and_remember(Instant{}, request(1, "v"));
  const auto found = fixture.memory.find(request(2, "v"));
  REQUIRE(found.ok());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("ReplayMemory: an id used for another write is an error") {
  ReplayFixture fixture;
  (void)fixture.mint_and_remember(Instant{}, request(1, "v"));
  CHECK(fixture.memory.find(request(1, "w")).status().code() == StatusCode::Usage);
  PutCommand other_key = request(1, "v");
  other_key.address.key = "other";
  CHECK(fixture.memory.find(other_key).status().code() == StatusCode::Usage);
  PutCommand other_context = request(1, "v");
  other_context.context.add({.actor = {.incarnation = Incarnation{3}, .lineage = 1}, .counter = 1});
  CHECK(fixture.memory.find(other_context).status().code() == StatusCode::Usage);
  PutCommand other_kind = request(1, "v");
  other_kind.kind = SiblingKind::Tombstone;
  CHECK(fixture.memory.find(other_kind).status().code() == StatusCode::Usage);
}

TEST_CASE("ReplayMemory: it forgets after its time, not before") {
  ReplayFixture fixture;
  (void)fixture.mint_and_remember(Instant{}, request(1, "v"));
  fixture.memory.expire(Instant{std::chrono::seconds(10)});
  CHECK(fixture.memory.size() == 1);
  fixture.memory.expire(Instant{std::chrono::seconds(11)});
  CHECK(fixture.memory.size() == 0);
  CHECK(fixture.memory.early_evictions() == 0);
}

TEST_CASE("ReplayMemory: beyond its bound the oldest goes") {
  ReplayFixture fixture;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    (void)fixture.mint_and_remember(Instant{}, request(i, "v"));
  }
  CHECK(fixture.memory.size() == 3);
  CHECK_FALSE(fixture.memory.find(request(1, "v"))->has_value());
  CHECK(fixture.memory.find(request(2, "v"))->has_value());
  CHECK(fixture.memory.early_evictions() == 1);
}

TEST_CASE("ReplayMemory: a request without an id is never remembered") {
  ReplayFixture fixture;
  PutCommand anonymous = request(0, "v");
  anonymous.request = RequestId{};
  (void)fixture.mint_and_remember(Instant{}, anonymous);
  CHECK(fixture.memory.size() == 0);
}

}  // namespace
}  // namespace starling

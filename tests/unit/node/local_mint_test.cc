#include "node/local_mint.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "support/memory_engine.h"
#include "version/minter.h"

namespace starling {
namespace {

constexpr Instant kNow{std::chrono::hours(1)};

struct Mint {
  explicit Mint(const ReplicaStoreOptions& options = {})
      : store(engine, log, Minter(Incarnation{1}), Random(1), options),
        mint(store, PlantedBug::None) {}

  PutCommand put(const std::string& value, std::uint64_t request) const {
    return {.address = address,
            .value = value,
            .request = {.client = {.high = 1, .low = 1}, .counter = request}};
  }
  RecordAddress record() const {
    return {.partition = PartitionId{1}, .token = Token{5}, .address = address};
  }

  KeyAddress address{.bucket = "bucket", .key = "key"};
  MemoryEngine engine;
  NullLog log;
  ReplicaStore store;
  LocalMint mint;
};

TEST_CASE("LocalMint: a replay gets the dot of the first copy") {
  Mint local;
  const auto first = local.mint.mint(local.record(), local.put("value", 1), kNow);
  const auto again = local.mint.mint(local.record(), local.put("value", 1), kNow);
  CHECK(first->minted.dot == again->minted.dot);
  CHECK(first->minted.delta == again->minted.delta);
  CHECK(local.store.read(local.record())->versions->siblings().size() == 1);
}

TEST_CASE("LocalMint: a replay that asks for a synced copy waits for a sync of its own") {
  Mint local({.ordinary_demand = CommitDemand::Written});
  const auto first = local.mint.mint(local.record(), local.put("value", 1), kNow);
  local.store.on_committed(local.engine.complete_all());
  PutCommand again = local.put("value", 1);
  again.levels.dw = Level::one();
  const auto synced = local.mint.mint(local.record(), again, kNow);
  CHECK(synced->minted.dot == first->minted.dot);
  CHECK(synced->ticket > first->ticket);
  CHECK(local.engine.queue.back().demand == CommitDemand::Synced);
}

TEST_CASE("LocalMint: another request with the same value is another write") {
  Mint local;
  const auto first = local.mint.mint(local.record(), local.put("value", 1), kNow);
  const auto second = local.mint.mint(local.record(), local.put("value", 2), kNow);
  CHECK(first->minted.dot != second->minted.dot);
  CHECK(second->siblings == 2);
}

TEST_CASE("LocalMint: a request id that comes with another value is a usage error") {
  Mint local;
  CHECK(local.mint.mint(local.record(), local.put("value", 1), kNow).ok());
  CHECK(local.mint.mint(local.record(), local.put("other", 1), kNow).status().code() ==
        StatusCode::Usage);
}

}  // namespace
}  // namespace starling

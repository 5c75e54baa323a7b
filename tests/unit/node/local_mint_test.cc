#include "node/local_mint.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/checksum.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "support/memory_engine.h"
#include "support/present.h"
#include "version/minter.h"

namespace starling {
namespace {

class CountingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view /*text*/) override {
    if (level == LogLevel::Warning) ++warnings;
  }
  int warnings = 0;
};

struct Mint {
  explicit Mint(const ReplicaStoreOptions& options = {})
      : store(engine, log, Minter(Incarnation{1}), Random(1), options),
        mint(store, log, PlantedBug::None, {.entries_max = 3}) {}

  PutCommand put(const std::string& value, std::uint64_t request) const {
    return {.address = address,
            .value = value,
            .request = {.client = {.high = 1, .low = 1}, .counter = request},
            .checksum = checksum_of(address.key, "", value)};
  }
  RecordAddress record() const {
    return {.partition = PartitionId{1}, .token = Token{5}, .address = address};
  }

  KeyAddress address{.bucket = "bucket", .key = "key"};
  MemoryEngine engine;
  CountingLog log;
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

TEST_CASE("LocalMint: a value that was damaged on its way is not minted") {
  Mint local;
  PutCommand put = local.put("value", 1);
  put.value = "walue";
  CHECK(local.mint.mint(local.record(), put, kNow).status().code() == StatusCode::Failure);
  put = local.put("value", 1);
  put.address.key = "kex";
  CHECK(local.mint.mint(local.record(), put, kNow).status().code() == StatusCode::Failure);
  CHECK(local.store.read(local.record())->versions->empty());
}

TEST_CASE("LocalMint: puts that are forgotten too early are told once a minute") {
  Mint local;
  std::uint64_t request = 0;
  const auto mint_three = [&](Instant now) {
    for (int i = 0; i < 3; ++i) {
      CHECK(local.mint.mint(local.record(), local.put("value", ++request), now).ok());
    }
    return local.log.warnings;
  };
  CHECK(mint_three(kNow) == 0);
  CHECK(mint_three(kNow) == 1);
  CHECK(mint_three(kNow + std::chrono::seconds(59)) == 1);
  CHECK(mint_three(kNow + std::chrono::seconds(60)) == 2);
}

TEST_CASE("LocalMint: a replay whose first commit was lost is committed again, with the same dot") {
  Mint local;
  const auto first = local.mint.mint(local.record(), local.put("value", 1), kNow);
  local.engine.crash();
  local.store.forget_uncommitted();
  const auto again = local.mint.mint(local.record(), local.put("value", 1), kNow);
  REQUIRE(again.ok());
  CHECK(again->minted.dot == first->minted.dot);
  CHECK(again->ticket > first->ticket);
  CHECK(local.store.read(local.record())->versions->siblings().size() == 1);
}

TEST_CASE("LocalMint: a replay that can not be kept is in doubt, not refused as if it were new") {
  Mint local;
  REQUIRE(local.mint.mint(local.record(), local.put("value", 1), kNow).ok());
  local.engine.crash();
  local.store.forget_uncommitted();
  local.store.set_condition(StoreCondition::Full);
  CHECK(local.mint.mint(local.record(), local.put("value", 1), kNow).status().in_doubt());
  CHECK(local.mint.mint(local.record(), local.put("other", 2), kNow).status().code() ==
        StatusCode::DiskFull);
}

}  // namespace
}  // namespace starling

#include "replica/store_identity.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "message/peer_messages.h"
#include "replica/founding_config.h"
#include "replica/key_layout.h"
#include "support/memory_engine.h"

namespace starling {
namespace {

const StoreExpectations kOurs{.cluster = "c", .member = "node0"};
const BootAnnouncement kAnnounced{
    .store = StoreId{{.high = 1, .low = 2}}, .boot_sequence = 3, .incarnation = Incarnation{4}};

const StorageWrite kConfiguration{.key = meta_store_key("configuration"), .value = "some bytes"};

FoundingConfig founding(std::uint32_t partitions = 64) {
  return {
      .partitions = partitions,
      .replicas = 3,
      .founders = {{.id = node_id_of("node0"), .name = "node0", .address = "host:1", .zone = {}}}};
}

Result<StoreIdentity> open(MemoryEngine& engine, const StoreExpectations& expectations = kOurs,
                           Incarnation incarnation = Incarnation{77}) {
  Random random(1);
  return open_identity(engine, expectations, founding(), incarnation, random);
}

TEST_CASE("StoreIdentity: an empty store gets an id, and starts are counted") {
  MemoryEngine engine;
  const auto first = open(engine);
  REQUIRE(first.ok());
  CHECK(first->boot_sequence == 1);
  CHECK(first->store != StoreId{});
  CHECK_FALSE(first->confirmed);
  const auto second = open(engine);
  REQUIRE(second.ok());
  CHECK(second->boot_sequence == 2);
  CHECK(second->store == first->store);
  CHECK(engine.queue.empty());  // it was not queued, but written before it returned
}

TEST_CASE("StoreIdentity: the bytes are these and no others") {
  MemoryEngine engine;
  auto identity = open(engine);
  REQUIRE(identity.ok());
  identity->store = StoreId{{.high = 0x11, .low = 0x22}};
  (void)engine.commit(writes_of_adoption(*identity, Epoch{9}, kConfiguration),
                      CommitDemand::Synced);
  (void)remember_peer(engine, *identity, NodeId{0xAB}, kAnnounced);
  engine.complete_all();
  const auto payload = [&engine](const std::string& name) {
    const std::string bytes = engine.entries.at(meta_store_key(name));
    const std::string sealed = bytes.substr(0, bytes.size() - 8);
    CHECK(hash64(sealed, hash64(meta_store_key(name))) ==
          ByteReader(std::string_view(bytes).substr(sealed.size())).u64());
    return to_hex(sealed);
  };
  CHECK(payload("identity") ==
        "01"
        "0163"
        "056e6f646530"
        "1100000000000000"
        "2200000000000000"
        "0100000000000000"
        "00"
        "0900000000000000");
  CHECK(payload("peer/00000000000000ab") ==
        "01"
        "0100000000000000"
        "0200000000000000"
        "0300000000000000"
        "0400000000000000");
  CHECK(payload("starts") ==
        "01"
        "0100000000000000"
        "01"
        "4d00000000000000");
}

TEST_CASE("StoreIdentity: the starts before this one are remembered, newest first") {
  MemoryEngine engine;
  for (std::uint64_t start = 1; start <= 3; ++start) {
    REQUIRE(open(engine, kOurs, Incarnation{start * 10}).ok());
  }
  const auto fourth = open(engine, kOurs, Incarnation{40});
  CHECK(fourth->incarnation == Incarnation{40});
  CHECK(fourth->earlier ==
        std::vector<Incarnation>{Incarnation{30}, Incarnation{20}, Incarnation{10}});
}

TEST_CASE("StoreIdentity: no more starts are remembered than an announcement may carry") {
  MemoryEngine engine;
  for (std::size_t start = 0; start < kEarlierStartsMax + 2; ++start) {
    REQUIRE(open(engine, kOurs, Incarnation{start}).ok());
  }
  const auto opened = open(engine, kOurs, Incarnation{5});
  REQUIRE(opened->earlier.size() == kEarlierStartsMax);
  CHECK(opened->earlier.front() == Incarnation{kEarlierStartsMax + 1});
}

TEST_CASE("StoreIdentity: starts that an older program did not note are not guessed") {
  MemoryEngine engine;
  REQUIRE(open(engine).ok());
  const std::string old_starts = engine.entries.at(meta_store_key("starts"));
  REQUIRE(open(engine).ok());
  engine.entries[meta_store_key("starts")] = old_starts;  // as if it knew nothing of the second
  CHECK(open(engine)->earlier.empty());
  engine.entries.erase(meta_store_key("starts"));
  CHECK(open(engine)->earlier.empty());
}

TEST_CASE("StoreIdentity: confirmation, epoch and peers are remembered") {
  MemoryEngine engine;
  auto identity = open(engine);
  REQUIRE(identity.ok());
  CHECK(remember_confirmed(engine, *identity) == CommitTicket{1});
  CHECK(engine.commit(writes_of_adoption(*identity, Epoch{7}, kConfiguration),
                      CommitDemand::Synced) == CommitTicket{2});
  CHECK(remember_peer(engine, *identity, NodeId{5}, kAnnounced) == CommitTicket{3});
  for (const MemoryEngine::Queued& queued : engine.queue) {
    CHECK(queued.demand == CommitDemand::Synced);
  }
  engine.complete_all();
  auto reopened = open(engine);
  REQUIRE(reopened.ok());
  ++identity->boot_sequence;
  identity->earlier.push_back(identity->incarnation);
  CHECK(*reopened == *identity);
  CHECK(reopened->peers.at(NodeId{5}) == kAnnounced);
}

TEST_CASE("StoreIdentity: a directory of another cluster or member is refused untouched") {
  MemoryEngine engine;
  REQUIRE(open(engine).ok());
  const auto before = engine.entries;
  const auto cluster = open(engine, {.cluster = "other", .member = "node0"});
  CHECK(cluster.status().code() == StatusCode::Usage);
  CHECK(cluster.status().message().find("cluster 'c'") != std::string::npos);
  const auto member = open(engine, {.cluster = "c", .member = "node1"});
  CHECK(member.status().code() == StatusCode::Usage);
  CHECK(member.status().message().find("member 'node0'") != std::string::npos);
  CHECK(engine.entries == before);
}

TEST_CASE("StoreIdentity: what the store was founded with is kept, and another one is refused") {
  MemoryEngine engine;
  CHECK(read_founding(engine, kOurs).value() == std::nullopt);
  REQUIRE(open(engine).ok());
  CHECK(read_founding(engine, kOurs).value() == founding());
  const auto before = engine.entries;
  Random random(1);
  const auto other = open_identity(engine, kOurs, founding(128), Incarnation{1}, random);
  CHECK(other.status().code() == StatusCode::Usage);
  CHECK(other.status().message().find("--partitions") != std::string::npos);
  CHECK(engine.entries == before);
  const StoreExpectations theirs{.cluster = "c", .member = "node1"};
  CHECK(read_founding(engine, theirs).status().code() == StatusCode::Usage);
}

TEST_CASE("StoreIdentity: a store that is older than its founding record gets one") {
  MemoryEngine engine;
  REQUIRE(open(engine).ok());
  engine.entries.erase(founding_store_key());
  CHECK(read_founding(engine, kOurs).value() == std::nullopt);
  CHECK(open(engine).value().boot_sequence == 2);
  CHECK(read_founding(engine, kOurs).value() == founding());
}

TEST_CASE("StoreIdentity: every flipped bit is corruption") {
  MemoryEngine engine;
  auto identity = open(engine);
  REQUIRE(identity.ok());
  (void)remember_peer(engine, *identity, NodeId{5}, kAnnounced);
  engine.complete_all();
  const auto good = engine.entries;
  for (const auto& [key, bytes] : good) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      CAPTURE(bit);
      engine.entries = good;
      char& byte = engine.entries[key][bit / 8];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
      CHECK(open(engine).status().code() == StatusCode::Corruption);
    }
  }
}

TEST_CASE("StoreIdentity: a newer format is refused by its number") {
  MemoryEngine engine;
  const std::string key = meta_store_key("identity");
  ByteWriter writer;
  writer.u8(9);
  writer.u64(hash64(writer.bytes(), hash64(key)));
  engine.entries[key] = writer.bytes();
  const auto opened = open(engine);
  CHECK(opened.status().code() == StatusCode::Corruption);
  CHECK(opened.status().message().find("format 9") != std::string::npos);
}

TEST_CASE("StoreIdentity: data without an identity is not formatted over") {
  MemoryEngine engine;
  engine.entries["x"] = "data";
  CHECK(open(engine).status().code() == StatusCode::Corruption);
  CHECK(engine.entries.size() == 1);
}

TEST_CASE("StoreIdentity: an identity that can not be read is corruption") {
  MemoryEngine engine;
  REQUIRE(open(engine).ok());
  engine.damaged.insert(meta_store_key("identity"));
  CHECK(open(engine).status().code() == StatusCode::Corruption);
}

TEST_CASE("StoreIdentity: a refused store stays refused over its next start") {
  MemoryEngine engine;
  Result<StoreIdentity> identity = open(engine);
  REQUIRE(identity.ok());
  CHECK(identity->refusal == BootVerdict::Confirmed);
  static_cast<void>(remember_refusal(engine, *identity, BootVerdict::RolledBack));
  engine.complete_all();
  identity = open(engine);
  REQUIRE(identity.ok());
  CHECK(identity->refusal == BootVerdict::RolledBack);
}

TEST_CASE("StoreIdentity: everything can be remembered once more, in one synced commit") {
  MemoryEngine engine;
  auto identity = open(engine);
  REQUIRE(identity.ok());
  (void)remember_confirmed(engine, *identity);
  (void)remember_peer(engine, *identity, NodeId{5}, kAnnounced);
  engine.crash();  // both were queued, and are lost
  (void)remember_everything(engine, *identity);
  CHECK(engine.queue.size() == 1);
  CHECK(engine.queue.front().demand == CommitDemand::Synced);
  engine.complete_all();
  const auto again = open(engine);
  REQUIRE(again.ok());
  CHECK(again->confirmed);
  CHECK(again->peers.at(NodeId{5}) == kAnnounced);
}

}  // namespace
}  // namespace starling

// What a store holds: records, their keys, the identity, what it remembers of its starts and of
// peers, and the founding configuration.
//
// Input: a byte that chooses the kind of entry, then the entry. Its checksum is made to fit.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/seal.h"
#include "fuzz/allocation_meter.h"
#include "fuzz/target.h"
#include "message/peer_messages.h"
#include "replica/founding_config.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "replica/store_identity.h"
#include "support/memory_engine.h"
#include "unit/wire/random_message.h"

namespace starling::fuzz {
namespace {

constexpr std::string_view kRecordKey = "the store key of a record";
constexpr std::size_t kChecksumBytes = 8;
// A sibling of 38 bytes unfolds into some 130, and vectors grow by copying.
constexpr std::size_t kAllocatedPerByteMax = 32;
constexpr std::size_t kAllocatedAlwaysMax = std::size_t{8} << 10U;

std::string sealed_entry(std::string_view store_key, std::string_view payload) {
  ByteWriter writer;
  writer.raw(payload);
  return sealed(store_key, std::move(writer));
}

void check_record(std::string_view payload) {
  const std::string bytes = sealed_entry(kRecordKey, payload);
  const AllocationMeter meter;
  const Result<StoredRecord> stored = decode_record(kRecordKey, bytes);
  STARLING_CHECK(meter.allocated() <= kAllocatedAlwaysMax + bytes.size() * kAllocatedPerByteMax);
  const Result<StoredRecord> bare = decode_record(kRecordKey, bytes, ValueUse::Leave);
  STARLING_CHECK(stored.ok() == bare.ok());
  // Under another key the same bytes are a misdirected block.
  STARLING_CHECK(!decode_record("another store key", bytes).ok());
  if (!stored.ok()) {
    STARLING_CHECK(stored.status().code() == StatusCode::Corruption);
    return;
  }
  STARLING_CHECK(encode_record(kRecordKey, *stored) == bytes);
  STARLING_CHECK(bare->record.versions == stored->record.versions.without_values());
}

void check_key(std::string_view store_key) {
  const Result<RecordKey> key = parse_record_store_key(store_key);
  if (!key.ok()) {
    STARLING_CHECK(key.status().code() == StatusCode::Corruption);
    return;
  }
  STARLING_CHECK(record_store_key(
                     {.partition = key->partition, .token = key->token, .address = key->address}) ==
                 store_key);
}

void check_founding(std::string_view payload) {
  const std::string bytes = sealed_entry(founding_store_key(), payload);
  const Result<FoundingConfig> founding = parse_founding(bytes);
  if (!founding.ok()) {
    STARLING_CHECK(founding.status().code() == StatusCode::Corruption);
    return;
  }
  STARLING_CHECK(write_of_founding(*founding).value == bytes);
}

const StoreExpectations kOurs{.cluster = "c", .member = "node0"};

FoundingConfig founding_of_test() {
  return {
      .partitions = 64,
      .replicas = 3,
      .founders = {{.id = node_id_of("node0"), .name = "node0", .address = "host:1", .zone = {}}}};
}

Result<StoreIdentity> open(MemoryEngine& engine) {
  Random random(1);
  return open_identity(engine, kOurs, founding_of_test(), Incarnation{1}, random);
}

// A store that says anything else than the truth is refused, and then nothing was written.
void check_identity(const std::string& store_key, std::string_view payload) {
  MemoryEngine engine;
  STARLING_CHECK(open(engine).ok());
  engine.entries[store_key] = sealed_entry(store_key, payload);
  const auto before = engine.entries;
  const Result<StoreIdentity> first = open(engine);
  if (!first.ok()) {
    const StatusCode code = first.status().code();
    STARLING_CHECK(code == StatusCode::Corruption || code == StatusCode::Usage);
    STARLING_CHECK(engine.entries == before);
    return;
  }
  const Result<StoreIdentity> second = open(engine);
  STARLING_CHECK(second.ok());
  StoreIdentity expected = *first;
  ++expected.boot_sequence;
  expected.earlier.insert(expected.earlier.begin(), first->incarnation);
  if (expected.earlier.size() > kEarlierStartsMax) expected.earlier.pop_back();
  STARLING_CHECK(*second == expected);
}

void check_peer(std::string_view rest) {
  ByteReader reader(rest);
  const std::string_view name = reader.sized();
  check_identity(meta_store_key("peer/" + std::string(name)), reader.raw(reader.remaining()));
}

// As it came, checksum and all: nothing but what was written passes.
void check_unsealed(std::string_view bytes) {
  const std::string genuine = encode_record(kRecordKey, {});
  if (bytes == genuine) return;
  STARLING_CHECK(!decode_record(kRecordKey, bytes).ok());
  STARLING_CHECK(!parse_founding(bytes).ok());
}

enum class Entry : std::uint8_t { Record, Key, Founding, Identity, Peer, Unsealed, Starts };
constexpr std::uint8_t kEntries = 7;

void run(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  switch (static_cast<Entry>(static_cast<std::uint8_t>(input.front()) % kEntries)) {
    case Entry::Record:
      return check_record(rest);
    case Entry::Key:
      return check_key(rest);
    case Entry::Founding:
      return check_founding(rest);
    case Entry::Identity:
      return check_identity(meta_store_key("identity"), rest);
    case Entry::Peer:
      return check_peer(rest);
    case Entry::Unsealed:
      return check_unsealed(rest);
    case Entry::Starts:
      return check_identity(meta_store_key("starts"), rest);
  }
}

std::string input_of(Entry entry, std::string_view rest) {
  return static_cast<char>(entry) + std::string(rest);
}

std::string payload_of(std::string_view sealed_bytes) {
  return std::string(sealed_bytes.substr(0, sealed_bytes.size() - kChecksumBytes));
}

std::string invent(std::uint64_t number) {
  Random random(number);
  StoredRecord stored;
  stored.record.versions = random_versions(random);
  if (!stored.record.versions.siblings().empty() && random.below(2) == 0) {
    stored.record.mine = stored.record.versions.siblings().front().dot;
  }
  stored.fence = FenceStamp{random.next() >> random.below(64)};
  return input_of(Entry::Record, payload_of(encode_record(kRecordKey, stored)));
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  for (std::uint64_t number = 0; number < 8; ++number) seeds.push_back(invent(number));
  const KeyAddress address{.bucket = "bucket", .key = "key"};
  seeds.push_back(input_of(
      Entry::Key,
      record_store_key({.partition = PartitionId{7}, .token = Token{9}, .address = address})));
  seeds.push_back(
      input_of(Entry::Founding, payload_of(*write_of_founding(founding_of_test()).value)));
  MemoryEngine engine;
  Result<StoreIdentity> identity = open(engine);
  STARLING_CHECK(identity.ok());
  static_cast<void>(remember_peer(engine, *identity, NodeId{0xAB}, {.boot_sequence = 3}));
  engine.complete_all();
  seeds.push_back(
      input_of(Entry::Identity, payload_of(engine.entries.at(meta_store_key("identity")))));
  seeds.push_back(input_of(Entry::Starts, payload_of(engine.entries.at(meta_store_key("starts")))));
  const std::string peer = "peer/00000000000000ab";
  ByteWriter writer;
  writer.sized(peer.substr(peer.find('/') + 1));
  writer.raw(payload_of(engine.entries.at(meta_store_key(peer))));
  seeds.push_back(input_of(Entry::Peer, writer.bytes()));
  seeds.push_back(input_of(Entry::Unsealed, encode_record(kRecordKey, {})));
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz

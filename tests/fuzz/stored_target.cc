// What a store holds: records, their keys, the identity, what it remembers of its starts and of
// peers, the founding configuration, the adopted one, and a vote for the next.
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
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/seal.h"
#include "fuzz/allocation_meter.h"
#include "fuzz/target.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"
#include "message/peer_messages.h"
#include "node/chain_memory.h"
#include "replica/founding_config.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/configured_ring.h"
#include "ring/succession.h"
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

Configuration genesis_of_test() {
  ClusterConfig config;
  config.partitions = 4;
  config.founders = founding_of_test().founders;
  return genesis_of(config, {StoreId{{.high = 1, .low = 2}}},
                    {.cluster_id = {.high = 3, .low = 4}});
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

void check_vote(std::string_view payload) {
  const std::string bytes = sealed_entry(vote_store_key(), payload);
  const Result<VoteRecord> vote = parse_vote(bytes);
  if (!vote.ok()) {
    STARLING_CHECK(vote.status().code() == StatusCode::Corruption);
    return;
  }
  STARLING_CHECK(write_of_vote(*vote).value == bytes);
}

// The configuration's own checksum is made to fit as well.
void check_configuration(std::string_view payload) {
  ByteWriter inner;
  inner.raw(payload);
  constexpr std::uint64_t kConfigurationSeed = 0x636F6E6669672131;
  inner.u64(hash64(payload, kConfigurationSeed));
  const StorageWrite write = write_of_configuration(inner.bytes());
  const Result<Configuration> configuration = parse_configuration(*write.value);
  if (!configuration.ok()) {
    STARLING_CHECK(configuration.status().code() == StatusCode::Corruption);
    return;
  }
  STARLING_CHECK(encode_configuration(*configuration) == inner.bytes());
  STARLING_CHECK(ring_of(*configuration)->epoch() == configuration->epoch);
}

enum class Entry : std::uint8_t {
  Record,
  Key,
  Founding,
  Identity,
  Peer,
  Unsealed,
  Starts,
  Vote,
  Configuration,
};
constexpr std::uint8_t kEntries = 9;

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
    case Entry::Vote:
      return check_vote(rest);
    case Entry::Configuration:
      return check_configuration(rest);
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
  const Configuration founded = genesis_of_test();
  const std::string bytes = encode_configuration(founded);
  seeds.push_back(
      input_of(Entry::Configuration, std::string_view(bytes).substr(0, bytes.size() - 8)));
  const Ballot ballot{.counter = 3, .node = NodeId{4}, .incarnation = Incarnation{5}};
  const VoteRecord vote{.epoch = Epoch{2},
                        .promised = ballot,
                        .accepted = AcceptedValue{
                            .ballot = ballot, .value = {.configuration = bytes, .evidence = {}}}};
  seeds.push_back(input_of(Entry::Vote, payload_of(*write_of_vote(vote).value)));
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz

#include "replica/store_identity.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/seal.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/founding_config.h"
#include "replica/key_layout.h"

namespace starling {
namespace {

constexpr std::uint8_t kIdentityFormat = 1;
constexpr std::string_view kIdentityName = "identity";
constexpr std::string_view kPeerPrefix = "peer/";
constexpr std::string_view kStartsName = "starts";

Status corrupt_identity(const std::string& what) {
  return {StatusCode::Corruption,
          "the data directory's identity can not be used: " + what +
              "; keep it aside, and start with an empty one: it is filled from the other members"};
}

void write_store(ByteWriter& writer, const StoreId& store) {
  writer.u64(store.value.high);
  writer.u64(store.value.low);
}

StoreId read_store(ByteReader& reader) {
  StoreId store;
  store.value.high = reader.u64();
  store.value.low = reader.u64();
  return store;
}

// How the store stands with the other members, in a byte: 0 not confirmed yet, 1 confirmed, or
// 1 + the verdict by which it was refused.
constexpr std::uint8_t kConfirmed = 1;
constexpr std::uint8_t kStandingMax =
    kConfirmed + static_cast<std::uint8_t>(BootVerdict::RolledBack);

std::uint8_t standing_of(const StoreIdentity& identity) {
  if (identity.refusal != BootVerdict::Confirmed) {
    return static_cast<std::uint8_t>(kConfirmed + static_cast<std::uint8_t>(identity.refusal));
  }
  return identity.confirmed ? kConfirmed : 0;
}

StorageWrite write_of_identity(const StoreIdentity& identity) {
  ByteWriter writer;
  writer.u8(kIdentityFormat);
  writer.sized(identity.cluster);
  writer.sized(identity.member);
  write_store(writer, identity.store);
  writer.u64(identity.boot_sequence);
  writer.u8(standing_of(identity));
  writer.u64(identity.epoch.value);
  std::string key = meta_store_key(kIdentityName);
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

Result<StoreIdentity> identity_of(std::string_view store_key, std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt_identity("it is damaged");
  ByteReader reader(*payload);
  const std::uint8_t version = reader.u8();
  if (version != kIdentityFormat) {
    return Status(StatusCode::Corruption, "the data directory has format " +
                                              std::to_string(version) + ", this program knows " +
                                              std::to_string(kIdentityFormat) +
                                              "; start the program that wrote it");
  }
  StoreIdentity identity;
  identity.cluster = reader.sized();
  identity.member = reader.sized();
  identity.store = read_store(reader);
  identity.boot_sequence = reader.u64();
  const std::uint8_t standing = reader.u8();
  identity.epoch = Epoch{reader.u64()};
  if (!reader.finished() || standing > kStandingMax)
    return corrupt_identity("it has the wrong length");
  identity.confirmed = standing >= kConfirmed;
  if (standing > kConfirmed) identity.refusal = static_cast<BootVerdict>(standing - kConfirmed);
  return identity;
}

StorageWrite write_of_peer(NodeId peer, const BootAnnouncement& announced) {
  ByteWriter writer;
  writer.u8(kIdentityFormat);
  write_store(writer, announced.store);
  writer.u64(announced.boot_sequence);
  writer.u64(announced.incarnation.value);
  std::string key = meta_store_key(std::string(kPeerPrefix) + to_text(peer.value));
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

std::optional<NodeId> peer_of(std::string_view store_key) {
  const std::string prefix = meta_store_key(kPeerPrefix);
  if (!store_key.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = store_key.substr(prefix.size());
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || to_text(number) != digits) return std::nullopt;
  return NodeId{number};
}

Status read_peer(StoreIdentity& identity, std::string_view store_key, std::string_view bytes) {
  const std::optional<NodeId> peer = peer_of(store_key);
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!peer.has_value() || !payload.has_value())
    return corrupt_identity("what it knows of a peer is damaged");
  ByteReader reader(*payload);
  const std::uint8_t version = reader.u8();
  BootAnnouncement announced;
  announced.store = read_store(reader);
  announced.boot_sequence = reader.u64();
  announced.incarnation = Incarnation{reader.u64()};
  if (!reader.finished() || version != kIdentityFormat)
    return corrupt_identity("a peer has the wrong length");
  identity.peers[*peer] = announced;
  return Status::success();
}

Status read_peers(StorageEngine& engine, StoreIdentity& identity) {
  const std::string from = meta_store_key(kPeerPrefix);
  const std::string to = bounds_of_table(kMetaPartition, StoreTable::Meta).to;
  Status outcome;
  STARLING_RETURN_IF_ERROR(engine.scan(from, to, [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(from)) return false;
    outcome = read_peer(identity, key, value);
    return outcome.ok();
  }));
  return outcome;
}

StorageWrite write_of_starts(const StoreIdentity& identity) {
  ByteWriter writer;
  writer.u8(kIdentityFormat);
  writer.u64(identity.boot_sequence);
  const std::size_t count = std::min(identity.earlier.size() + 1, kEarlierStartsMax);
  writer.varint(count);
  writer.u64(identity.incarnation.value);
  for (std::size_t i = 0; i + 1 < count; ++i) writer.u64(identity.earlier[i].value);
  std::string key = meta_store_key(kStartsName);
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

// The starts up to the one that `identity` was stored at. A store that is older than this entry, or
// that an older program started since, knows of none.
Status read_starts(StorageEngine& engine, StoreIdentity& identity) {
  const std::string key = meta_store_key(kStartsName);
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> bytes, engine.get(key));
  if (!bytes.has_value()) return Status::success();
  const std::optional<std::string_view> payload = unsealed(key, *bytes);
  if (!payload.has_value()) return corrupt_identity("what it knows of its starts is damaged");
  ByteReader reader(*payload);
  const std::uint8_t version = reader.u8();
  const std::uint64_t newest = reader.u64();
  const std::uint64_t count = reader.varint();
  if (version != kIdentityFormat || count > kEarlierStartsMax)
    return corrupt_identity("its starts");
  std::vector<Incarnation> starts;
  starts.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) starts.push_back(Incarnation{reader.u64()});
  if (!reader.finished()) return corrupt_identity("its starts have the wrong length");
  if (newest == identity.boot_sequence) identity.earlier = std::move(starts);
  return Status::success();
}

// A store without an identity must be empty: giving a fresh one to somebody's data would make the
// others believe that nothing was lost.
Status check_empty(StorageEngine& engine) {
  bool empty = true;
  const std::string end = bounds_of_table(kMetaPartition, StoreTable::Meta).to;
  STARLING_RETURN_IF_ERROR(engine.scan("", end, [&](std::string_view, std::string_view) {
    empty = false;
    return false;
  }));
  return empty ? Status::success() : corrupt_identity("it is missing, but there is data");
}

Status check_expected(const StoreIdentity& identity, const StoreExpectations& expectations) {
  if (identity.cluster != expectations.cluster) {
    return {StatusCode::Usage, "the data directory belongs to cluster '" + identity.cluster +
                                   "', not '" + expectations.cluster +
                                   "'; give the right --cluster or another --data-dir"};
  }
  if (identity.member != expectations.member) {
    return {StatusCode::Usage, "the data directory belongs to member '" + identity.member +
                                   "', not '" + expectations.member +
                                   "'; give the right --name or another --data-dir"};
  }
  return Status::success();
}

Result<StoreIdentity> format(StorageEngine& engine, const StoreExpectations& expectations,
                             Random& random) {
  STARLING_RETURN_IF_ERROR(check_empty(engine));
  StoreIdentity identity;
  identity.cluster = expectations.cluster;
  identity.member = expectations.member;
  identity.store.value.high = random.next();
  identity.store.value.low = random.next();
  return identity;
}

Result<StoreIdentity> read_or_format(StorageEngine& engine, const StoreExpectations& expectations,
                                     Random& random) {
  const std::string key = meta_store_key(kIdentityName);
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> bytes, engine.get(key));
  if (!bytes.has_value()) return format(engine, expectations, random);
  STARLING_ASSIGN_OR_RETURN(read, StoreIdentity identity, identity_of(key, *bytes));
  STARLING_RETURN_IF_ERROR(check_expected(identity, expectations));
  STARLING_RETURN_IF_ERROR(read_peers(engine, identity));
  STARLING_RETURN_IF_ERROR(read_starts(engine, identity));
  return identity;
}

CommitTicket commit_identity(StorageEngine& engine, const StoreIdentity& identity) {
  return engine.commit({write_of_identity(identity)}, CommitDemand::Synced);
}

// What is to be written at this start: nothing that is there already is written anew.
Result<std::vector<StorageWrite>> writes_of_founding(StorageEngine& engine,
                                                     const FoundingConfig& founding) {
  const std::string key = founding_store_key();
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> bytes, engine.get(key));
  if (!bytes.has_value()) return std::vector<StorageWrite>{write_of_founding(founding)};
  STARLING_ASSIGN_OR_RETURN(parsed, const FoundingConfig stored, parse_founding(*bytes));
  if (stored == founding) return std::vector<StorageWrite>{};
  return Status(StatusCode::Usage,
                "the data directory was founded with other --partitions, --replicas or "
                "--initial-cluster; give those or another --data-dir");
}

}  // namespace

Result<std::optional<FoundingConfig>> read_founding(StorageEngine& engine,
                                                    const StoreExpectations& expectations) {
  const std::string key = meta_store_key(kIdentityName);
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> owner, engine.get(key));
  if (!owner.has_value()) return std::optional<FoundingConfig>{};
  STARLING_ASSIGN_OR_RETURN(read, const StoreIdentity identity, identity_of(key, *owner));
  STARLING_RETURN_IF_ERROR(check_expected(identity, expectations));
  STARLING_ASSIGN_OR_RETURN(found, const std::optional<std::string> bytes,
                            engine.get(founding_store_key()));
  if (!bytes.has_value()) return std::optional<FoundingConfig>{};
  STARLING_ASSIGN_OR_RETURN(parsed, FoundingConfig founding, parse_founding(*bytes));
  return std::optional<FoundingConfig>(std::move(founding));
}

Result<StoreIdentity> open_identity(StorageEngine& engine, const StoreExpectations& expectations,
                                    const FoundingConfig& founding, Incarnation incarnation,
                                    Random& random) {
  STARLING_ASSIGN_OR_RETURN(opened, StoreIdentity identity,
                            read_or_format(engine, expectations, random));
  STARLING_ASSIGN_OR_RETURN(compared, std::vector<StorageWrite> writes,
                            writes_of_founding(engine, founding));
  ++identity.boot_sequence;
  identity.incarnation = incarnation;
  writes.push_back(write_of_identity(identity));
  writes.push_back(write_of_starts(identity));
  STARLING_RETURN_IF_ERROR(engine.commit_now(std::move(writes)));
  return identity;
}

CommitTicket remember_peer(StorageEngine& engine, StoreIdentity& identity, NodeId peer,
                           const BootAnnouncement& announced) {
  identity.peers[peer] = announced;
  return engine.commit({write_of_peer(peer, announced)}, CommitDemand::Synced);
}

CommitTicket remember_confirmed(StorageEngine& engine, StoreIdentity& identity) {
  identity.confirmed = true;
  return commit_identity(engine, identity);
}

CommitTicket remember_refusal(StorageEngine& engine, StoreIdentity& identity, BootVerdict refusal) {
  identity.refusal = refusal;
  return commit_identity(engine, identity);
}

std::vector<StorageWrite> writes_of_adoption(StoreIdentity& identity, Epoch adopted,
                                             StorageWrite configuration) {
  identity.epoch = adopted;
  std::vector<StorageWrite> writes{std::move(configuration)};
  writes.push_back(write_of_identity(identity));
  return writes;
}

CommitTicket remember_everything(StorageEngine& engine, const StoreIdentity& identity) {
  std::vector<StorageWrite> writes = {write_of_identity(identity)};
  for (const auto& [peer, announced] : identity.peers) {
    writes.push_back(write_of_peer(peer, announced));
  }
  return engine.commit(std::move(writes), CommitDemand::Synced);
}

}  // namespace starling

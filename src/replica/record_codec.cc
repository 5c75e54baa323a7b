#include "replica/record_codec.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::uint8_t kFormatVersion = 1;
constexpr std::uint8_t kFlagMine = 1;
constexpr std::size_t kChecksumBytes = 8;
// No sibling is shorter: dot 10, kind and flags 2, hash and times 24, two lengths.
constexpr std::size_t kSiblingBytesMin = 38;

// Seeding with the key's hash binds the two without copying a large value behind its key.
std::uint64_t checksum_of(std::string_view store_key, std::string_view payload) {
  return hash64(payload, hash64(store_key));
}

Status corrupt(std::string_view what) {
  return {StatusCode::Corruption, "a stored record is damaged: " + std::string(what)};
}

void write_dot(ByteWriter& writer, const Dot& dot) {
  writer.u64_big_endian(dot.actor.incarnation.value);
  writer.varint(dot.actor.lineage);
  writer.varint(dot.counter);
}

Dot read_dot(ByteReader& reader) {
  Dot dot;
  dot.actor.incarnation = Incarnation{reader.u64_big_endian()};
  dot.actor.lineage = reader.varint();
  dot.counter = reader.varint();
  return dot;
}

void write_sibling(ByteWriter& writer, const Sibling& sibling) {
  write_dot(writer, sibling.dot);
  writer.u8(static_cast<std::uint8_t>(sibling.kind));
  writer.u8(0);  // flags: room for the conditions under which a sibling was written
  writer.u64(sibling.value_hash);
  writer.u64(static_cast<std::uint64_t>(sibling.modified.milliseconds));
  writer.u64(static_cast<std::uint64_t>(sibling.expires.milliseconds));
  writer.sized(sibling.content_type);
  writer.sized(sibling.value);
}

Result<Sibling> read_sibling(ByteReader& reader, ValueUse use) {
  Sibling sibling;
  sibling.dot = read_dot(reader);
  const std::uint8_t kind = reader.u8();
  const std::uint8_t flags = reader.u8();
  if (kind > static_cast<std::uint8_t>(SiblingKind::Tombstone)) return corrupt("unknown kind");
  if (flags != 0) return corrupt("unknown sibling flags");
  sibling.kind = static_cast<SiblingKind>(kind);
  sibling.value_hash = reader.u64();
  sibling.modified = WallTime{static_cast<std::int64_t>(reader.u64())};
  sibling.expires = WallTime{static_cast<std::int64_t>(reader.u64())};
  sibling.content_type = reader.sized();
  const std::string_view value = reader.sized();
  if (use == ValueUse::Keep) sibling.value = value;
  return sibling;
}

Result<std::vector<Sibling>> read_siblings(ByteReader& reader, ValueUse use) {
  const std::uint64_t count = reader.varint();
  // Checked before anything is allocated for them.
  if (reader.failed() || count > reader.remaining() / kSiblingBytesMin) return corrupt("count");
  std::vector<Sibling> siblings;
  siblings.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    STARLING_ASSIGN_OR_RETURN(read, Sibling sibling, read_sibling(reader, use));
    siblings.push_back(std::move(sibling));
  }
  return siblings;
}

Result<StoredRecord> read_payload(std::string_view payload, ValueUse use) {
  ByteReader reader(payload);
  if (reader.u8() != kFormatVersion) return corrupt("unknown format version");
  const std::uint8_t flags = reader.u8();
  if ((flags & ~kFlagMine) != 0) return corrupt("unknown flags");
  StoredRecord stored;
  stored.fence = FenceStamp{reader.varint()};
  if ((flags & kFlagMine) != 0) stored.record.mine = read_dot(reader);
  STARLING_ASSIGN_OR_RETURN(read_the_clock, VectorClock clock, read_clock(reader));
  STARLING_ASSIGN_OR_RETURN(read_them, std::vector<Sibling> siblings, read_siblings(reader, use));
  if (!reader.finished()) return corrupt("wrong length");
  if (!SiblingSet::is_well_formed(clock, siblings)) return corrupt("siblings its clock lacks");
  stored.record.versions = SiblingSet(std::move(clock), std::move(siblings));
  return stored;
}

}  // namespace

std::string encode_record(std::string_view store_key, const StoredRecord& stored) {
  const SiblingSet& versions = stored.record.versions;
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.u8(stored.record.mine.has_value() ? kFlagMine : 0);
  writer.varint(stored.fence.value);
  if (stored.record.mine.has_value()) write_dot(writer, *stored.record.mine);
  write_clock(writer, versions.clock());
  writer.varint(versions.siblings().size());
  for (const Sibling& sibling : versions.siblings()) write_sibling(writer, sibling);
  writer.u64(checksum_of(store_key, writer.bytes()));
  return std::move(writer).bytes();
}

Result<StoredRecord> decode_record(std::string_view store_key, std::string_view bytes,
                                   ValueUse use) {
  if (bytes.size() < kChecksumBytes) return corrupt("cut short");
  const std::string_view payload = bytes.substr(0, bytes.size() - kChecksumBytes);
  const std::uint64_t expected = ByteReader(bytes.substr(payload.size())).u64();
  if (checksum_of(store_key, payload) != expected) return corrupt("checksum");
  Result<StoredRecord> stored = read_payload(payload, use);
  if (!stored.ok()) return Status(StatusCode::Corruption, stored.status().message());
  return stored;
}

}  // namespace starling

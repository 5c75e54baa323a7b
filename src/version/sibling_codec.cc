#include "version/sibling_codec.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// No sibling is shorter: dot 10, kind and flags 2, hash and times 24, two lengths.
constexpr std::size_t kSiblingBytesMin = 38;

Status corrupt(std::string_view what) {
  return {StatusCode::Corruption, "a stored record is damaged: " + std::string(what)};
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
  if (!sibling.is_live_value() && !value.empty()) return corrupt("a tombstone with a value");
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
    // A set would sort them, and write other bytes than were read.
    const bool ascends = siblings.empty() || siblings.back().dot < sibling.dot;
    if (!ascends) return corrupt("siblings out of order");
    siblings.push_back(std::move(sibling));
  }
  return siblings;
}

}  // namespace

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

void write_versions(ByteWriter& writer, const SiblingSet& versions) {
  write_clock(writer, versions.clock());
  writer.varint(versions.siblings().size());
  for (const Sibling& sibling : versions.siblings()) write_sibling(writer, sibling);
}

Result<SiblingSet> read_versions(ByteReader& reader, ValueUse use) {
  STARLING_ASSIGN_OR_RETURN(read_the_clock, VectorClock clock, read_clock(reader));
  STARLING_ASSIGN_OR_RETURN(read_them, std::vector<Sibling> siblings, read_siblings(reader, use));
  if (reader.failed()) return corrupt("cut short");
  if (!SiblingSet::is_well_formed(clock, siblings)) return corrupt("siblings its clock lacks");
  return SiblingSet(std::move(clock), std::move(siblings));
}

}  // namespace starling

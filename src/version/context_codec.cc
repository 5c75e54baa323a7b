#include "version/context_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/mac.h"
#include "version/dot.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::uint8_t kContextVersion = 1;
constexpr std::size_t kMacBytes = 8;
// With a clock of three actors.
constexpr std::size_t kUsualBytes = 64;
// An actor is an incarnation of 8 bytes and a lineage, with a counter behind it: two varints.
constexpr std::size_t kEntryBytesMin = 10;

std::uint64_t hash_of_key(std::string_view bucket, std::string_view key) {
  return hash64(key, hash64(bucket));
}

Status bad_context(const std::string& reason) {
  return {StatusCode::BadContext,
          "the context " + reason + "; read the key again and use the context of that answer"};
}

Status bad_clock(const std::string& reason) {
  return {StatusCode::Corruption, "a clock " + reason};
}

// Big-endian, so that the order of actors is the order of their bytes.
void write_event(ByteWriter& writer, const Actor& actor, std::uint64_t counter) {
  writer.u64_big_endian(actor.incarnation.value);
  writer.varint(actor.lineage);
  writer.varint(counter);
}

Dot read_event(ByteReader& reader) {
  const Incarnation incarnation{reader.u64_big_endian()};
  const std::uint64_t lineage = reader.varint();
  const std::uint64_t counter = reader.varint();
  return {.actor = {.incarnation = incarnation, .lineage = lineage}, .counter = counter};
}

// A count, and as many events. A count that the bytes can not hold is refused before memory is
// taken for it.
Result<std::vector<Dot>> read_events(ByteReader& reader) {
  const std::uint64_t count = reader.varint();
  if (reader.failed() || count > reader.remaining() / kEntryBytesMin)
    return bad_clock("is cut short");
  std::vector<Dot> events;
  events.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) events.push_back(read_event(reader));
  if (reader.failed()) return bad_clock("is cut short");
  return events;
}

std::vector<VectorClock::Entry> entries_of(const std::vector<Dot>& events) {
  std::vector<VectorClock::Entry> entries;
  entries.reserve(events.size());
  for (const Dot& event : events)
    entries.push_back({.actor = event.actor, .counter = event.counter});
  return entries;
}

// Whether the clock made of them holds them just as they are.
bool is_normal(const VectorClock& clock, const std::vector<Dot>& prefix,
               const std::vector<Dot>& cloud) {
  const auto same = [](const VectorClock::Entry& entry, const Dot& event) {
    return entry.actor == event.actor && entry.counter == event.counter;
  };
  return clock.cloud() == cloud && std::equal(clock.prefix().begin(), clock.prefix().end(),
                                              prefix.begin(), prefix.end(), same);
}

}  // namespace

void write_clock(ByteWriter& writer, const VectorClock& clock) {
  writer.varint(clock.prefix().size());
  for (const VectorClock::Entry& entry : clock.prefix())
    write_event(writer, entry.actor, entry.counter);
  writer.varint(clock.cloud().size());
  for (const Dot& dot : clock.cloud()) write_event(writer, dot.actor, dot.counter);
}

Result<VectorClock> read_clock(ByteReader& reader) {
  STARLING_ASSIGN_OR_RETURN(read_prefix, const std::vector<Dot> prefix, read_events(reader));
  STARLING_ASSIGN_OR_RETURN(read_cloud, const std::vector<Dot> cloud, read_events(reader));
  VectorClock clock = VectorClock::of(entries_of(prefix), cloud);
  if (!is_normal(clock, prefix, cloud)) return bad_clock("is not in normal form");
  return clock;
}

std::string ContextCodec::encode(std::string_view bucket, std::string_view key,
                                 const VectorClock& clock) const {
  if (clock.empty() || clock.size() > kContextEntriesMax) return {};
  ByteWriter writer(kUsualBytes);
  writer.u8(kContextVersion);
  writer.u64(hash_of_key(bucket, key));
  write_clock(writer, clock);
  writer.u64(mac64(key_, writer.bytes()));
  return to_base64_url(writer.bytes());
}

Result<VectorClock> ContextCodec::decode(std::string_view bucket, std::string_view key,
                                         std::string_view text) const {
  if (text.empty()) return VectorClock();
  const Result<std::string> bytes = from_base64_url(text);
  if (!bytes.ok()) return bad_context("is not URL-safe base64");
  if (bytes->size() <= kMacBytes) return bad_context("is damaged or was made up");
  const std::string_view all = *bytes;
  ByteReader mac_reader(all.substr(all.size() - kMacBytes));
  const std::string_view body = all.substr(0, all.size() - kMacBytes);
  ByteReader reader(body);
  // The version comes first: another one may put its code elsewhere.
  if (reader.u8() != kContextVersion)
    return bad_context("has a version that this server does not know");
  if (mac_reader.u64() != mac64(key_, body)) return bad_context("is damaged or was made up");
  if (reader.u64() != hash_of_key(bucket, key)) return bad_context("is of another key");
  Result<VectorClock> clock = read_clock(reader);
  // The context of nothing is the empty text.
  if (!clock.ok() || clock->empty() || !reader.finished())
    return bad_context("is damaged or was made up");
  if (clock->size() > kContextEntriesMax) {
    return Status(StatusCode::TooLarge, "the context has more than " +
                                            std::to_string(kContextEntriesMax) +
                                            " entries, which no server gives out");
  }
  return clock;
}

}  // namespace starling

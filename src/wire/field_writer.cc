#include "wire/field_writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <flatbuffers/buffer.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "peer_generated.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/field_reader.h"

namespace starling {
namespace {

wire::Event wire_entry(const VectorClock::Entry& entry) {
  return {entry.actor.incarnation.value, entry.actor.lineage, entry.counter};
}

// Writes straight into the buffer: a clock goes with every write and must not cost a vector.
template <typename Item, typename Convert>
EventsOffset write_events(Builder& builder, const std::vector<Item>& items, EmptyColumns empty,
                          const Convert& convert) {
  if (items.empty() && empty == EmptyColumns::Omit) return 0;
  wire::Event* events = nullptr;
  const EventsOffset offset =
      builder.CreateUninitializedVectorOfStructs<wire::Event>(items.size(), &events);
  std::ranges::transform(items, events, convert);
  return offset;
}

flatbuffers::Offset<wire::Sibling> write_sibling(Builder& builder, const Sibling& sibling) {
  const BytesOffset value = write_bytes(builder, sibling.value);
  const TextOffset content_type = write_text(builder, sibling.content_type);
  const wire::Event dot = wire_event(sibling.dot);
  return wire::CreateSibling(builder, &dot, static_cast<std::uint8_t>(sibling.kind),
                             sibling.value_hash, sibling.modified.milliseconds,
                             sibling.expires.milliseconds, content_type, value);
}

}  // namespace

TextOffset write_text(Builder& builder, std::string_view text) {
  return text.empty() ? TextOffset(0) : write_required_text(builder, text);
}

TextOffset write_cut_text(Builder& builder, std::string_view text, std::size_t bytes_max) {
  return write_text(builder, text.substr(0, bytes_max));
}

BytesOffset write_bytes(Builder& builder, std::string_view bytes) {
  return bytes.empty() ? BytesOffset(0) : write_required_bytes(builder, bytes);
}

TextOffset write_required_text(Builder& builder, std::string_view text) {
  return builder.CreateString(text.data(), text.size());
}

BytesOffset write_required_bytes(Builder& builder, std::string_view bytes) {
  // The one reinterpretation of characters as octets; both are bytes to the language.
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

wire::Hash wire_hash(const Hash128& hash) {
  return {hash.high, hash.low};
}

wire::Event wire_event(const Dot& dot) {
  return {dot.actor.incarnation.value, dot.actor.lineage, dot.counter};
}

wire::LevelValue wire_level(const Level& level) {
  const bool counts = level.name() == Level::Name::Count;
  return {counts ? level.resolve(0) : 0, static_cast<std::uint8_t>(level.name())};
}

wire::ReadLevelPair wire_levels(const ReadLevels& levels) {
  return {wire_level(levels.r), wire_level(levels.pr)};
}

wire::WriteLevelTriple wire_levels(const WriteLevels& levels) {
  return {wire_level(levels.w), wire_level(levels.pw), wire_level(levels.dw)};
}

wire::Request wire_request(const RequestId& request) {
  return {wire_hash(request.client), request.counter};
}

std::uint32_t wire_retry_after(const Status& status) {
  return static_cast<std::uint32_t>(std::min(status.retry_after(), kRetryAfterMax).count());
}

wire::Counts wire_counts(const ReplyCounts& counts) {
  return {counts.required, counts.received, counts.primaries};
}

wire::RouteHint wire_route(const RouteHint& route) {
  return {route.epoch.value, route.owner.value};
}

wire::RepairOrder wire_order(const RepairOrder& order) {
  const std::uint16_t partition =
      order.partition.has_value() ? order.partition->value : kAllPartitions;
  return {wire_hash(order.run), partition, order.dry_run};
}

wire::RepairProgress wire_progress(const RepairProgress& progress) {
  return {progress.pairs,         progress.compared,       progress.failed,
          progress.keys_compared, progress.keys_differing, progress.records_written,
          progress.bytes};
}

flatbuffers::Offset<wire::Address> write_address(Builder& builder, const KeyAddress& address) {
  const TextOffset bucket = write_required_text(builder, address.bucket);
  const BytesOffset key = write_required_bytes(builder, address.key);
  return wire::CreateAddress(builder, bucket, key);
}

ClockOffsets write_clock_columns(Builder& builder, const VectorClock& clock, EmptyColumns empty) {
  return {.prefix = write_events(builder, clock.prefix(), empty, wire_entry),
          .cloud = write_events(builder, clock.cloud(), empty, wire_event)};
}

flatbuffers::Offset<wire::Record> write_record(Builder& builder, const SiblingSet& versions) {
  std::vector<flatbuffers::Offset<wire::Sibling>> siblings;
  siblings.reserve(versions.siblings().size());
  for (const Sibling& sibling : versions.siblings()) {
    siblings.push_back(write_sibling(builder, sibling));
  }
  const auto siblings_offset = builder.CreateVector(siblings);
  const ClockOffsets clock = write_clock_columns(builder, versions.clock());
  return wire::CreateRecord(builder, clock.prefix, clock.cloud, siblings_offset);
}

}  // namespace starling

#include "wire/codec_scan.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <flatbuffers/buffer.h>

#include "starling/options.h"

#include "base/ids.h"
#include "base/time.h"
#include "common_generated.h"
#include "message/peer_messages.h"
#include "peer_generated.h"
#include "ring/partition.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/codec_peer.h"
#include "wire/column.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"

namespace starling {
namespace {

// What a frame can hold at most, for columns whose real limit is the frame.
constexpr std::size_t kColumnBytesMax = kRecordBodyBytesMax;

struct ScanColumns {
  std::vector<wire::ScanSpan> spans;
  std::string keys;
  std::vector<wire::Event> prefixes;
  std::vector<wire::Event> clouds;
  std::vector<wire::BareSibling> siblings;
  std::string content_types;
};

wire::BareSibling bare_sibling(const Sibling& sibling) {
  return {wire_event(sibling.dot),
          sibling.value_hash,
          sibling.modified.milliseconds,
          sibling.expires.milliseconds,
          static_cast<std::uint8_t>(sibling.kind),
          static_cast<std::uint8_t>(sibling.content_type.size())};
}

void append_entry(ScanColumns& columns, const ScanEntry& entry) {
  const VectorClock& clock = entry.versions.clock();
  const std::vector<Sibling>& siblings = entry.versions.siblings();
  columns.spans.emplace_back(static_cast<std::uint32_t>(clock.prefix().size()),
                             static_cast<std::uint32_t>(clock.cloud().size()),
                             static_cast<std::uint32_t>(siblings.size()),
                             static_cast<std::uint16_t>(entry.key.size()));
  columns.keys += entry.key;
  for (const VectorClock::Entry& known : clock.prefix()) {
    columns.prefixes.push_back(wire_event({.actor = known.actor, .counter = known.counter}));
  }
  for (const Dot& dot : clock.cloud()) columns.clouds.push_back(wire_event(dot));
  for (const Sibling& sibling : siblings) {
    columns.siblings.push_back(bare_sibling(sibling));
    columns.content_types += sibling.content_type;
  }
}

// Reads entry after entry off the columns.
class EntryReader {
 public:
  EntryReader(FieldReader& reader, const wire::ScanRangeReply& table)
      : reader_(reader),
        keys_(reader.bytes(table.keys(), kColumnBytesMax, "keys")),
        prefixes_(reader.structs<wire::Event>(table.prefixes(), kColumnBytesMax, "prefixes")),
        clouds_(reader.structs<wire::Event>(table.clouds(), kColumnBytesMax, "clouds")),
        siblings_(reader.structs<wire::BareSibling>(table.siblings(), kColumnBytesMax, "siblings")),
        content_types_(reader.bytes(table.content_types(), kColumnBytesMax, "content types")) {}

  ScanEntry read(const wire::ScanSpan& span) {
    reader_.require(span.key_bytes() > 0 && span.key_bytes() <= kKeyBytesMax, "key", "no key");
    const auto key = key_column_.take(span.key_bytes());
    VectorClock clock = read_clock(span);
    std::vector<Sibling> siblings = read_siblings(span.siblings());
    return {.key = std::string(key.begin(), key.end()),
            .versions = reader_.versions(std::move(clock), std::move(siblings))};
  }

  void finish() {
    key_column_.finish();
    prefix_column_.finish();
    cloud_column_.finish();
    sibling_column_.finish();
    content_type_column_.finish();
  }

 private:
  VectorClock read_clock(const wire::ScanSpan& span) {
    std::vector<VectorClock::Entry> prefix;
    for (const wire::Event& event : prefix_column_.take(span.prefix())) {
      const Dot dot = dot_of(event);
      prefix.push_back({.actor = dot.actor, .counter = dot.counter});
    }
    std::vector<Dot> cloud;
    for (const wire::Event& event : cloud_column_.take(span.cloud())) {
      cloud.push_back(dot_of(event));
    }
    return reader_.clock(prefix, cloud);
  }

  std::vector<Sibling> read_siblings(std::size_t count) {
    std::vector<Sibling> siblings;
    for (const wire::BareSibling& bare : sibling_column_.take(count)) {
      const auto content_type = content_type_column_.take(bare.content_type_bytes());
      Sibling sibling;
      sibling.dot = dot_of(bare.dot());
      sibling.kind = reader_.enumerator(bare.kind(), SiblingKind::Tombstone, "sibling kind");
      sibling.value_hash = bare.value_hash();
      sibling.modified = WallTime{bare.modified()};
      sibling.expires = WallTime{bare.expires()};
      sibling.content_type.assign(content_type.begin(), content_type.end());
      siblings.push_back(std::move(sibling));
    }
    return siblings;
  }

  FieldReader& reader_;
  std::string keys_;
  std::vector<wire::Event> prefixes_;
  std::vector<wire::Event> clouds_;
  std::vector<wire::BareSibling> siblings_;
  std::string content_types_;
  Column<char> key_column_{reader_, keys_, "keys"};
  Column<wire::Event> prefix_column_{reader_, prefixes_, "prefixes"};
  Column<wire::Event> cloud_column_{reader_, clouds_, "clouds"};
  Column<wire::BareSibling> sibling_column_{reader_, siblings_, "siblings"};
  Column<char> content_type_column_{reader_, content_types_, "content types"};
};

std::vector<ScanEntry> read_entries(FieldReader& reader, const wire::ScanRangeReply& table) {
  std::vector<ScanEntry> entries;
  EntryReader entry_reader(reader, table);
  for (const wire::ScanSpan& span :
       reader.structs<wire::ScanSpan>(table.spans(), kScanEntriesMax, "entries")) {
    entries.push_back(entry_reader.read(span));
    if (reader.failed()) return {};
  }
  entry_reader.finish();
  return entries;
}

}  // namespace

flatbuffers::Offset<wire::ScanRange> write_table(Builder& builder, const ScanRange& scan) {
  flatbuffers::Offset<wire::Address> after;
  if (scan.after.has_value()) after = write_address(builder, *scan.after);
  const BytesOffset prefix = write_bytes(builder, scan.prefix);
  const TextOffset bucket = write_required_text(builder, scan.bucket);
  const wire::Envelope envelope = wire_envelope(scan.envelope);
  return wire::CreateScanRange(builder, &envelope, bucket, prefix, after, scan.limit);
}

ScanRange read_table(FieldReader& reader, const wire::ScanRange& table) {
  ScanRange scan;
  scan.envelope = read_envelope(reader, *table.envelope());
  scan.bucket = reader.bucket(table.bucket());
  scan.prefix = reader.bytes(table.prefix(), kKeyBytesMax, "prefix");
  if (table.after() != nullptr) scan.after = reader.address(*table.after());
  scan.limit = table.limit();
  reader.require(scan.limit <= kScanEntriesMax, "limit", "too many entries");
  return scan;
}

flatbuffers::Offset<wire::ScanRangeReply> write_table(Builder& builder,
                                                      const ScanRangeReply& reply) {
  ScanColumns columns;
  for (const ScanEntry& entry : reply.entries) append_entry(columns, entry);
  const auto spans = write_structs(builder, columns.spans);
  const BytesOffset keys = write_bytes(builder, columns.keys);
  const EventsOffset prefixes = write_structs(builder, columns.prefixes);
  const EventsOffset clouds = write_structs(builder, columns.clouds);
  const auto siblings = write_structs(builder, columns.siblings);
  const BytesOffset content_types = write_bytes(builder, columns.content_types);
  flatbuffers::Offset<wire::Address> stopped_at;
  if (reply.stopped_at.has_value()) stopped_at = write_address(builder, *reply.stopped_at);
  return wire::CreateScanRangeReply(
      builder, reply.operation.value, static_cast<std::uint8_t>(reply.outcome), reply.epoch.value,
      spans, keys, prefixes, clouds, siblings, content_types, stopped_at);
}

ScanRangeReply read_table(FieldReader& reader, const wire::ScanRangeReply& table) {
  ScanRangeReply reply;
  reply.operation = OperationId{table.operation()};
  reply.outcome = reader.enumerator(table.outcome(), ReplicaOutcome::DiskFull, "outcome");
  reply.epoch = Epoch{table.epoch()};
  reply.entries = read_entries(reader, table);
  if (table.stopped_at() != nullptr) reply.stopped_at = reader.address(*table.stopped_at());
  return reply;
}

flatbuffers::Offset<wire::DigestRange> write_table(Builder& builder, const DigestRange& range) {
  return wire::CreateDigestRange(builder, range.operation.value, range.first.value, range.count,
                                 range.remaining.count());
}

DigestRange read_table(FieldReader& reader, const wire::DigestRange& table) {
  reader.require(table.count() <= kPartitionsMax, "partition count", "out of range");
  return {.operation = OperationId{table.operation()},
          .first = reader.partition(table.first()),
          .count = table.count(),
          .remaining = reader.remaining(table.remaining_nanoseconds())};
}

flatbuffers::Offset<wire::DigestRangeReply> write_table(Builder& builder,
                                                        const DigestRangeReply& reply) {
  std::vector<wire::DigestItem> items;
  items.reserve(reply.entries.size());
  for (const DigestEntry& entry : reply.entries) {
    items.emplace_back(wire_hash(entry.digest), entry.partition.value);
  }
  const auto entries = write_structs(builder, items);
  return wire::CreateDigestRangeReply(builder, reply.operation.value, reply.sound, entries);
}

DigestRangeReply read_table(FieldReader& reader, const wire::DigestRangeReply& table) {
  DigestRangeReply reply;
  reply.operation = OperationId{table.operation()};
  reply.sound = table.sound();
  for (const wire::DigestItem& item :
       reader.structs<wire::DigestItem>(table.entries(), kPartitionsMax, "entries")) {
    const PartitionId partition = reader.partition(item.partition());
    const bool ascends = reply.entries.empty() || reply.entries.back().partition < partition;
    reader.require(ascends, "entries", "not in order");
    reply.entries.push_back({.partition = partition, .digest = hash_of(item.digest())});
  }
  return reply;
}

}  // namespace starling

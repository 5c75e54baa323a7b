#include "wire/field_reader.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <flatbuffers/string.h>
#include <flatbuffers/vector.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "peer_generated.h"
#include "ring/partition.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

std::string_view view_of(const Bytes* bytes) {
  if (bytes == nullptr) return {};
  // The one reinterpretation of octets as characters; both are bytes to the language.
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::string_view view_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

VectorClock::Entry entry_of(const wire::Event& event) {
  const Dot dot = dot_of(event);
  return {.actor = dot.actor, .counter = dot.counter};
}

template <typename Item, typename Convert>
std::vector<Item> items_of(const Events* events, const Convert& convert) {
  std::vector<Item> items;
  if (events == nullptr) return items;
  items.reserve(events->size());
  for (const wire::Event* const event : *events) items.push_back(convert(*event));
  return items;
}

}  // namespace

void FieldReader::fail(std::string_view field, std::string_view why) {
  if (failed()) return;
  status_ = Status(StatusCode::Corruption, std::string(field) + ": " + std::string(why));
}

void FieldReader::require(bool condition, std::string_view field, std::string_view why) {
  if (!condition) fail(field, why);
}

std::string FieldReader::text(const flatbuffers::String* text, std::size_t bytes_max,
                              std::string_view field) {
  return copy(view_of(text), bytes_max, field);
}

std::string FieldReader::bytes(const Bytes* bytes, std::size_t bytes_max, std::string_view field) {
  return copy(view_of(bytes), bytes_max, field);
}

std::string FieldReader::bucket(const flatbuffers::String* text) {
  const std::string_view name = view_of(text);
  require(check_bucket(name).ok(), "bucket", "not a bucket's name");
  return copy(name, kBucketBytesMax, "bucket");
}

std::string FieldReader::key(const Bytes* bytes) {
  const std::string_view key = view_of(bytes);
  require(!key.empty(), "key", "empty");
  return copy(key, kKeyBytesMax, "key");
}

std::string FieldReader::value(const Bytes* bytes) {
  return copy(view_of(bytes), kValueBytesMax, "value");
}

std::string FieldReader::content_type(const flatbuffers::String* text) {
  return copy(view_of(text), kContentTypeBytesMax, "content type");
}

KeyAddress FieldReader::address(const flatbuffers::String* bucket_text, const Bytes* key_bytes) {
  KeyAddress address;
  address.bucket = bucket(bucket_text);
  address.key = key(key_bytes);
  return address;
}

KeyAddress FieldReader::address(const wire::Address& address) {
  return this->address(address.bucket(), address.key());
}

Duration FieldReader::remaining(std::int64_t nanoseconds) {
  const Duration remaining(nanoseconds);
  require(remaining >= Duration::zero() && remaining <= kRemainingMax, "remaining time",
          "out of range");
  return failed() ? Duration::zero() : remaining;
}

PartitionId FieldReader::partition(std::uint16_t number) {
  require(number < kPartitionsMax, "partition", "out of range");
  return PartitionId{number};
}

RepairOrder FieldReader::order(const wire::RepairOrder& order) {
  RepairOrder read{.run = hash_of(order.run()), .partition = {}, .dry_run = order.dry_run()};
  if (order.partition() != kAllPartitions) read.partition = partition(order.partition());
  return read;
}

Level FieldReader::level(const wire::LevelValue& level) {
  const auto name = enumerator(level.name(), Level::Name::All, "level");
  require(name == Level::Name::Count || level.replicas() == 0, "level", "a name with a number");
  switch (name) {
    case Level::Name::Count:
      return Level::count(level.replicas());
    case Level::Name::One:
      return Level::one();
    case Level::Name::Two:
      return Level::two();
    case Level::Name::Three:
      return Level::three();
    case Level::Name::Quorum:
      return Level::quorum();
    case Level::Name::All:
      return Level::all();
  }
  return Level::quorum();
}

ReadLevels FieldReader::levels(const wire::ReadLevelPair& levels) {
  return {.r = level(levels.r()), .pr = level(levels.pr())};
}

WriteLevels FieldReader::levels(const wire::WriteLevelTriple& levels) {
  return {.w = level(levels.w()), .pw = level(levels.pw()), .dw = level(levels.dw())};
}

StatusCode FieldReader::error_code(std::uint8_t number) {
  const auto code = enumerator(number, StatusCode::Corruption, "error code");
  require(code != StatusCode::Ok, "error code", "an error that is none");
  return code;
}

Status FieldReader::error(std::uint8_t code, const flatbuffers::String* message,
                          std::uint32_t retry_after_ms) {
  const StatusCode known = error_code(code);
  const std::chrono::milliseconds wait(retry_after_ms);
  require(wait <= kRetryAfterMax, "retry after", "out of range");
  return Status(known, text(message, kMessageBytesMax, "message")).with_retry_after(wait);
}

VectorClock FieldReader::clock(const Events* prefix, const Events* cloud) {
  const auto aligned = [this](const Events* events) {
    return events == nullptr || events->size() == 0 ||
           is_sound(events->Data(), alignof(wire::Event), "clock");
  };
  if (!aligned(prefix) || !aligned(cloud)) return {};
  return clock(items_of<VectorClock::Entry>(prefix, entry_of), items_of<Dot>(cloud, dot_of));
}

VectorClock FieldReader::clock(const std::vector<VectorClock::Entry>& prefix,
                               const std::vector<Dot>& cloud) {
  VectorClock clock = VectorClock::of(prefix, cloud);
  if (clock.prefix() == prefix && clock.cloud() == cloud) return clock;
  fail("clock", "not in normal form");
  return {};
}

SiblingSet FieldReader::record(const wire::Record& record) {
  std::vector<Sibling> siblings;
  if (record.siblings() != nullptr) {
    siblings.reserve(record.siblings()->size());
    for (const wire::Sibling* const item : *record.siblings()) {
      siblings.push_back(sibling(*item));
      if (failed()) return {};
    }
  }
  return versions(clock(record.prefix(), record.cloud()), std::move(siblings));
}

SiblingSet FieldReader::versions(VectorClock clock, std::vector<Sibling> siblings) {
  for (std::size_t next = 1; next < siblings.size(); ++next) {
    require(siblings[next - 1].dot < siblings[next].dot, "siblings", "not in order");
  }
  if (failed()) return {};
  require(SiblingSet::is_well_formed(clock, siblings), "siblings", "not covered by their clock");
  if (failed()) return {};
  return {std::move(clock), std::move(siblings)};
}

bool FieldReader::is_sound(const void* column, std::size_t alignment, std::string_view field) {
  // An address is only compared with its alignment here.
  require(reinterpret_cast<std::uintptr_t>(column) % alignment == 0, field, "not aligned");
  return !failed();
}

std::string FieldReader::copy(std::string_view from, std::size_t bytes_max,
                              std::string_view field) {
  if (from.size() > bytes_max) {
    fail(field, std::to_string(from.size()) + " bytes, at most " + std::to_string(bytes_max));
  }
  require(from.size() <= copyable_bytes_, field, "more bytes than the frame has");
  if (failed()) return {};
  copyable_bytes_ -= from.size();
  return std::string(from);
}

Sibling FieldReader::sibling(const wire::Sibling& sibling) {
  Sibling read;
  read.dot = dot_of(*sibling.dot());
  read.kind = enumerator(sibling.kind(), SiblingKind::Tombstone, "sibling kind");
  read.value_hash = sibling.value_hash();
  read.modified = WallTime{sibling.modified()};
  read.expires = WallTime{sibling.expires()};
  read.content_type = content_type(sibling.content_type());
  read.value = value(sibling.value());
  require(read.is_live_value() || read.value.empty(), "sibling", "a tombstone with a value");
  if (failed()) return read;
  // The hash stands for the value in every digest: one that does not belong to it would pass a
  // damaged value for the same as the sound one.
  require(hash_of_value(read.kind, read.content_type, read.value) == read.value_hash, "sibling",
          "its value does not have its hash");
  return read;
}

Hash128 hash_of(const wire::Hash& hash) {
  return {.high = hash.high(), .low = hash.low()};
}

Dot dot_of(const wire::Event& event) {
  return {.actor = {.incarnation = Incarnation{event.incarnation()}, .lineage = event.lineage()},
          .counter = event.counter()};
}

RequestId request_of(const wire::Request& request) {
  return {.client = hash_of(request.client()), .counter = request.counter()};
}

RepairProgress progress_of(const wire::RepairProgress& progress) {
  return {.pairs = progress.pairs(),
          .compared = progress.compared(),
          .failed = progress.failed(),
          .keys_compared = progress.keys_compared(),
          .keys_differing = progress.keys_differing(),
          .records_written = progress.records_written(),
          .bytes = progress.bytes()};
}

ReplyCounts counts_of(const wire::Counts& counts) {
  return {.required = counts.required(),
          .received = counts.received(),
          .primaries = counts.primaries()};
}

RouteHint route_of(const wire::RouteHint* route) {
  if (route == nullptr) return {};
  return {.epoch = Epoch{route->epoch()}, .owner = NodeId{route->owner()}};
}

}  // namespace starling

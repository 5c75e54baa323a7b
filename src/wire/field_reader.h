#pragma once

// FieldReader: takes the fields of a verified FlatBuffers table and checks what the verifier can
// not know: lengths, ranges, order. Like a ByteReader it notes the first fault and then returns
// empty values, so a decoder reads straight on and asks once, at the end. It also counts what is
// copied: offsets may be shared, and without the count a small frame could be made to unfold into
// gigabytes.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "peer_generated.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/frame.h"

namespace starling {

// Names, addresses, paths.
inline constexpr std::size_t kNameBytesMax = 4096;
// What is said to people; the writer cuts to it.
inline constexpr std::size_t kMessageBytesMax = 4096;
// In the place of a partition: all of them.
inline constexpr std::uint16_t kAllPartitions = 65535;
// No deadline is further away; a greater number is damage or an attack on a timer.
inline constexpr Duration kRemainingMax = std::chrono::minutes(10);

using Bytes = flatbuffers::Vector<std::uint8_t>;
using Events = flatbuffers::Vector<const wire::Event*>;

class FieldReader {
 public:
  // All copies together may not exceed the body they come from.
  explicit FieldReader(std::size_t body_bytes) : copyable_bytes_(body_bytes) {}

  [[nodiscard]] bool failed() const { return !status_.ok(); }
  // Corruption that names the field, or ok.
  [[nodiscard]] const Status& status() const { return status_; }
  // Notes a fault, unless there is one already.
  void fail(std::string_view field, std::string_view why);
  void require(bool condition, std::string_view field, std::string_view why);

  [[nodiscard]] std::string text(const flatbuffers::String* text, std::size_t bytes_max,
                                 std::string_view field);
  [[nodiscard]] std::string bytes(const Bytes* bytes, std::size_t bytes_max,
                                  std::string_view field);
  [[nodiscard]] std::string bucket(const flatbuffers::String* text);
  [[nodiscard]] std::string key(const Bytes* bytes);
  [[nodiscard]] std::string value(const Bytes* bytes);
  [[nodiscard]] std::string content_type(const flatbuffers::String* text);
  [[nodiscard]] KeyAddress address(const flatbuffers::String* bucket_text, const Bytes* key_bytes);
  [[nodiscard]] KeyAddress address(const wire::Address& address);

  [[nodiscard]] Duration remaining(std::int64_t nanoseconds);
  [[nodiscard]] PartitionId partition(std::uint16_t number);
  [[nodiscard]] RepairOrder order(const wire::RepairOrder& order);
  [[nodiscard]] Level level(const wire::LevelValue& level);
  [[nodiscard]] ReadLevels levels(const wire::ReadLevelPair& levels);
  [[nodiscard]] WriteLevels levels(const wire::WriteLevelTriple& levels);
  [[nodiscard]] StatusCode error_code(std::uint8_t number);
  // An error as it was sent: the code, the words, the advice when to try again.
  [[nodiscard]] Status error(std::uint8_t code, const flatbuffers::String* message,
                             std::uint32_t retry_after_ms);

  // An enum whose greatest enumerator is `last` and that has no gaps.
  template <typename Enum>
  [[nodiscard]] Enum enumerator(std::uint8_t number, Enum last, std::string_view field) {
    if (number <= static_cast<std::uint8_t>(last)) return static_cast<Enum>(number);
    fail(field, "unknown value");
    return last;
  }

  // In normal form, or a fault.
  [[nodiscard]] VectorClock clock(const Events* prefix, const Events* cloud);
  [[nodiscard]] VectorClock clock(const std::vector<VectorClock::Entry>& prefix,
                                  const std::vector<Dot>& cloud);
  [[nodiscard]] SiblingSet record(const wire::Record& record);
  // Well formed and ascending by dot, or a fault.
  [[nodiscard]] SiblingSet versions(VectorClock clock, std::vector<Sibling> siblings);

  // The numbers of a flat vector, none for an absent one; no more than `count_max`. The verifier
  // looks where the first of them is aligned for itself only: a wide one may follow a length that
  // stands where four bytes may.
  template <typename Number>
  [[nodiscard]] std::vector<Number> numbers(const flatbuffers::Vector<Number>* column,
                                            std::size_t count_max, std::string_view field) {
    if (column == nullptr || column->size() == 0) return {};
    if (!is_sound(column->Data(), alignof(Number), field)) return {};
    require(column->size() <= count_max, field, "too many");
    if (failed()) return {};
    return {column->begin(), column->end()};
  }

  // The structs of a flat vector, none for an absent one; no more than `count_max`. The verifier
  // does not check that the first of them is aligned.
  template <typename Struct>
  [[nodiscard]] std::vector<Struct> structs(const flatbuffers::Vector<const Struct*>* column,
                                            std::size_t count_max, std::string_view field) {
    if (column == nullptr || column->size() == 0) return {};
    if (!is_sound(column->Data(), alignof(Struct), field)) return {};
    require(column->size() <= count_max, field, "too many");
    if (failed()) return {};
    std::vector<Struct> copied;
    copied.reserve(column->size());
    for (const Struct* const item : *column) copied.push_back(*item);
    return copied;
  }

 private:
  [[nodiscard]] bool is_sound(const void* column, std::size_t alignment, std::string_view field);
  [[nodiscard]] std::string copy(std::string_view from, std::size_t bytes_max,
                                 std::string_view field);
  [[nodiscard]] Sibling sibling(const wire::Sibling& sibling);

  std::size_t copyable_bytes_;
  Status status_;
};

[[nodiscard]] Hash128 hash_of(const wire::Hash& hash);
[[nodiscard]] Dot dot_of(const wire::Event& event);
[[nodiscard]] RequestId request_of(const wire::Request& request);
[[nodiscard]] ReplyCounts counts_of(const wire::Counts& counts);
[[nodiscard]] RepairProgress progress_of(const wire::RepairProgress& progress);
// nullptr: a node that says nothing of routes.
[[nodiscard]] RouteHint route_of(const wire::RouteHint* route);

}  // namespace starling

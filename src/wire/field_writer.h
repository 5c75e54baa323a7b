#pragma once

// How the parts that many messages share are laid into a FlatBuffers builder. Its mirror is
// field_reader.h. Absent and empty are the same thing on the wire, and cost nothing.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "base/hash.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "peer_generated.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

using Builder = flatbuffers::FlatBufferBuilder;
using TextOffset = flatbuffers::Offset<flatbuffers::String>;
using BytesOffset = flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>>;
using EventsOffset = flatbuffers::Offset<flatbuffers::Vector<const wire::Event*>>;

[[nodiscard]] TextOffset write_text(Builder& builder, std::string_view text);
// At most `bytes_max` of it: for messages to people, which must fit whatever they quote.
[[nodiscard]] TextOffset write_cut_text(Builder& builder, std::string_view text,
                                        std::size_t bytes_max);
[[nodiscard]] BytesOffset write_bytes(Builder& builder, std::string_view bytes);
// For required fields: there even when empty.
[[nodiscard]] TextOffset write_required_text(Builder& builder, std::string_view text);
[[nodiscard]] BytesOffset write_required_bytes(Builder& builder, std::string_view bytes);

[[nodiscard]] wire::Hash wire_hash(const Hash128& hash);
[[nodiscard]] wire::Event wire_event(const Dot& dot);
[[nodiscard]] wire::LevelValue wire_level(const Level& level);
[[nodiscard]] wire::ReadLevelPair wire_levels(const ReadLevels& levels);
[[nodiscard]] wire::WriteLevelTriple wire_levels(const WriteLevels& levels);
[[nodiscard]] wire::Request wire_request(const RequestId& request);
// The advice of an error, cut to what a reader takes.
[[nodiscard]] std::uint32_t wire_retry_after(const Status& status);
[[nodiscard]] wire::Counts wire_counts(const ReplyCounts& counts);
[[nodiscard]] wire::RouteHint wire_route(const RouteHint& route);
[[nodiscard]] wire::RepairOrder wire_order(const RepairOrder& order);
[[nodiscard]] wire::RepairProgress wire_progress(const RepairProgress& progress);

[[nodiscard]] flatbuffers::Offset<wire::Address> write_address(Builder& builder,
                                                               const KeyAddress& address);

struct ClockOffsets {
  EventsOffset prefix;
  EventsOffset cloud;
};
enum class EmptyColumns : std::uint8_t { Omit, Write };
[[nodiscard]] ClockOffsets write_clock_columns(Builder& builder, const VectorClock& clock,
                                               EmptyColumns empty = EmptyColumns::Omit);
[[nodiscard]] flatbuffers::Offset<wire::Record> write_record(Builder& builder,
                                                             const SiblingSet& versions);

// A flat vector of structs; nothing when there is none.
template <typename Struct>
[[nodiscard]] flatbuffers::Offset<flatbuffers::Vector<const Struct*>> write_structs(
    Builder& builder, const std::vector<Struct>& structs) {
  if (structs.empty()) return 0;
  return builder.CreateVectorOfStructs(structs);
}

}  // namespace starling

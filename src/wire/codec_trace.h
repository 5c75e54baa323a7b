#pragma once

// The table of a trace, as the replies that carry one hold it. Each text stands there once: the
// events of one request speak of few members.

#include <cstddef>

#include <flatbuffers/buffer.h>

#include "starling/trace.h"

#include "common_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {

// A member's name is cut to it, results are shorter.
inline constexpr std::size_t kTraceWordBytesMax = 64;

// Nothing for a trace without events. More than kTraceEventsMax of them are cut off and counted.
[[nodiscard]] flatbuffers::Offset<wire::Trace> write_trace(Builder& builder, const Trace& trace);
// nullptr: no trace. Events of a kind that is not known here are counted as left out.
[[nodiscard]] Trace read_trace(FieldReader& reader, const wire::Trace* table);

}  // namespace starling

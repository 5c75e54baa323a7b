#pragma once

// The question and the page of a filling.

#include "message/fill_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

template <>
struct WireType<FillRead> : WireEntry<wire::FillRead, FrameType::FillRead> {};
template <>
struct WireType<FillPage> : WireEntry<wire::FillPage, FrameType::FillPage> {};

flatbuffers::Offset<wire::FillRead> write_table(Builder& builder, const FillRead& read);
flatbuffers::Offset<wire::FillPage> write_table(Builder& builder, const FillPage& page);

FillRead read_table(FieldReader& reader, const wire::FillRead& table);
FillPage read_table(FieldReader& reader, const wire::FillPage& table);

}  // namespace starling

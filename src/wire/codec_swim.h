#pragma once

// What failure detectors say.

#include "message/swim_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

template <>
struct WireType<SwimMessage> : WireEntry<wire::SwimMessage, FrameType::SwimMessage> {};

flatbuffers::Offset<wire::SwimMessage> write_table(Builder& builder, const SwimMessage& message);

SwimMessage read_table(FieldReader& reader, const wire::SwimMessage& table);

}  // namespace starling

#pragma once

// Hints between nodes: kept for a home that is away, brought to it, counted.

#include <cstddef>

#include "message/peer_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// Homes in one count: as many as a cluster has members.
inline constexpr std::size_t kHintCountsMax = 2048;

template <>
struct WireType<HintWrite> : WireEntry<wire::HintWrite, FrameType::HintWrite> {};
template <>
struct WireType<HintWriteReply> : WireEntry<wire::HintWriteReply, FrameType::HintWriteReply> {};
template <>
struct WireType<HintHandoff> : WireEntry<wire::HintHandoff, FrameType::HintHandoff> {};
template <>
struct WireType<HintHandoffReply> : WireEntry<wire::HintHandoffReply, FrameType::HintHandoffReply> {
};
template <>
struct WireType<WorkCensus> : WireEntry<wire::WorkCensus, FrameType::WorkCensus> {};
template <>
struct WireType<WorkCensusReply> : WireEntry<wire::WorkCensusReply, FrameType::WorkCensusReply> {};

flatbuffers::Offset<wire::HintWrite> write_table(Builder& builder, const HintWrite& write);
flatbuffers::Offset<wire::HintWriteReply> write_table(Builder& builder,
                                                      const HintWriteReply& reply);
flatbuffers::Offset<wire::HintHandoff> write_table(Builder& builder, const HintHandoff& handoff);
flatbuffers::Offset<wire::HintHandoffReply> write_table(Builder& builder,
                                                        const HintHandoffReply& reply);
flatbuffers::Offset<wire::WorkCensus> write_table(Builder& builder, const WorkCensus& census);
flatbuffers::Offset<wire::WorkCensusReply> write_table(Builder& builder,
                                                       const WorkCensusReply& reply);

HintWrite read_table(FieldReader& reader, const wire::HintWrite& table);
HintWriteReply read_table(FieldReader& reader, const wire::HintWriteReply& table);
HintHandoff read_table(FieldReader& reader, const wire::HintHandoff& table);
HintHandoffReply read_table(FieldReader& reader, const wire::HintHandoffReply& table);
WorkCensus read_table(FieldReader& reader, const wire::WorkCensus& table);
WorkCensusReply read_table(FieldReader& reader, const wire::WorkCensusReply& table);

}  // namespace starling

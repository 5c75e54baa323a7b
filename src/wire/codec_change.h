#pragma once

// The tables of orders about the members, written and read.

#include <cstddef>

#include "admin_generated.h"
#include "message/client_messages.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// Of each kind in one answer: members as many as there may be, and a line for each of them.
inline constexpr std::size_t kChangeLinesMax = 2048;

template <>
struct WireType<ClientClusterChange>
    : WireEntry<wire::ClientClusterChange, FrameType::ClientClusterChange> {};
template <>
struct WireType<ClusterChangeReply>
    : WireEntry<wire::ClusterChangeReply, FrameType::ClusterChangeReply> {};

flatbuffers::Offset<wire::ClientClusterChange> write_table(Builder& builder,
                                                           const ClientClusterChange& request,
                                                           Duration remaining);
flatbuffers::Offset<wire::ClusterChangeReply> write_table(Builder& builder,
                                                          const ClusterChangeReply& reply);

ClientClusterChange read_table(FieldReader& reader, const wire::ClientClusterChange& table);
ClusterChangeReply read_table(FieldReader& reader, const wire::ClusterChangeReply& table);

}  // namespace starling

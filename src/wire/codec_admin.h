#pragma once

// The tables of administration, written and read. Lists over all partitions are flat columns, as in
// codec_scan.h, and name each member once.

#include <cstddef>

#include "admin_generated.h"
#include "message/client_messages.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// As many as a cluster can be founded with, and what may have joined since.
inline constexpr std::size_t kListedMembersMax = 2048;
inline constexpr std::size_t kStatusMessagesMax = 1024;
// Each is a table with four texts, and the verifier allows 4096 tables in one message.
inline constexpr std::size_t kTasksMax = 2048;

template <>
struct WireType<ClientClusterStatus>
    : WireEntry<wire::ClientClusterStatus, FrameType::ClientClusterStatus> {};
template <>
struct WireType<ClientClusterRing>
    : WireEntry<wire::ClientClusterRing, FrameType::ClientClusterRing> {};
template <>
struct WireType<ClientClusterDigest>
    : WireEntry<wire::ClientClusterDigest, FrameType::ClientClusterDigest> {};
template <>
struct WireType<ClientNodeInfo> : WireEntry<wire::ClientNodeInfo, FrameType::ClientNodeInfo> {};
template <>
struct WireType<ClientClusterTasks>
    : WireEntry<wire::ClientClusterTasks, FrameType::ClientClusterTasks> {};
template <>
struct WireType<ClusterStatusReply>
    : WireEntry<wire::ClusterStatusReply, FrameType::ClusterStatusReply> {};
template <>
struct WireType<ClusterRingReply> : WireEntry<wire::ClusterRingReply, FrameType::ClusterRingReply> {
};
template <>
struct WireType<ClusterDigestReply>
    : WireEntry<wire::ClusterDigestReply, FrameType::ClusterDigestReply> {};
template <>
struct WireType<NodeInfoReply> : WireEntry<wire::NodeInfoReply, FrameType::NodeInfoReply> {};
template <>
struct WireType<ClusterTasksReply>
    : WireEntry<wire::ClusterTasksReply, FrameType::ClusterTasksReply> {};
template <>
struct WireType<ClientClusterRepair>
    : WireEntry<wire::ClientClusterRepair, FrameType::ClientClusterRepair> {};
template <>
struct WireType<ClusterRepairReply>
    : WireEntry<wire::ClusterRepairReply, FrameType::ClusterRepairReply> {};

flatbuffers::Offset<wire::ClientClusterStatus> write_table(Builder& builder,
                                                           const ClientClusterStatus& request,
                                                           Duration remaining);
flatbuffers::Offset<wire::ClientClusterRing> write_table(Builder& builder,
                                                         const ClientClusterRing& request,
                                                         Duration remaining);
flatbuffers::Offset<wire::ClientClusterDigest> write_table(Builder& builder,
                                                           const ClientClusterDigest& request,
                                                           Duration remaining);
flatbuffers::Offset<wire::ClientNodeInfo> write_table(Builder& builder,
                                                      const ClientNodeInfo& request,
                                                      Duration remaining);
flatbuffers::Offset<wire::ClusterStatusReply> write_table(Builder& builder,
                                                          const ClusterStatusReply& reply);
flatbuffers::Offset<wire::ClusterRingReply> write_table(Builder& builder,
                                                        const ClusterRingReply& reply);
flatbuffers::Offset<wire::ClusterDigestReply> write_table(Builder& builder,
                                                          const ClusterDigestReply& reply);
flatbuffers::Offset<wire::NodeInfoReply> write_table(Builder& builder, const NodeInfoReply& reply);
flatbuffers::Offset<wire::ClientClusterTasks> write_table(Builder& builder,
                                                          const ClientClusterTasks& request,
                                                          Duration remaining);
flatbuffers::Offset<wire::ClusterTasksReply> write_table(Builder& builder,
                                                         const ClusterTasksReply& reply);
flatbuffers::Offset<wire::ClientClusterRepair> write_table(Builder& builder,
                                                           const ClientClusterRepair& request,
                                                           Duration remaining);
flatbuffers::Offset<wire::ClusterRepairReply> write_table(Builder& builder,
                                                          const ClusterRepairReply& reply);

ClientClusterStatus read_table(FieldReader& reader, const wire::ClientClusterStatus& table);
ClientClusterRing read_table(FieldReader& reader, const wire::ClientClusterRing& table);
ClientClusterDigest read_table(FieldReader& reader, const wire::ClientClusterDigest& table);
ClientNodeInfo read_table(FieldReader& reader, const wire::ClientNodeInfo& table);
ClusterStatusReply read_table(FieldReader& reader, const wire::ClusterStatusReply& table);
ClusterRingReply read_table(FieldReader& reader, const wire::ClusterRingReply& table);
ClusterDigestReply read_table(FieldReader& reader, const wire::ClusterDigestReply& table);
NodeInfoReply read_table(FieldReader& reader, const wire::NodeInfoReply& table);
ClientClusterTasks read_table(FieldReader& reader, const wire::ClientClusterTasks& table);
ClusterTasksReply read_table(FieldReader& reader, const wire::ClusterTasksReply& table);
ClientClusterRepair read_table(FieldReader& reader, const wire::ClientClusterRepair& table);
ClusterRepairReply read_table(FieldReader& reader, const wire::ClusterRepairReply& table);

}  // namespace starling

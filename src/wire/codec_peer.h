#pragma once

// The tables of what nodes say to each other, written and read. Scans and digests, whose replies
// are long lists, are in codec_scan.h.

#include "message/hello.h"
#include "message/peer_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

template <>
struct WireType<Hello> : WireEntry<wire::Hello, FrameType::Hello> {};
template <>
struct WireType<ReplicaWrite> : WireEntry<wire::ReplicaWrite, FrameType::ReplicaWrite> {};
template <>
struct WireType<ReplicaWriteReply>
    : WireEntry<wire::ReplicaWriteReply, FrameType::ReplicaWriteReply> {};
template <>
struct WireType<ReplicaRead> : WireEntry<wire::ReplicaRead, FrameType::ReplicaRead> {};
template <>
struct WireType<ReplicaReadReply> : WireEntry<wire::ReplicaReadReply, FrameType::ReplicaReadReply> {
};
template <>
struct WireType<ForwardedPut> : WireEntry<wire::ForwardedPut, FrameType::ForwardedPut> {};
template <>
struct WireType<ForwardedPutReply>
    : WireEntry<wire::ForwardedPutReply, FrameType::ForwardedPutReply> {};
template <>
struct WireType<BootAnnouncement> : WireEntry<wire::BootAnnouncement, FrameType::BootAnnouncement> {
};
template <>
struct WireType<BootReply> : WireEntry<wire::BootReply, FrameType::BootReply> {};
template <>
struct WireType<StoreNotice> : WireEntry<wire::StoreNotice, FrameType::StoreNotice> {};
template <>
struct WireType<Heartbeat> : WireEntry<wire::Heartbeat, FrameType::Heartbeat> {};

flatbuffers::Offset<wire::Hello> write_table(Builder& builder, const Hello& hello);
flatbuffers::Offset<wire::ReplicaWrite> write_table(Builder& builder, const ReplicaWrite& write);
flatbuffers::Offset<wire::ReplicaWriteReply> write_table(Builder& builder,
                                                         const ReplicaWriteReply& reply);
flatbuffers::Offset<wire::ReplicaRead> write_table(Builder& builder, const ReplicaRead& read);
flatbuffers::Offset<wire::ReplicaReadReply> write_table(Builder& builder,
                                                        const ReplicaReadReply& reply);
flatbuffers::Offset<wire::ForwardedPut> write_table(Builder& builder, const ForwardedPut& put);
flatbuffers::Offset<wire::ForwardedPutReply> write_table(Builder& builder,
                                                         const ForwardedPutReply& reply);
flatbuffers::Offset<wire::BootAnnouncement> write_table(Builder& builder,
                                                        const BootAnnouncement& announcement);
flatbuffers::Offset<wire::BootReply> write_table(Builder& builder, const BootReply& reply);
flatbuffers::Offset<wire::StoreNotice> write_table(Builder& builder, const StoreNotice& notice);
flatbuffers::Offset<wire::Heartbeat> write_table(Builder& builder, const Heartbeat& beat);

// Shared with the scans.
[[nodiscard]] wire::Envelope wire_envelope(const Envelope& envelope);
[[nodiscard]] Envelope read_envelope(FieldReader& reader, const wire::Envelope& envelope);

Hello read_table(FieldReader& reader, const wire::Hello& table);
ReplicaWrite read_table(FieldReader& reader, const wire::ReplicaWrite& table);
ReplicaWriteReply read_table(FieldReader& reader, const wire::ReplicaWriteReply& table);
ReplicaRead read_table(FieldReader& reader, const wire::ReplicaRead& table);
ReplicaReadReply read_table(FieldReader& reader, const wire::ReplicaReadReply& table);
ForwardedPut read_table(FieldReader& reader, const wire::ForwardedPut& table);
ForwardedPutReply read_table(FieldReader& reader, const wire::ForwardedPutReply& table);
BootAnnouncement read_table(FieldReader& reader, const wire::BootAnnouncement& table);
BootReply read_table(FieldReader& reader, const wire::BootReply& table);
StoreNotice read_table(FieldReader& reader, const wire::StoreNotice& table);
Heartbeat read_table(FieldReader& reader, const wire::Heartbeat& table);

}  // namespace starling

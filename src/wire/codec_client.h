#pragma once

// The tables of the data requests of clients and of their replies, written and read.

#include "client_generated.h"
#include "message/client_messages.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

template <>
struct WireType<ClientPut> : WireEntry<wire::ClientPut, FrameType::ClientPut> {};
template <>
struct WireType<ClientGet> : WireEntry<wire::ClientGet, FrameType::ClientGet> {};
template <>
struct WireType<ClientDelete> : WireEntry<wire::ClientDelete, FrameType::ClientDelete> {};
template <>
struct WireType<ClientKeys> : WireEntry<wire::ClientKeys, FrameType::ClientKeys> {};
template <>
struct WireType<ErrorReply> : WireEntry<wire::ErrorReply, FrameType::ErrorReply> {};
template <>
struct WireType<PutReply> : WireEntry<wire::PutReply, FrameType::PutReply> {};
template <>
struct WireType<GetReply> : WireEntry<wire::GetReply, FrameType::GetReply> {};
template <>
struct WireType<KeysReply> : WireEntry<wire::KeysReply, FrameType::KeysReply> {};

// A request's table holds its remaining time as well; codec.cc reads that back.
flatbuffers::Offset<wire::ClientPut> write_table(Builder& builder, const ClientPut& put,
                                                 Duration remaining);
flatbuffers::Offset<wire::ClientGet> write_table(Builder& builder, const ClientGet& get,
                                                 Duration remaining);
flatbuffers::Offset<wire::ClientDelete> write_table(Builder& builder, const ClientDelete& erase,
                                                    Duration remaining);
flatbuffers::Offset<wire::ClientKeys> write_table(Builder& builder, const ClientKeys& keys,
                                                  Duration remaining);
flatbuffers::Offset<wire::ErrorReply> write_table(Builder& builder, const ErrorReply& reply);
flatbuffers::Offset<wire::PutReply> write_table(Builder& builder, const PutReply& reply);
flatbuffers::Offset<wire::GetReply> write_table(Builder& builder, const GetReply& reply);
flatbuffers::Offset<wire::KeysReply> write_table(Builder& builder, const KeysReply& reply);

ClientPut read_table(FieldReader& reader, const wire::ClientPut& table);
ClientGet read_table(FieldReader& reader, const wire::ClientGet& table);
ClientDelete read_table(FieldReader& reader, const wire::ClientDelete& table);
ClientKeys read_table(FieldReader& reader, const wire::ClientKeys& table);
ErrorReply read_table(FieldReader& reader, const wire::ErrorReply& table);
PutReply read_table(FieldReader& reader, const wire::PutReply& table);
GetReply read_table(FieldReader& reader, const wire::GetReply& table);
KeysReply read_table(FieldReader& reader, const wire::KeysReply& table);

}  // namespace starling

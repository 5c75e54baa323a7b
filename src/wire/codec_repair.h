#pragma once

// What replicas say to each other to become equal without being read: sums, lists of keys, records.

#include <cstddef>
#include <vector>

#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// No sound question or answer has more; the machines in repair/ ask for less.
inline constexpr std::size_t kTreeNodesMax = 4096;
inline constexpr std::size_t kTreeSumsMax = 4096;
inline constexpr std::size_t kListedEntriesMax = 8192;
inline constexpr std::size_t kRepairTokensMax = 1024;

template <>
struct WireType<TreeRead> : WireEntry<wire::TreeRead, FrameType::TreeRead> {};
template <>
struct WireType<TreeReadReply> : WireEntry<wire::TreeReadReply, FrameType::TreeReadReply> {};
template <>
struct WireType<KeyListRead> : WireEntry<wire::KeyListRead, FrameType::KeyListRead> {};
template <>
struct WireType<KeyListReply> : WireEntry<wire::KeyListReply, FrameType::KeyListReply> {};
template <>
struct WireType<RecordsRead> : WireEntry<wire::RecordsRead, FrameType::RecordsRead> {};
template <>
struct WireType<RecordsReply> : WireEntry<wire::RecordsReply, FrameType::RecordsReply> {};
template <>
struct WireType<OrderedRepair> : WireEntry<wire::OrderedRepair, FrameType::OrderedRepair> {};
template <>
struct WireType<OrderedRepairReply>
    : WireEntry<wire::OrderedRepairReply, FrameType::OrderedRepairReply> {};

using KeyedRecords = flatbuffers::Vector<flatbuffers::Offset<wire::KeyedRecord>>;
using KeyedRecordsOffset = flatbuffers::Offset<KeyedRecords>;
// A list of records, none for an absent one.
KeyedRecordsOffset write_keyed_records(Builder& builder, const std::vector<KeyedRecord>& records);
std::vector<KeyedRecord> read_keyed_records(FieldReader& reader, const KeyedRecords* column);

flatbuffers::Offset<wire::TreeRead> write_table(Builder& builder, const TreeRead& read);
flatbuffers::Offset<wire::TreeReadReply> write_table(Builder& builder, const TreeReadReply& reply);
flatbuffers::Offset<wire::KeyListRead> write_table(Builder& builder, const KeyListRead& read);
flatbuffers::Offset<wire::KeyListReply> write_table(Builder& builder, const KeyListReply& reply);
flatbuffers::Offset<wire::RecordsRead> write_table(Builder& builder, const RecordsRead& read);
flatbuffers::Offset<wire::RecordsReply> write_table(Builder& builder, const RecordsReply& reply);
flatbuffers::Offset<wire::OrderedRepair> write_table(Builder& builder,
                                                     const OrderedRepair& ordered);
flatbuffers::Offset<wire::OrderedRepairReply> write_table(Builder& builder,
                                                          const OrderedRepairReply& reply);

TreeRead read_table(FieldReader& reader, const wire::TreeRead& table);
TreeReadReply read_table(FieldReader& reader, const wire::TreeReadReply& table);
KeyListRead read_table(FieldReader& reader, const wire::KeyListRead& table);
KeyListReply read_table(FieldReader& reader, const wire::KeyListReply& table);
RecordsRead read_table(FieldReader& reader, const wire::RecordsRead& table);
RecordsReply read_table(FieldReader& reader, const wire::RecordsReply& table);
OrderedRepair read_table(FieldReader& reader, const wire::OrderedRepair& table);
OrderedRepairReply read_table(FieldReader& reader, const wire::OrderedRepairReply& table);

}  // namespace starling

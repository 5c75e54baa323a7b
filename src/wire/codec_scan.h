#pragma once

// Scans and digests between nodes. Their replies hold thousands of entries, so they are flat
// columns instead of tables: the verifier allows few tables, and columns cost a fraction.

#include <cstddef>

#include "message/peer_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {

// More than any coordinator asks for; keeps a hostile reply from unfolding into much memory.
inline constexpr std::size_t kScanEntriesMax = std::size_t{64} << 10U;

template <>
struct WireType<ScanRange> : WireEntry<wire::ScanRange, FrameType::ScanRange> {};
template <>
struct WireType<ScanRangeReply> : WireEntry<wire::ScanRangeReply, FrameType::ScanRangeReply> {};
template <>
struct WireType<DigestRange> : WireEntry<wire::DigestRange, FrameType::DigestRange> {};
template <>
struct WireType<DigestRangeReply> : WireEntry<wire::DigestRangeReply, FrameType::DigestRangeReply> {
};

flatbuffers::Offset<wire::ScanRange> write_table(Builder& builder, const ScanRange& scan);
// Values are not written: a scan has none.
flatbuffers::Offset<wire::ScanRangeReply> write_table(Builder& builder,
                                                      const ScanRangeReply& reply);
flatbuffers::Offset<wire::DigestRange> write_table(Builder& builder, const DigestRange& range);
flatbuffers::Offset<wire::DigestRangeReply> write_table(Builder& builder,
                                                        const DigestRangeReply& reply);

ScanRange read_table(FieldReader& reader, const wire::ScanRange& table);
ScanRangeReply read_table(FieldReader& reader, const wire::ScanRangeReply& table);
DigestRange read_table(FieldReader& reader, const wire::DigestRange& table);
// Entries ascend by partition.
DigestRangeReply read_table(FieldReader& reader, const wire::DigestRangeReply& table);

}  // namespace starling

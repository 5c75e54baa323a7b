#include "wire/codec_repair.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <flatbuffers/buffer.h>
#include <flatbuffers/vector.h>

#include "base/hash.h"
#include "base/ids.h"
#include "common_generated.h"
#include "message/repair_messages.h"
#include "peer_generated.h"
#include "ring/token.h"
#include "wire/codec_peer.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

template <typename Number>
flatbuffers::Offset<flatbuffers::Vector<Number>> write_numbers(Builder& builder,
                                                               const std::vector<Number>& numbers) {
  if (numbers.empty()) return 0;
  return builder.CreateVector(numbers);
}

flatbuffers::Offset<flatbuffers::Vector<std::uint64_t>> write_tokens(
    Builder& builder, const std::vector<Token>& tokens) {
  if (tokens.empty()) return 0;
  return builder.CreateVector<std::uint64_t>(tokens.size(),
                                             [&](std::size_t i) { return tokens[i].value; });
}

std::vector<Token> read_tokens(FieldReader& reader,
                               const flatbuffers::Vector<std::uint64_t>* column,
                               std::string_view field) {
  std::vector<Token> tokens;
  for (const std::uint64_t token : reader.numbers(column, kRepairTokensMax, field)) {
    tokens.push_back(Token{token});
  }
  return tokens;
}

RepairOutcome read_outcome(FieldReader& reader, std::uint8_t number) {
  return reader.enumerator(number, RepairOutcome::Refused, "outcome");
}

std::optional<Token> maybe_token(bool there, std::uint64_t value) {
  return there ? std::optional(Token{value}) : std::nullopt;
}

flatbuffers::Offset<wire::KeyedRecord> write_keyed(Builder& builder, const KeyedRecord& record) {
  const auto versions = write_record(builder, record.versions);
  const BytesOffset key = write_required_bytes(builder, record.address.key);
  const TextOffset bucket = write_required_text(builder, record.address.bucket);
  return wire::CreateKeyedRecord(builder, record.token.value, bucket, key, versions);
}

}  // namespace

KeyedRecordsOffset write_keyed_records(Builder& builder, const std::vector<KeyedRecord>& records) {
  if (records.empty()) return 0;
  std::vector<flatbuffers::Offset<wire::KeyedRecord>> column;
  column.reserve(records.size());
  for (const KeyedRecord& record : records) column.push_back(write_keyed(builder, record));
  return builder.CreateVector(column);
}

std::vector<KeyedRecord> read_keyed_records(FieldReader& reader, const KeyedRecords* column) {
  std::vector<KeyedRecord> records;
  if (column == nullptr) return records;
  for (const wire::KeyedRecord* const record : *column) {
    if (reader.failed()) return records;
    KeyAddress address = reader.address(record->bucket(), record->key());
    records.push_back({.token = Token{record->token()},
                       .address = std::move(address),
                       .versions = reader.record(*record->versions())});
  }
  return records;
}

flatbuffers::Offset<wire::TreeRead> write_table(Builder& builder, const TreeRead& read) {
  const auto nodes = write_numbers(builder, read.nodes);
  const wire::Envelope envelope = wire_envelope(read.envelope);
  return wire::CreateTreeRead(builder, &envelope, read.depth, read.child_depth, nodes);
}

TreeRead read_table(FieldReader& reader, const wire::TreeRead& table) {
  TreeRead read;
  read.envelope = read_envelope(reader, *table.envelope());
  read.depth = table.depth();
  read.child_depth = table.child_depth();
  read.nodes = reader.numbers(table.nodes(), kTreeNodesMax, "nodes");
  return read;
}

flatbuffers::Offset<wire::TreeReadReply> write_table(Builder& builder, const TreeReadReply& reply) {
  std::vector<wire::Hash> sums;
  sums.reserve(reply.sums.size());
  for (const Hash128& sum : reply.sums) sums.push_back(wire_hash(sum));
  const auto column = write_structs(builder, sums);
  return wire::CreateTreeReadReply(builder, reply.operation.value,
                                   static_cast<std::uint8_t>(reply.outcome), reply.leaf_depth,
                                   column);
}

TreeReadReply read_table(FieldReader& reader, const wire::TreeReadReply& table) {
  TreeReadReply reply{.operation = OperationId{table.operation()},
                      .outcome = read_outcome(reader, table.outcome()),
                      .leaf_depth = table.leaf_depth()};
  for (const wire::Hash& sum : reader.structs<wire::Hash>(table.sums(), kTreeSumsMax, "sums")) {
    reply.sums.push_back(hash_of(sum));
  }
  return reply;
}

flatbuffers::Offset<wire::KeyListRead> write_table(Builder& builder, const KeyListRead& read) {
  const auto leaves = write_numbers(builder, read.leaves);
  const wire::Envelope envelope = wire_envelope(read.envelope);
  return wire::CreateKeyListRead(builder, &envelope, read.depth, leaves, read.after.has_value(),
                                 read.after.value_or(Token{}).value, read.entries_max);
}

KeyListRead read_table(FieldReader& reader, const wire::KeyListRead& table) {
  KeyListRead read;
  read.envelope = read_envelope(reader, *table.envelope());
  read.depth = table.depth();
  read.leaves = reader.numbers(table.leaves(), kTreeNodesMax, "leaves");
  read.after = maybe_token(table.has_after(), table.after());
  read.entries_max = table.entries_max();
  return read;
}

flatbuffers::Offset<wire::KeyListReply> write_table(Builder& builder, const KeyListReply& reply) {
  std::vector<wire::KeyDigestItem> entries;
  entries.reserve(reply.entries.size());
  for (const KeyDigest& entry : reply.entries) {
    entries.emplace_back(entry.token.value, entry.digest);
  }
  const auto column = write_structs(builder, entries);
  return wire::CreateKeyListReply(
      builder, reply.operation.value, static_cast<std::uint8_t>(reply.outcome), column,
      reply.stopped_at.has_value(), reply.stopped_at.value_or(Token{}).value);
}

KeyListReply read_table(FieldReader& reader, const wire::KeyListReply& table) {
  KeyListReply reply{.operation = OperationId{table.operation()},
                     .outcome = read_outcome(reader, table.outcome())};
  for (const wire::KeyDigestItem& entry :
       reader.structs<wire::KeyDigestItem>(table.entries(), kListedEntriesMax, "entries")) {
    reply.entries.push_back({.token = Token{entry.token()}, .digest = entry.digest()});
  }
  reply.stopped_at = maybe_token(table.stopped(), table.stopped_at());
  return reply;
}

flatbuffers::Offset<wire::RecordsRead> write_table(Builder& builder, const RecordsRead& read) {
  const auto tokens = write_tokens(builder, read.tokens);
  const wire::Envelope envelope = wire_envelope(read.envelope);
  return wire::CreateRecordsRead(builder, &envelope, tokens);
}

RecordsRead read_table(FieldReader& reader, const wire::RecordsRead& table) {
  RecordsRead read;
  read.envelope = read_envelope(reader, *table.envelope());
  read.tokens = read_tokens(reader, table.tokens(), "tokens");
  return read;
}

flatbuffers::Offset<wire::RecordsReply> write_table(Builder& builder, const RecordsReply& reply) {
  const auto column = write_keyed_records(builder, reply.records);
  const auto unreadable = write_tokens(builder, reply.unreadable);
  return wire::CreateRecordsReply(builder, reply.operation.value,
                                  static_cast<std::uint8_t>(reply.outcome), reply.fence.value,
                                  column, reply.tokens_answered, unreadable);
}

RecordsReply read_table(FieldReader& reader, const wire::RecordsReply& table) {
  RecordsReply reply{.operation = OperationId{table.operation()},
                     .outcome = read_outcome(reader, table.outcome()),
                     .fence = FenceStamp{table.fence()},
                     .tokens_answered = table.tokens_answered(),
                     .unreadable = read_tokens(reader, table.unreadable(), "unreadable")};
  reply.records = read_keyed_records(reader, table.records());
  return reply;
}

flatbuffers::Offset<wire::OrderedRepair> write_table(Builder& builder,
                                                     const OrderedRepair& ordered) {
  const wire::RepairOrder order = wire_order(ordered.order);
  return wire::CreateOrderedRepair(builder, ordered.operation.value, &order);
}

OrderedRepair read_table(FieldReader& reader, const wire::OrderedRepair& table) {
  return {.operation = OperationId{table.operation()}, .order = reader.order(*table.order())};
}

flatbuffers::Offset<wire::OrderedRepairReply> write_table(Builder& builder,
                                                          const OrderedRepairReply& reply) {
  const wire::RepairProgress progress = wire_progress(reply.progress);
  return wire::CreateOrderedRepairReply(builder, reply.operation.value,
                                        static_cast<std::uint8_t>(reply.standing), &progress);
}

OrderedRepairReply read_table(FieldReader& reader, const wire::OrderedRepairReply& table) {
  return {.operation = OperationId{table.operation()},
          .standing = reader.enumerator(table.standing(), RepairStanding::NotCounting, "standing"),
          .progress = progress_of(*table.progress())};
}

}  // namespace starling

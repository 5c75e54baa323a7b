#include "wire/codec_client.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <flatbuffers/buffer.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/time.h"
#include "client_generated.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "wire/codec_trace.h"
#include "wire/column.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"

namespace starling {
namespace {

// A dot as text: three numbers of 16 digits, and then some.
constexpr std::size_t kDotTextBytesMax = 128;

flatbuffers::Offset<wire::SiblingReply> write_sibling(Builder& builder,
                                                      const SiblingReply& sibling) {
  const BytesOffset value = write_bytes(builder, sibling.value);
  const TextOffset content_type = write_text(builder, sibling.content_type);
  const TextOffset dot = write_text(builder, sibling.dot);
  return wire::CreateSiblingReply(builder, value, content_type, sibling.modified.milliseconds, dot);
}

SiblingReply read_sibling(FieldReader& reader, const wire::SiblingReply& table) {
  SiblingReply sibling;
  sibling.value = reader.value(table.value());
  sibling.content_type = reader.content_type(table.content_type());
  sibling.modified = WallTime{table.modified()};
  sibling.dot = reader.text(table.dot(), kDotTextBytesMax, "dot");
  // As for tasks (codec_admin.cc): nothing at all is no sibling.
  reader.require(!sibling.dot.empty(), "dot", "empty");
  return sibling;
}

}  // namespace

flatbuffers::Offset<wire::ClientPut> write_table(Builder& builder, const ClientPut& put,
                                                 Duration remaining) {
  const BytesOffset value = write_bytes(builder, put.value);
  const TextOffset content_type = write_text(builder, put.content_type);
  const TextOffset context = write_text(builder, put.context);
  const BytesOffset key = write_required_bytes(builder, put.address.key);
  const TextOffset bucket = write_required_text(builder, put.address.bucket);
  const wire::WriteLevelTriple levels = wire_levels(put.levels);
  const wire::Request request = wire_request(put.request);
  return wire::CreateClientPut(builder, remaining.count(), bucket, key, value, content_type,
                               context, &levels, &request, put.checksum, put.levels.sloppy,
                               put.trace);
}

ClientPut read_table(FieldReader& reader, const wire::ClientPut& table) {
  ClientPut put;
  put.address = reader.address(table.bucket(), table.key());
  put.value = reader.value(table.value());
  put.content_type = reader.content_type(table.content_type());
  put.context = reader.text(table.context(), kContextBytesMax, "context");
  put.levels = reader.levels(*table.levels());
  put.levels.sloppy = table.sloppy();
  put.request = request_of(*table.request());
  put.checksum = table.checksum();
  put.trace = table.trace();
  return put;
}

flatbuffers::Offset<wire::ClientGet> write_table(Builder& builder, const ClientGet& get,
                                                 Duration remaining) {
  const BytesOffset key = write_required_bytes(builder, get.address.key);
  const TextOffset bucket = write_required_text(builder, get.address.bucket);
  const TextOffset context = write_text(builder, get.context);
  const wire::ReadLevelPair levels = wire_levels(get.levels);
  return wire::CreateClientGet(builder, remaining.count(), bucket, key, &levels, context,
                               get.trace);
}

ClientGet read_table(FieldReader& reader, const wire::ClientGet& table) {
  ClientGet get;
  get.address = reader.address(table.bucket(), table.key());
  get.levels = reader.levels(*table.levels());
  get.context = reader.text(table.context(), kContextBytesMax, "context");
  get.trace = table.trace();
  return get;
}

flatbuffers::Offset<wire::ClientDelete> write_table(Builder& builder, const ClientDelete& erase,
                                                    Duration remaining) {
  const BytesOffset key = write_required_bytes(builder, erase.address.key);
  const TextOffset bucket = write_required_text(builder, erase.address.bucket);
  const TextOffset context = write_text(builder, erase.context);
  const wire::ReadLevelPair read_levels = wire_levels(erase.read_levels);
  const wire::WriteLevelTriple levels = wire_levels(erase.levels);
  const wire::Request request = wire_request(erase.request);
  return wire::CreateClientDelete(builder, remaining.count(), bucket, key, context, &read_levels,
                                  &levels, &request, erase.levels.sloppy, erase.trace);
}

ClientDelete read_table(FieldReader& reader, const wire::ClientDelete& table) {
  ClientDelete erase;
  erase.address = reader.address(table.bucket(), table.key());
  erase.context = reader.text(table.context(), kContextBytesMax, "context");
  erase.read_levels = reader.levels(*table.read_levels());
  erase.levels = reader.levels(*table.levels());
  erase.levels.sloppy = table.sloppy();
  erase.request = request_of(*table.request());
  erase.trace = table.trace();
  return erase;
}

flatbuffers::Offset<wire::ClientKeys> write_table(Builder& builder, const ClientKeys& keys,
                                                  Duration remaining) {
  const TextOffset bucket = write_required_text(builder, keys.bucket);
  const BytesOffset prefix = write_bytes(builder, keys.prefix);
  const BytesOffset after = write_bytes(builder, keys.after);
  const TextOffset cursor = write_text(builder, keys.cursor);
  const wire::ReadLevelPair levels = wire_levels(keys.levels);
  return wire::CreateClientKeys(builder, remaining.count(), bucket, prefix, after, cursor,
                                keys.limit, &levels);
}

ClientKeys read_table(FieldReader& reader, const wire::ClientKeys& table) {
  ClientKeys keys;
  keys.bucket = reader.bucket(table.bucket());
  keys.prefix = reader.bytes(table.prefix(), kKeyBytesMax, "prefix");
  keys.after = reader.bytes(table.after(), kKeyBytesMax, "after");
  keys.cursor = reader.text(table.cursor(), kContextBytesMax, "cursor");
  keys.limit = table.limit();
  keys.levels = reader.levels(*table.levels());
  reader.require(keys.limit > 0 && keys.limit <= kKeysPageMax, "limit", "out of range");
  return keys;
}

flatbuffers::Offset<wire::ErrorReply> write_table(Builder& builder, const ErrorReply& reply) {
  const TextOffset message = write_cut_text(builder, reply.status.message(), kMessageBytesMax);
  const auto trace = write_trace(builder, reply.trace);
  const wire::Counts counts = wire_counts(reply.replies);
  const wire::RouteHint route = wire_route(reply.route);
  return wire::CreateErrorReply(builder, static_cast<std::uint8_t>(reply.status.code()), message,
                                &counts, wire_retry_after(reply.status), &route, trace);
}

ErrorReply read_table(FieldReader& reader, const wire::ErrorReply& table) {
  return {.status = reader.error(table.code(), table.message(), table.retry_after_ms()),
          .replies = counts_of(*table.replies()),
          .route = route_of(table.route()),
          .trace = read_trace(reader, table.trace())};
}

flatbuffers::Offset<wire::PutReply> write_table(Builder& builder, const PutReply& reply) {
  const TextOffset context = write_text(builder, reply.context);
  const auto trace = write_trace(builder, reply.trace);
  const wire::LevelValue level = wire_level(reply.level);
  const wire::Counts counts = wire_counts(reply.replies);
  const wire::RouteHint route = wire_route(reply.route);
  return wire::CreatePutReply(builder, context, reply.siblings, &level, &counts, &route, trace);
}

PutReply read_table(FieldReader& reader, const wire::PutReply& table) {
  return {.context = reader.text(table.context(), kContextBytesMax, "context"),
          .siblings = table.siblings(),
          .level = reader.level(*table.level()),
          .replies = counts_of(*table.replies()),
          .route = route_of(table.route()),
          .trace = read_trace(reader, table.trace())};
}

flatbuffers::Offset<wire::GetReply> write_table(Builder& builder, const GetReply& reply) {
  std::vector<flatbuffers::Offset<wire::SiblingReply>> siblings;
  siblings.reserve(reply.siblings.size());
  for (const SiblingReply& sibling : reply.siblings) {
    siblings.push_back(write_sibling(builder, sibling));
  }
  const auto siblings_offset = builder.CreateVector(siblings);
  const TextOffset context = write_text(builder, reply.context);
  const auto trace = write_trace(builder, reply.trace);
  const wire::LevelValue level = wire_level(reply.level);
  const wire::Counts counts = wire_counts(reply.replies);
  const wire::RouteHint route = wire_route(reply.route);
  return wire::CreateGetReply(builder, siblings_offset, context, &level, &counts, reply.repaired,
                              reply.protected_read, reply.checksum, &route, trace);
}

GetReply read_table(FieldReader& reader, const wire::GetReply& table) {
  GetReply reply;
  if (table.siblings() != nullptr) {
    reply.siblings.reserve(table.siblings()->size());
    for (const wire::SiblingReply* const sibling : *table.siblings()) {
      reply.siblings.push_back(read_sibling(reader, *sibling));
      if (reader.failed()) return {};
    }
  }
  reply.context = reader.text(table.context(), kContextBytesMax, "context");
  reply.level = reader.level(*table.level());
  reply.replies = counts_of(*table.replies());
  reply.repaired = table.repaired();
  reply.protected_read = table.protected_read();
  reply.checksum = table.checksum();
  reply.route = route_of(table.route());
  reply.trace = read_trace(reader, table.trace());
  return reply;
}

flatbuffers::Offset<wire::KeysReply> write_table(Builder& builder, const KeysReply& reply) {
  std::vector<std::uint16_t> key_bytes;
  std::string keys;
  key_bytes.reserve(reply.keys.size());
  for (const std::string& key : reply.keys) {
    key_bytes.push_back(static_cast<std::uint16_t>(key.size()));
    keys += key;
  }
  const auto lengths = builder.CreateVector(key_bytes);
  const BytesOffset key_column = write_bytes(builder, keys);
  const TextOffset cursor = write_text(builder, reply.cursor);
  return wire::CreateKeysReply(builder, lengths, key_column, cursor);
}

KeysReply read_table(FieldReader& reader, const wire::KeysReply& table) {
  KeysReply reply;
  const std::string keys = reader.bytes(table.keys(), kRecordBodyBytesMax, "keys");
  const std::vector<std::uint16_t> lengths =
      reader.numbers(table.key_bytes(), kKeysPageMax, "keys");
  Column<char> column(reader, keys, "keys");
  for (const std::uint16_t length : lengths) {
    reader.require(length > 0 && length <= kKeyBytesMax, "key", "no key");
    const auto key = column.take(length);
    reply.keys.emplace_back(key.begin(), key.end());
  }
  column.finish();
  reply.cursor = reader.text(table.cursor(), kContextBytesMax, "cursor");
  return reply;
}

}  // namespace starling

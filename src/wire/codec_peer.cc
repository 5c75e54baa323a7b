#include "wire/codec_peer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <flatbuffers/buffer.h>
#include <flatbuffers/vector.h>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "peer_generated.h"
#include "ring/cluster_config.h"
#include "version/sibling_set.h"
#include "wire/codec_trace.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"

namespace starling {
namespace {

// All texts of a Hello together must stay within the handshake's 4 KiB.
constexpr std::size_t kHelloNameBytesMax = 512;
constexpr std::size_t kRefusalBytesMax = 1024;
constexpr std::size_t kConfigFields = 5;

flatbuffers::Offset<flatbuffers::Vector<const wire::Hash*>> write_config(
    Builder& builder, const ConfigDigest& config) {
  if (config == ConfigDigest{}) return 0;
  return write_structs<wire::Hash>(
      builder, {wire_hash(config.cluster), wire_hash(config.partitions), wire_hash(config.replicas),
                wire_hash(config.founders), wire_hash(config.secret)});
}

ConfigDigest read_config(FieldReader& reader, const wire::Hello& table) {
  const std::vector<wire::Hash> fields =
      reader.structs<wire::Hash>(table.config(), kConfigFields, "configuration digest");
  if (fields.empty()) return {};
  reader.require(fields.size() == kConfigFields, "configuration digest", "fields are missing");
  if (reader.failed()) return {};
  return {.cluster = hash_of(fields[0]),
          .partitions = hash_of(fields[1]),
          .replicas = hash_of(fields[2]),
          .founders = hash_of(fields[3]),
          .secret = hash_of(fields[4])};
}

// A reply carries the clock by itself only where it is not that of the record beside it.
bool repeats_record_clock(const ReplicaReadReply& reply) {
  return reply.record.has_value() && reply.record->clock() == reply.clock;
}

// No request lives longer than the longest deadline, so no commit of one was begun before it.
std::int64_t wire_ago(Duration ago) {
  return std::clamp(ago, Duration::zero(), kRemainingMax).count();
}

std::optional<CommitTimes> read_times(FieldReader& reader, const wire::CommitTimes* times) {
  if (times == nullptr) return std::nullopt;
  return CommitTimes{.begun_ago = reader.remaining(times->begun_ago_nanoseconds()),
                     .done_ago = reader.remaining(times->done_ago_nanoseconds())};
}

flatbuffers::Offset<wire::ForwardedPutReply> write_error(Builder& builder,
                                                         const ForwardedPutReply& reply,
                                                         const ErrorReply& error) {
  const TextOffset message = write_cut_text(builder, error.status.message(), kMessageBytesMax);
  const auto trace = write_trace(builder, error.trace);
  const wire::LevelValue level;
  const wire::Counts counts = wire_counts(error.replies);
  return wire::CreateForwardedPutReply(builder, reply.operation.value, reply.nothing_minted,
                                       static_cast<std::uint8_t>(error.status.code()), message, 0,
                                       0, &level, &counts, wire_retry_after(error.status), trace);
}

flatbuffers::Offset<wire::ForwardedPutReply> write_success(Builder& builder,
                                                           const ForwardedPutReply& reply,
                                                           const PutReply& put) {
  const TextOffset context = write_text(builder, put.context);
  const auto trace = write_trace(builder, put.trace);
  const wire::LevelValue level = wire_level(put.level);
  const wire::Counts counts = wire_counts(put.replies);
  return wire::CreateForwardedPutReply(builder, reply.operation.value, reply.nothing_minted,
                                       static_cast<std::uint8_t>(StatusCode::Ok), 0, context,
                                       put.siblings, &level, &counts, 0, trace);
}

std::variant<ErrorReply, PutReply> read_outcome(FieldReader& reader,
                                                const wire::ForwardedPutReply& table) {
  if (table.code() != static_cast<std::uint8_t>(StatusCode::Ok)) {
    return ErrorReply{.status = reader.error(table.code(), table.message(), table.retry_after_ms()),
                      .replies = counts_of(*table.replies()),
                      .route = {},
                      .trace = read_trace(reader, table.trace())};
  }
  return PutReply{.context = reader.text(table.context(), kContextBytesMax, "context"),
                  .siblings = table.siblings(),
                  .level = reader.level(*table.level()),
                  .replies = counts_of(*table.replies()),
                  .route = {},
                  .trace = read_trace(reader, table.trace())};
}

}  // namespace

flatbuffers::Offset<wire::Hello> write_table(Builder& builder, const Hello& hello) {
  const TextOffset cluster = write_cut_text(builder, hello.cluster, kHelloNameBytesMax);
  const TextOffset name = write_cut_text(builder, hello.name, kHelloNameBytesMax);
  const TextOffset http = write_cut_text(builder, hello.http_address, kHelloNameBytesMax);
  const TextOffset refusal = write_cut_text(builder, hello.refusal, kRefusalBytesMax);
  const TextOffset address = write_cut_text(builder, hello.address, kHelloNameBytesMax);
  const auto config = write_config(builder, hello.config);
  const wire::Hash cluster_id = wire_hash(hello.cluster_id);
  const bool knows_cluster = hello.cluster_id != Hash128{};
  return wire::CreateHello(builder, hello.protocol, static_cast<std::uint8_t>(hello.role), cluster,
                           name, http, hello.incarnation.value, config, refusal,
                           static_cast<std::uint8_t>(hello.refusal_code), address,
                           knows_cluster ? &cluster_id : nullptr, hello.waits_to_join);
}

Hello read_table(FieldReader& reader, const wire::Hello& table) {
  Hello hello;
  hello.protocol = table.protocol();
  hello.role = reader.enumerator(table.role(), HelloRole::Peer, "role");
  hello.cluster = reader.text(table.cluster(), kHelloNameBytesMax, "cluster");
  hello.name = reader.text(table.name(), kHelloNameBytesMax, "name");
  hello.http_address = reader.text(table.http_address(), kHelloNameBytesMax, "HTTP address");
  hello.incarnation = Incarnation{table.incarnation()};
  hello.config = read_config(reader, table);
  hello.refusal = reader.text(table.refusal(), kRefusalBytesMax, "refusal");
  hello.refusal_code = reader.error_code(table.refusal_code());
  hello.address = reader.text(table.address(), kHelloNameBytesMax, "address");
  if (table.cluster_id() != nullptr) {
    hello.cluster_id = hash_of(*table.cluster_id());
    reader.require(hello.cluster_id != Hash128{}, "cluster id", "none");
  }
  hello.waits_to_join = table.waits_to_join();
  return hello;
}

wire::Envelope wire_envelope(const Envelope& envelope) {
  return {envelope.sender_incarnation.value, envelope.operation.value, envelope.epoch.value,
          envelope.row_version.value,        envelope.fence.value,     envelope.remaining.count(),
          envelope.partition.value};
}

Envelope read_envelope(FieldReader& reader, const wire::Envelope& envelope) {
  return {.sender_incarnation = Incarnation{envelope.sender_incarnation()},
          .operation = OperationId{envelope.operation()},
          .epoch = Epoch{envelope.epoch()},
          .partition = reader.partition(envelope.partition()),
          .row_version = RowVersion{envelope.row_version()},
          .fence = FenceStamp{envelope.fence()},
          .remaining = reader.remaining(envelope.remaining_nanoseconds())};
}

flatbuffers::Offset<wire::ReplicaWrite> write_table(Builder& builder, const ReplicaWrite& write) {
  const auto versions = write_record(builder, write.versions);
  const BytesOffset key = write_required_bytes(builder, write.address.key);
  const TextOffset bucket = write_required_text(builder, write.address.bucket);
  const wire::Envelope envelope = wire_envelope(write.envelope);
  return wire::CreateReplicaWrite(builder, &envelope, bucket, key, versions,
                                  static_cast<std::uint8_t>(write.kind), write.must_sync,
                                  write.timed);
}

ReplicaWrite read_table(FieldReader& reader, const wire::ReplicaWrite& table) {
  ReplicaWrite write;
  write.envelope = read_envelope(reader, *table.envelope());
  write.address = reader.address(table.bucket(), table.key());
  write.versions = reader.record(*table.versions());
  write.kind = reader.enumerator(table.kind(), WriteKind::Repair, "write kind");
  write.must_sync = table.must_sync();
  write.timed = table.timed();
  return write;
}

flatbuffers::Offset<wire::ReplicaWriteReply> write_table(Builder& builder,
                                                         const ReplicaWriteReply& reply) {
  const CommitTimes times = reply.times.value_or(CommitTimes{});
  const wire::CommitTimes wire_times(wire_ago(times.begun_ago), wire_ago(times.done_ago));
  return wire::CreateReplicaWriteReply(
      builder, reply.operation.value, static_cast<std::uint8_t>(reply.outcome), reply.epoch.value,
      reply.synced, reply.times.has_value() ? &wire_times : nullptr);
}

ReplicaWriteReply read_table(FieldReader& reader, const wire::ReplicaWriteReply& table) {
  return {.operation = OperationId{table.operation()},
          .outcome = reader.enumerator(table.outcome(), ReplicaOutcome::DiskFull, "outcome"),
          .epoch = Epoch{table.epoch()},
          .synced = table.synced(),
          .times = read_times(reader, table.times())};
}

flatbuffers::Offset<wire::ReplicaRead> write_table(Builder& builder, const ReplicaRead& read) {
  const BytesOffset key = write_required_bytes(builder, read.address.key);
  const TextOffset bucket = write_required_text(builder, read.address.bucket);
  const wire::Envelope envelope = wire_envelope(read.envelope);
  return wire::CreateReplicaRead(builder, &envelope, bucket, key,
                                 static_cast<std::uint8_t>(read.want));
}

ReplicaRead read_table(FieldReader& reader, const wire::ReplicaRead& table) {
  ReplicaRead read;
  read.envelope = read_envelope(reader, *table.envelope());
  read.address = reader.address(table.bucket(), table.key());
  read.want = reader.enumerator(table.want(), ReadWant::Record, "want");
  return read;
}

flatbuffers::Offset<wire::ReplicaReadReply> write_table(Builder& builder,
                                                        const ReplicaReadReply& reply) {
  ClockOffsets clock;
  if (!repeats_record_clock(reply)) {
    clock = write_clock_columns(builder, reply.clock, EmptyColumns::Write);
  }
  flatbuffers::Offset<wire::Record> record;
  if (reply.record.has_value()) record = write_record(builder, *reply.record);
  const wire::Hash digest = wire_hash(reply.digest);
  return wire::CreateReplicaReadReply(
      builder, reply.operation.value, static_cast<std::uint8_t>(reply.outcome), reply.epoch.value,
      reply.fence.value, &digest, clock.prefix, clock.cloud, record);
}

ReplicaReadReply read_table(FieldReader& reader, const wire::ReplicaReadReply& table) {
  ReplicaReadReply reply;
  reply.operation = OperationId{table.operation()};
  reply.outcome = reader.enumerator(table.outcome(), ReplicaOutcome::DiskFull, "outcome");
  reply.epoch = Epoch{table.epoch()};
  reply.fence = FenceStamp{table.fence()};
  reply.digest = hash_of(*table.digest());
  if (table.record() != nullptr) reply.record = reader.record(*table.record());
  const bool has_clock = table.prefix() != nullptr || table.cloud() != nullptr;
  if (has_clock) reply.clock = reader.clock(table.prefix(), table.cloud());
  if (!has_clock && reply.record.has_value()) reply.clock = reply.record->clock();
  return reply;
}

flatbuffers::Offset<wire::ForwardedPut> write_table(Builder& builder, const ForwardedPut& put) {
  const PutCommand& command = put.put;
  const BytesOffset value = write_bytes(builder, command.value);
  const TextOffset content_type = write_text(builder, command.content_type);
  const ClockOffsets context = write_clock_columns(builder, command.context);
  const BytesOffset key = write_required_bytes(builder, command.address.key);
  const TextOffset bucket = write_required_text(builder, command.address.bucket);
  const wire::Envelope envelope = wire_envelope(put.envelope);
  const wire::WriteLevelTriple levels = wire_levels(command.levels);
  const wire::Request request = wire_request(command.request);
  return wire::CreateForwardedPut(
      builder, &envelope, bucket, key, static_cast<std::uint8_t>(command.kind), value, content_type,
      command.modified.milliseconds, context.prefix, context.cloud, &levels, &request,
      command.checksum, command.levels.sloppy, command.trace);
}

ForwardedPut read_table(FieldReader& reader, const wire::ForwardedPut& table) {
  ForwardedPut put;
  put.envelope = read_envelope(reader, *table.envelope());
  put.put.address = reader.address(table.bucket(), table.key());
  put.put.kind = reader.enumerator(table.kind(), SiblingKind::Tombstone, "sibling kind");
  put.put.value = reader.value(table.value());
  put.put.content_type = reader.content_type(table.content_type());
  put.put.modified = WallTime{table.modified()};
  put.put.context = reader.clock(table.prefix(), table.cloud());
  put.put.levels = reader.levels(*table.levels());
  put.put.levels.sloppy = table.sloppy();
  put.put.request = request_of(*table.request());
  put.put.checksum = table.checksum();
  put.put.trace = table.trace();
  reader.require(put.put.kind == SiblingKind::Value || put.put.value.empty(), "put",
                 "a tombstone with a value");
  return put;
}

flatbuffers::Offset<wire::ForwardedPutReply> write_table(Builder& builder,
                                                         const ForwardedPutReply& reply) {
  if (const auto* const error = std::get_if<ErrorReply>(&reply.reply)) {
    return write_error(builder, reply, *error);
  }
  return write_success(builder, reply, std::get<PutReply>(reply.reply));
}

ForwardedPutReply read_table(FieldReader& reader, const wire::ForwardedPutReply& table) {
  return {.operation = OperationId{table.operation()},
          .nothing_minted = table.nothing_minted(),
          .reply = read_outcome(reader, table)};
}

flatbuffers::Offset<wire::BootAnnouncement> write_table(Builder& builder,
                                                        const BootAnnouncement& announcement) {
  const wire::Hash store = wire_hash(announcement.store.value);
  const std::size_t count = std::min(announcement.earlier.size(), kEarlierStartsMax);
  const auto earlier = builder.CreateVector<std::uint64_t>(
      count, [&](std::size_t i) { return announcement.earlier[i].value; });
  return wire::CreateBootAnnouncement(builder, &store, announcement.boot_sequence,
                                      announcement.incarnation.value, announcement.counting,
                                      earlier);
}

BootAnnouncement read_table(FieldReader& reader, const wire::BootAnnouncement& table) {
  BootAnnouncement announcement{.store = StoreId{hash_of(*table.store())},
                                .boot_sequence = table.boot_sequence(),
                                .incarnation = Incarnation{table.incarnation()},
                                .counting = table.counting()};
  for (const std::uint64_t incarnation :
       reader.numbers(table.earlier(), kEarlierStartsMax, "earlier")) {
    announcement.earlier.push_back(Incarnation{incarnation});
  }
  // More than there were starts: not what a member says.
  reader.require(
      announcement.earlier.empty() || announcement.earlier.size() < announcement.boot_sequence,
      "earlier", "more starts than there were");
  return announcement;
}

flatbuffers::Offset<wire::BootReply> write_table(Builder& builder, const BootReply& reply) {
  const wire::Hash store = wire_hash(reply.store.value);
  return wire::CreateBootReply(builder, &store, reply.boot_sequence, reply.incarnation.value,
                               static_cast<std::uint8_t>(reply.verdict));
}

BootReply read_table(FieldReader& reader, const wire::BootReply& table) {
  return {.store = StoreId{hash_of(*table.store())},
          .boot_sequence = table.boot_sequence(),
          .incarnation = Incarnation{table.incarnation()},
          .verdict = reader.enumerator(table.verdict(), BootVerdict::RolledBack, "verdict")};
}

flatbuffers::Offset<wire::StoreNotice> write_table(Builder& builder, const StoreNotice& notice) {
  return wire::CreateStoreNotice(builder, static_cast<std::uint8_t>(notice.condition));
}

StoreNotice read_table(FieldReader& reader, const wire::StoreNotice& table) {
  return {.condition = reader.enumerator(table.condition(), StoreCondition::Full, "condition")};
}

flatbuffers::Offset<wire::Heartbeat> write_table(Builder& builder, const Heartbeat& /*beat*/) {
  return wire::CreateHeartbeat(builder);
}

Heartbeat read_table(FieldReader& /*reader*/, const wire::Heartbeat& /*table*/) {
  return {};
}

}  // namespace starling

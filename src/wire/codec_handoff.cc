#include "wire/codec_handoff.h"

#include <cstdint>
#include <vector>

#include <flatbuffers/buffer.h>

#include "base/ids.h"
#include "common_generated.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "peer_generated.h"
#include "wire/codec_peer.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

// What eta_seconds says where there is none.
constexpr std::uint32_t kNoCountEta = 0xFFFFFFFF;

}  // namespace

flatbuffers::Offset<wire::HintWrite> write_table(Builder& builder, const HintWrite& write) {
  const auto versions = write_record(builder, write.versions);
  const BytesOffset key = write_required_bytes(builder, write.address.key);
  const TextOffset bucket = write_required_text(builder, write.address.bucket);
  const wire::Envelope envelope = wire_envelope(write.envelope);
  return wire::CreateHintWrite(builder, &envelope, write.slot,
                               static_cast<std::uint8_t>(write.standing), bucket, key, versions,
                               write.must_sync);
}

HintWrite read_table(FieldReader& reader, const wire::HintWrite& table) {
  HintWrite write;
  write.envelope = read_envelope(reader, *table.envelope());
  write.slot = table.slot();
  write.standing = reader.enumerator(table.standing(), HintStanding::Counted, "standing");
  write.address = reader.address(table.bucket(), table.key());
  write.versions = reader.record(*table.versions());
  write.must_sync = table.must_sync();
  return write;
}

flatbuffers::Offset<wire::HintWriteReply> write_table(Builder& builder,
                                                      const HintWriteReply& reply) {
  return wire::CreateHintWriteReply(builder, reply.operation.value, reply.slot,
                                    static_cast<std::uint8_t>(reply.outcome), reply.synced);
}

HintWriteReply read_table(FieldReader& reader, const wire::HintWriteReply& table) {
  return {.operation = OperationId{table.operation()},
          .slot = table.slot(),
          .outcome = reader.enumerator(table.outcome(), ReplicaOutcome::DiskFull, "outcome"),
          .synced = table.synced()};
}

flatbuffers::Offset<wire::HintHandoff> write_table(Builder& builder, const HintHandoff& handoff) {
  const auto versions = write_record(builder, handoff.versions);
  const BytesOffset key = write_required_bytes(builder, handoff.address.key);
  const TextOffset bucket = write_required_text(builder, handoff.address.bucket);
  const wire::Envelope envelope = wire_envelope(handoff.envelope);
  return wire::CreateHintHandoff(builder, &envelope, handoff.slot, bucket, key, versions);
}

HintHandoff read_table(FieldReader& reader, const wire::HintHandoff& table) {
  HintHandoff handoff;
  handoff.envelope = read_envelope(reader, *table.envelope());
  handoff.slot = table.slot();
  handoff.address = reader.address(table.bucket(), table.key());
  handoff.versions = reader.record(*table.versions());
  return handoff;
}

flatbuffers::Offset<wire::HintHandoffReply> write_table(Builder& builder,
                                                        const HintHandoffReply& reply) {
  return wire::CreateHintHandoffReply(builder, reply.operation.value,
                                      static_cast<std::uint8_t>(reply.outcome), reply.room);
}

HintHandoffReply read_table(FieldReader& reader, const wire::HintHandoffReply& table) {
  return {.operation = OperationId{table.operation()},
          .outcome = reader.enumerator(table.outcome(), HintOutcome::Unfit, "outcome"),
          .room = table.room()};
}

flatbuffers::Offset<wire::WorkCensus> write_table(Builder& builder, const WorkCensus& census) {
  return wire::CreateWorkCensus(builder, census.operation.value);
}

WorkCensus read_table(FieldReader& /*reader*/, const wire::WorkCensus& table) {
  return {.operation = OperationId{table.operation()}};
}

flatbuffers::Offset<wire::WorkCensusReply> write_table(Builder& builder,
                                                       const WorkCensusReply& reply) {
  std::vector<wire::HintCountItem> items;
  items.reserve(reply.counts.size());
  for (const HintCount& count : reply.counts) {
    items.emplace_back(count.home.value, count.pending, count.delivered,
                       count.eta_seconds.value_or(kNoCountEta));
  }
  const auto counts = write_structs(builder, items);
  const wire::RepairProgress repair = wire_progress(reply.repair.value_or(RepairProgress{}));
  return wire::CreateWorkCensusReply(builder, reply.operation.value, reply.complete, counts,
                                     reply.repair.has_value() ? &repair : nullptr);
}

WorkCensusReply read_table(FieldReader& reader, const wire::WorkCensusReply& table) {
  WorkCensusReply reply{.operation = OperationId{table.operation()}, .complete = table.complete()};
  for (const wire::HintCountItem& item :
       reader.structs<wire::HintCountItem>(table.counts(), kHintCountsMax, "counts")) {
    const NodeId home{item.home()};
    reader.require(reply.counts.empty() || reply.counts.back().home < home, "counts",
                   "not in order");
    reply.counts.push_back(
        {.home = home, .pending = item.pending(), .delivered = item.delivered()});
    if (item.eta_seconds() != kNoCountEta) reply.counts.back().eta_seconds = item.eta_seconds();
  }
  if (table.repair() != nullptr) reply.repair = progress_of(*table.repair());
  return reply;
}

}  // namespace starling

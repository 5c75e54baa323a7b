#include "ring/evidence_codec.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling {
namespace {

// The shortest spelling of one fact of each kind: what a count may promise is looked at before
// anything is allocated for it.
constexpr std::size_t kAdoptionBytesMin = 25;
constexpr std::size_t kFillingBytesMin = 51;
constexpr std::size_t kPartitionBytes = 2;

void write_store(ByteWriter& writer, StoreId store) {
  writer.u64(store.value.high);
  writer.u64(store.value.low);
}

StoreId read_store(ByteReader& reader) {
  const std::uint64_t high = reader.u64();
  return StoreId{Hash128{.high = high, .low = reader.u64()}};
}

void write_filling(ByteWriter& writer, const StoreFilling& fact) {
  writer.u16(fact.partition.value);
  write_store(writer, fact.sink_store);
  write_store(writer, fact.source_store);
  writer.u64(fact.filling.sink.value);
  writer.u64(fact.filling.source.value);
  writer.varint(fact.filling.epoch.value);
}

StoreAdoption read_adoption(ByteReader& reader) {
  StoreAdoption fact;
  fact.store = read_store(reader);
  fact.adoption.node = NodeId{reader.u64()};
  fact.adoption.epoch = Epoch{reader.varint()};
  return fact;
}

StoreFilling read_filling(ByteReader& reader) {
  StoreFilling fact;
  fact.partition = PartitionId{reader.u16()};
  fact.sink_store = read_store(reader);
  fact.source_store = read_store(reader);
  fact.filling.sink = NodeId{reader.u64()};
  fact.filling.source = NodeId{reader.u64()};
  fact.filling.epoch = Epoch{reader.varint()};
  return fact;
}

// 0 once the bytes that are left can not hold so many.
std::size_t read_count(ByteReader& reader, std::size_t bytes_min) {
  const std::uint64_t count = reader.varint();
  if (count <= reader.remaining() / bytes_min) return static_cast<std::size_t>(count);
  static_cast<void>(reader.raw(reader.remaining() + 1));  // it fails
  return 0;
}

Status corrupt() {
  return {StatusCode::Corruption, "the evidence of a proposed configuration can not be read"};
}

}  // namespace

std::string encode_evidence(const ProposalEvidence& evidence) {
  ByteWriter writer;
  writer.varint(evidence.adoptions.size());
  for (const StoreAdoption& fact : evidence.adoptions) {
    write_store(writer, fact.store);
    writer.u64(fact.adoption.node.value);
    writer.varint(fact.adoption.epoch.value);
  }
  writer.varint(evidence.fillings.size());
  for (const StoreFilling& fact : evidence.fillings) write_filling(writer, fact);
  writer.varint(evidence.losses_accepted.size());
  for (const PartitionId partition : evidence.losses_accepted) writer.u16(partition.value);
  return std::move(writer).bytes();
}

Result<ProposalEvidence> decode_evidence(std::string_view bytes) {
  if (bytes.size() > kEvidenceBytesMax) return corrupt();
  ByteReader reader(bytes);
  ProposalEvidence evidence;
  for (std::size_t left = read_count(reader, kAdoptionBytesMin); left > 0; --left) {
    evidence.adoptions.push_back(read_adoption(reader));
  }
  for (std::size_t left = read_count(reader, kFillingBytesMin); left > 0; --left) {
    evidence.fillings.push_back(read_filling(reader));
  }
  for (std::size_t left = read_count(reader, kPartitionBytes); left > 0; --left) {
    evidence.losses_accepted.push_back(PartitionId{reader.u16()});
  }
  if (!reader.finished()) return corrupt();
  return evidence;
}

}  // namespace starling

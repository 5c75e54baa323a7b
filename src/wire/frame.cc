#include "wire/frame.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"

namespace starling {
namespace {

constexpr std::string_view kMagic = "STRL";
constexpr std::size_t kChecksummedBytes = 28;
// FlatBuffers wants its bytes aligned to 8; frames of whole multiples keep every body of a stream
// aligned without a copy.
constexpr std::uint32_t kFrameBodyAlignment = 8;

constexpr std::array<std::string_view, kFrameTypeMax + 1> kNames{"",
                                                                 "Hello",
                                                                 "ReplicaWrite",
                                                                 "ReplicaWriteReply",
                                                                 "ReplicaRead",
                                                                 "ReplicaReadReply",
                                                                 "ForwardedPut",
                                                                 "ForwardedPutReply",
                                                                 "ScanRange",
                                                                 "ScanRangeReply",
                                                                 "DigestRange",
                                                                 "DigestRangeReply",
                                                                 "BootAnnouncement",
                                                                 "BootReply",
                                                                 "ClientPut",
                                                                 "ClientGet",
                                                                 "ClientDelete",
                                                                 "ClientKeys",
                                                                 "ClientClusterStatus",
                                                                 "ClientClusterRing",
                                                                 "ClientClusterDigest",
                                                                 "ClientNodeInfo",
                                                                 "ErrorReply",
                                                                 "PutReply",
                                                                 "GetReply",
                                                                 "KeysReply",
                                                                 "ClusterStatusReply",
                                                                 "ClusterRingReply",
                                                                 "ClusterDigestReply",
                                                                 "NodeInfoReply",
                                                                 "StoreNotice",
                                                                 "Heartbeat",
                                                                 "HintWrite",
                                                                 "HintWriteReply",
                                                                 "HintHandoff",
                                                                 "HintHandoffReply",
                                                                 "WorkCensus",
                                                                 "WorkCensusReply",
                                                                 "ClientClusterTasks",
                                                                 "ClusterTasksReply",
                                                                 "TreeRead",
                                                                 "TreeReadReply",
                                                                 "KeyListRead",
                                                                 "KeyListReply",
                                                                 "RecordsRead",
                                                                 "RecordsReply",
                                                                 "ChainLetter",

                                                                 "OrderedRepair",
                                                                 "OrderedRepairReply",
                                                                 "ClientClusterRepair",
                                                                 "ClusterRepairReply",
                                                                 "FillRead",
                                                                 "FillPage",
                                                                 "SwimMessage",
                                                                 "ClientClusterChange",
                                                                 "ClusterChangeReply"};

Status corrupt(std::string why) {
  return {StatusCode::Corruption, "frame header: " + std::move(why)};
}

std::uint32_t header_checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(hash64(bytes.substr(0, kChecksummedBytes)));
}

Status check_body_bytes(const FrameHeader& header) {
  const std::size_t limit = body_bytes_max(header.type);
  if (header.body_bytes > limit) {
    return corrupt(std::string(frame_type_name(header.type)) + " of " +
                   std::to_string(header.body_bytes) + " bytes, at most " + std::to_string(limit));
  }
  if (header.body_bytes % kFrameBodyAlignment != 0)
    return corrupt("body length is no multiple of 8");
  return Status::success();
}

}  // namespace

std::string_view frame_type_name(FrameType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames.at(index) : "";
}

std::size_t body_bytes_max(FrameType type) {
  switch (type) {
    case FrameType::Hello:
      return kHandshakeBodyBytesMax;
    case FrameType::ClientGet:
    case FrameType::ClientDelete:
    case FrameType::PutReply:
    case FrameType::ForwardedPutReply:
      return kContextBodyBytesMax;
    case FrameType::ClientPut:
    case FrameType::ForwardedPut:
      return kValueBodyBytesMax;
    case FrameType::ReplicaWrite:
    case FrameType::ReplicaReadReply:
    case FrameType::GetReply:
    case FrameType::KeysReply:
    case FrameType::ScanRangeReply:
    case FrameType::DigestRangeReply:
    case FrameType::ClusterStatusReply:
    case FrameType::ClusterRingReply:
    case FrameType::ClusterDigestReply:
    case FrameType::HintWrite:
    case FrameType::HintHandoff:
    case FrameType::WorkCensusReply:
    case FrameType::ClusterTasksReply:
    case FrameType::ClusterRepairReply:
    case FrameType::ClusterChangeReply:
    case FrameType::RecordsReply:
    case FrameType::FillPage:
      return kRecordBodyBytesMax;
    case FrameType::ChainLetter:
      return kChainBodyBytesMax;
    case FrameType::TreeReadReply:
    case FrameType::KeyListReply:
      return kTreeBodyBytesMax;
    default:
      return kControlBodyBytesMax;
  }
}

std::string frame_header_bytes(const FrameHeader& header) {
  ByteWriter writer(kFrameHeaderBytes);
  writer.raw(kMagic);
  writer.u8(kFrameVersion);
  writer.u8(static_cast<std::uint8_t>(header.type));
  writer.u16(0);
  writer.u64(header.request);
  writer.u64(header.body_checksum);
  writer.u32(header.body_bytes);
  writer.u32(header_checksum(writer.bytes()));
  return std::move(writer).bytes();
}

Result<FrameHeader> parse_frame_header(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return corrupt("too short");
  ByteReader reader(bytes.substr(0, kFrameHeaderBytes));
  if (reader.raw(kMagic.size()) != kMagic) return corrupt("not Starling's protocol");
  const std::uint8_t version = reader.u8();
  if (version != kFrameVersion) {
    return corrupt("version " + std::to_string(version) + " is not spoken here");
  }
  const std::uint8_t type = reader.u8();
  const std::uint16_t flags = reader.u16();
  FrameHeader header;
  header.request = reader.u64();
  header.body_checksum = reader.u64();
  header.body_bytes = reader.u32();
  if (reader.u32() != header_checksum(bytes)) return corrupt("checksum differs");
  if (type < kFrameTypeMin || type > kFrameTypeMax) {
    return corrupt("unknown type " + std::to_string(type));
  }
  if (flags != 0) return corrupt("unknown flags");
  header.type = static_cast<FrameType>(type);
  STARLING_RETURN_IF_ERROR(check_body_bytes(header));
  return header;
}

}  // namespace starling

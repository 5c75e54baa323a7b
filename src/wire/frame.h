#pragma once

// Frame: how a message travels on a byte stream: a header of 32 bytes, then a body of FlatBuffers
// bytes. The header says how long the body is, and that is checked against the limit of its type
// before anything is allocated. The header has its own checksum, so a damaged length is never
// believed. What a body means is codec.h's affair.
//
//   0  magic "STRL"    8  request (u64)         24  body length (u32), a multiple of 8
//   4  version = 1    16  body checksum (u64)   28  header checksum (u32) over bytes 0-27
//   5  type
//   6  flags = 0, two bytes

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "message/record_bytes.h"

namespace starling {

inline constexpr std::size_t kFrameHeaderBytes = 32;
inline constexpr std::uint8_t kFrameVersion = 1;

// One a message. The numbers are on the wire: new ones go to the end.
enum class FrameType : std::uint8_t {
  Hello = 1,
  ReplicaWrite = 2,
  ReplicaWriteReply = 3,
  ReplicaRead = 4,
  ReplicaReadReply = 5,
  ForwardedPut = 6,
  ForwardedPutReply = 7,
  ScanRange = 8,
  ScanRangeReply = 9,
  DigestRange = 10,
  DigestRangeReply = 11,
  BootAnnouncement = 12,
  BootReply = 13,
  ClientPut = 14,
  ClientGet = 15,
  ClientDelete = 16,
  ClientKeys = 17,
  ClientClusterStatus = 18,
  ClientClusterRing = 19,
  ClientClusterDigest = 20,
  ClientNodeInfo = 21,
  ErrorReply = 22,
  PutReply = 23,
  GetReply = 24,
  KeysReply = 25,
  ClusterStatusReply = 26,
  ClusterRingReply = 27,
  ClusterDigestReply = 28,
  NodeInfoReply = 29,
  StoreNotice = 30,
  Heartbeat = 31,
  HintWrite = 32,
  HintWriteReply = 33,
  HintHandoff = 34,
  HintHandoffReply = 35,
  WorkCensus = 36,
  WorkCensusReply = 37,
  ClientClusterTasks = 38,
  ClusterTasksReply = 39,
  TreeRead = 40,
  TreeReadReply = 41,
  KeyListRead = 42,
  KeyListReply = 43,
  RecordsRead = 44,
  RecordsReply = 45,
  ChainLetter = 46,
  OrderedRepair = 47,
  OrderedRepairReply = 48,
  ClientClusterRepair = 49,
  ClusterRepairReply = 50,
  FillRead = 51,
  FillPage = 52,
  SwimMessage = 53,
  ClientClusterChange = 54,
  ClusterChangeReply = 55,
};
inline constexpr std::uint8_t kFrameTypeMin = 1;
inline constexpr std::uint8_t kFrameTypeMax = 55;

// Everything before the two sides know each other.
inline constexpr std::size_t kHandshakeBodyBytesMax = std::size_t{4} << 10U;
// Everything without a value, a list or a context in it.
inline constexpr std::size_t kControlBodyBytesMax = std::size_t{64} << 10U;
// The text of a context with as many entries as ContextCodec gives out (kContextEntriesMax): 28
// bytes each at most, and a third more in base64.
inline constexpr std::size_t kContextBytesMax = std::size_t{640} << 10U;
// A context, and a control message around it.
inline constexpr std::size_t kContextBodyBytesMax = kContextBytesMax + kControlBodyBytesMax;
// 4096 sums, or 8192 listed keys, of 16 bytes each.
inline constexpr std::size_t kTreeBodyBytesMax = std::size_t{256} << 10U;
// A configuration and the evidence for it, each of the largest cluster (kConfigurationBytesMax,
// kEvidenceBytesMax), and a control message around them.
inline constexpr std::size_t kChainBodyBytesMax = (std::size_t{12} << 20U) + kControlBodyBytesMax;
// One value of 16 MiB, its context, and a control message around them.
inline constexpr std::size_t kValueBodyBytesMax = (std::size_t{16} << 20U) + kContextBodyBytesMax;
// A record or a list. The mint alone makes no record that does not fit, but merges can: records are
// not yet cut into several frames, so whoever sends one asks fits_a_message first.
inline constexpr std::size_t kRecordBodyBytesMax = kRecordBytesMax + kControlBodyBytesMax;

[[nodiscard]] std::string_view frame_type_name(FrameType type);
// The longest body that a frame of this type may have.
[[nodiscard]] std::size_t body_bytes_max(FrameType type);

struct FrameHeader {
  FrameType type = FrameType::Hello;
  std::uint32_t body_bytes = 0;
  std::uint64_t request = 0;        // a client's number for its request; 0 between peers
  std::uint64_t body_checksum = 0;  // hash64 of the body
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

[[nodiscard]] std::string frame_header_bytes(const FrameHeader& header);
// Reads the first 32 of `bytes`. Corruption: fewer bytes, another magic, version, flags or
// checksum, an unknown type, or a body longer than its type may have. Close the connection then.
[[nodiscard]] Result<FrameHeader> parse_frame_header(std::string_view bytes);

}  // namespace starling

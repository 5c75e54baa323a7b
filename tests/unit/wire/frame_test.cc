#include "wire/frame.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/hash.h"

namespace starling {
namespace {

const FrameHeader kSample{.type = FrameType::ClientPut,
                          .body_bytes = 136,
                          .request = 0x0102030405060708,
                          .body_checksum = 0x1112131415161718};

// A header whose checksum fits although `offset` holds `byte`.
std::string forged(std::size_t offset, char byte) {
  std::string bytes = frame_header_bytes(kSample);
  bytes[offset] = byte;
  ByteWriter checksum;
  checksum.u32(static_cast<std::uint32_t>(hash64(std::string_view(bytes).substr(0, 28))));
  return bytes.substr(0, 28) + checksum.bytes();
}

std::string message_of(std::string_view bytes) {
  return parse_frame_header(bytes).status().message();
}

TEST_CASE("FrameHeader: the bytes on the wire are these") {
  CHECK(to_hex(frame_header_bytes(kSample)) ==
        "5354524c"
        "01"
        "0e"
        "0000"
        "0807060504030201"
        "1817161514131211"
        "88000000"
        "7f78bc62");
}

TEST_CASE("FrameHeader: what was written is read") {
  const Result<FrameHeader> read = parse_frame_header(frame_header_bytes(kSample) + "body");
  REQUIRE(read.ok());
  CHECK(*read == kSample);
}

TEST_CASE("FrameHeader: too few bytes are refused") {
  const std::string bytes = frame_header_bytes(kSample);
  for (std::size_t size = 0; size < kFrameHeaderBytes; ++size) {
    CHECK(message_of(bytes.substr(0, size)) == "frame header: too short");
  }
}

TEST_CASE("FrameHeader: every changed bit is refused") {
  for (std::size_t bit = 0; bit < kFrameHeaderBytes * 8; ++bit) {
    std::string bytes = frame_header_bytes(kSample);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    CHECK(parse_frame_header(bytes).status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("FrameHeader: another magic or version is refused by name") {
  CHECK(message_of(forged(0, 'X')) == "frame header: not Starling's protocol");
  CHECK(message_of(forged(4, 2)) == "frame header: version 2 is not spoken here");
}

TEST_CASE("FrameHeader: unknown types and flags are refused, with a checksum that fits") {
  CHECK(message_of(forged(5, 0)) == "frame header: unknown type 0");
  CHECK(message_of(forged(5, kFrameTypeMax + 1)) ==
        "frame header: unknown type " + std::to_string(kFrameTypeMax + 1));
  CHECK(message_of(forged(6, 1)) == "frame header: unknown flags");
  CHECK(message_of(forged(7, 1)) == "frame header: unknown flags");
}

TEST_CASE("FrameHeader: each type refuses one multiple of 8 more than its limit") {
  for (std::uint8_t number = kFrameTypeMin; number <= kFrameTypeMax; ++number) {
    FrameHeader header{.type = static_cast<FrameType>(number)};
    header.body_bytes = static_cast<std::uint32_t>(body_bytes_max(header.type));
    CAPTURE(frame_type_name(header.type));
    CHECK(parse_frame_header(frame_header_bytes(header)).ok());
    header.body_bytes += 8;
    CHECK_FALSE(parse_frame_header(frame_header_bytes(header)).ok());
  }
}

TEST_CASE("FrameHeader: a body that would misalign its successor is refused") {
  FrameHeader header = kSample;
  header.body_bytes = 137;
  CHECK(message_of(frame_header_bytes(header)) == "frame header: body length is no multiple of 8");
}

TEST_CASE("FrameType: limits are those of the protocol") {
  CHECK(body_bytes_max(FrameType::Hello) == 4096);
  CHECK(body_bytes_max(FrameType::PutReply) == (640U << 10U) + 65536);
  CHECK(body_bytes_max(FrameType::ClientPut) == (16U << 20U) + (640U << 10U) + 65536);
  CHECK(body_bytes_max(FrameType::ReplicaWrite) == (33U << 20U) + 65536);
}

TEST_CASE("FrameType: every type has a name") {
  for (std::uint8_t number = kFrameTypeMin; number <= kFrameTypeMax; ++number) {
    CHECK_FALSE(frame_type_name(static_cast<FrameType>(number)).empty());
  }
  CHECK(frame_type_name(FrameType::NodeInfoReply) == "NodeInfoReply");
  CHECK(frame_type_name(FrameType::ClientNodeInfo) == "ClientNodeInfo");
}

}  // namespace
}  // namespace starling

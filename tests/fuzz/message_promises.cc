#include "fuzz/message_promises.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <flatbuffers/verifier.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "fuzz/allocation_meter.h"
#include "peer_generated.h"
#include "unit/wire/random_message.h"
#include "version/sibling_set.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::fuzz {
namespace {

constexpr std::size_t kBodyAlignment = 8;
// What a decoded message may take for each byte of its body, beside a constant. The dearest is a
// column of member positions, two bytes each, which become names (codec_admin.cc): short ones take
// a std::string each, 32 bytes, and vectors grow by copying. Long names are in that column's limit.
constexpr std::size_t kAllocatedPerByteMax = 64;
constexpr std::size_t kAllocatedAlwaysMax = std::size_t{64} << 10U;
// Where the fields of a frame's header stand (wire/frame.h).
constexpr std::string_view kMagic = "STRL";
constexpr std::size_t kRequestAt = 8;
constexpr std::size_t kBodyChecksumAt = 16;
constexpr std::size_t kBodyBytesAt = 24;
constexpr std::size_t kHeaderChecksumAt = 28;

// Names of 255 bytes for two bytes each, in replies that only clients decode.
constexpr std::size_t kAllocatedPerPositionMax = 320;

bool holds_positions(FrameType type) {
  return type == FrameType::ClusterRingReply || type == FrameType::ClusterDigestReply;
}

void write_number(std::string& bytes, std::size_t at, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<char>((number >> (8 * i)) & 0xFFU);
  }
}

template <typename Table>
const Table* table_in(const std::string& body) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(body.data());
  flatbuffers::Verifier verifier(data, body.size());
  return verifier.VerifyBuffer<Table>(nullptr) ? flatbuffers::GetRoot<Table>(data) : nullptr;
}

std::string text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string() : text->str();
}

std::string text_of(const flatbuffers::Vector<std::uint8_t>* bytes) {
  return bytes == nullptr ? std::string() : std::string(bytes->begin(), bytes->end());
}

// A sibling whose value does not have its hash is refused, and no mutation finds a hash.
void seal_record(const wire::Record* record) {
  if (record == nullptr || record->siblings() == nullptr) return;
  for (const wire::Sibling* const sibling : *record->siblings()) {
    const std::uint64_t hash =
        hash_of_value(static_cast<SiblingKind>(sibling->kind()), text_of(sibling->content_type()),
                      text_of(sibling->value()));
    // The table lies in our own string; the generated code hides its base and has no writing side.
    const auto* const table = reinterpret_cast<const flatbuffers::Table*>(sibling);
    auto* const field =
        const_cast<std::uint8_t*>(table->GetAddressOf(wire::Sibling::VT_VALUE_HASH));
    if (field != nullptr) flatbuffers::WriteScalar(field, hash);
  }
}

void seal_values(FrameType type, const std::string& body) {
  if (type == FrameType::ReplicaWrite) {
    const auto* const table = table_in<wire::ReplicaWrite>(body);
    if (table != nullptr) seal_record(table->versions());
  }
  if (type == FrameType::ReplicaReadReply) {
    const auto* const table = table_in<wire::ReplicaReadReply>(body);
    if (table != nullptr) seal_record(table->record());
  }
}

}  // namespace

std::string sealed_frame(FrameType type, std::string body) {
  body.resize((body.size() + kBodyAlignment - 1) / kBodyAlignment * kBodyAlignment);
  if (body.size() > body_bytes_max(type)) body.resize(body_bytes_max(type));
  seal_values(type, body);
  const FrameHeader header{.type = type,
                           .body_bytes = static_cast<std::uint32_t>(body.size()),
                           .body_checksum = hash64(body)};
  return frame_header_bytes(header) + body;
}

void seal_stream(std::string& stream, std::uint64_t requests) {
  const std::string_view bytes = stream;
  std::size_t at = 0;
  while (at + kFrameHeaderBytes <= stream.size() && bytes.substr(at).starts_with(kMagic)) {
    if (requests > 0) {
      const std::uint64_t request = ByteReader(bytes.substr(at + kRequestAt)).u64();
      write_number(stream, at + kRequestAt, request % requests, sizeof request);
    }
    const std::size_t body_bytes = ByteReader(bytes.substr(at + kBodyBytesAt)).u32();
    const std::size_t left = stream.size() - at - kFrameHeaderBytes;
    if (body_bytes <= left) {
      const std::uint64_t sum = hash64(bytes.substr(at + kFrameHeaderBytes, body_bytes));
      write_number(stream, at + kBodyChecksumAt, sum, sizeof sum);
    }
    write_number(stream, at + kHeaderChecksumAt, hash64(bytes.substr(at, kHeaderChecksumAt)),
                 sizeof(std::uint32_t));
    if (body_bytes > left) return;
    at += kFrameHeaderBytes + body_bytes;
  }
}

Result<Frame> check_body(const FrameHeader& header, std::string_view body) {
  const AllocationMeter meter;
  Result<Frame> frame = decode(header, body);
  const std::size_t per_byte =
      holds_positions(header.type) ? kAllocatedPerPositionMax : kAllocatedPerByteMax;
  STARLING_CHECK(meter.allocated() <= kAllocatedAlwaysMax + body.size() * per_byte);
  if (!frame.ok()) {
    STARLING_CHECK(frame.status().code() == StatusCode::Corruption);
    return frame;
  }
  const std::string bytes = encode_frame(*frame);
  // Shared offsets can say in few bytes what an honest sender says in many.
  if (body.size() > body_bytes_max(header.type) / 2 && bytes.empty()) return frame;
  STARLING_CHECK(!bytes.empty());
  const Result<Frame> again = decode_frame(bytes);
  STARLING_CHECK(again.ok());
  STARLING_CHECK(again->message == frame->message);
  STARLING_CHECK(encode_frame(*again) == bytes);
  return frame;
}

}  // namespace starling::fuzz

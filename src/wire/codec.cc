#include "wire/codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <flatbuffers/base.h>
#include <flatbuffers/verifier.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/fill_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "version/sibling_set.h"
#include "wire/codec_admin.h"
#include "wire/codec_chain.h"
#include "wire/codec_change.h"
#include "wire/codec_client.h"
#include "wire/codec_fill.h"
#include "wire/codec_handoff.h"
#include "wire/codec_peer.h"
#include "wire/codec_repair.h"
#include "wire/codec_scan.h"
#include "wire/codec_swim.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"
#include "wire/frame.h"
#include "wire/wire_type.h"

namespace starling {
namespace {

constexpr std::size_t kBodyAlignment = 8;
// Room for any message without a value, so that most builders allocate once.
constexpr std::size_t kSmallBodyBytes = 512;
// The deepest message is root, keyed record, record, sibling. The table count is bounded by the
// body's size, since shared offsets let a small buffer pretend to any number of tables.
constexpr flatbuffers::uoffset_t kDepthMax = 8;
constexpr std::size_t kTablesMax = 4096;
constexpr std::size_t kBytesPerTable = 16;

// ---- Encoding.

// How many bytes of values a message carries: the builder starts with room for them.
template <typename Message>
std::size_t value_bytes(const Message& /*message*/) {
  return 0;
}
std::size_t value_bytes(const SiblingSet& versions) {
  std::size_t bytes = 0;
  for (const Sibling& sibling : versions.siblings()) bytes += sibling.value.size();
  return bytes;
}
std::size_t value_bytes(const ReplicaWrite& write) {
  return value_bytes(write.versions);
}
std::size_t value_bytes(const HintWrite& write) {
  return value_bytes(write.versions);
}
std::size_t value_bytes(const HintHandoff& handoff) {
  return value_bytes(handoff.versions);
}
std::size_t value_bytes(const ReplicaReadReply& reply) {
  return reply.record.has_value() ? value_bytes(*reply.record) : 0;
}
std::size_t value_bytes(const RecordsReply& reply) {
  std::size_t bytes = 0;
  for (const KeyedRecord& record : reply.records) bytes += value_bytes(record.versions);
  return bytes;
}
std::size_t value_bytes(const FillPage& page) {
  std::size_t bytes = 0;
  for (const KeyedRecord& record : page.records) bytes += value_bytes(record.versions);
  return bytes;
}
std::size_t value_bytes(const ChainLetter& letter) {
  const auto* const decided = std::get_if<ChainDecided>(&letter.message);
  return decided == nullptr ? 0 : decided->configuration.size();
}
std::size_t value_bytes(const ForwardedPut& put) {
  return put.put.value.size();
}
std::size_t value_bytes(const ClientPut& put) {
  return put.value.size();
}
std::size_t value_bytes(const GetReply& reply) {
  std::size_t bytes = 0;
  for (const SiblingReply& sibling : reply.siblings) bytes += sibling.value.size();
  return bytes;
}

std::size_t rounded_up(std::size_t bytes) {
  return (bytes + kBodyAlignment - 1) / kBodyAlignment * kBodyAlignment;
}

std::string frame_of(FrameType type, std::uint64_t request, const Builder& builder) {
  const std::size_t body_bytes = rounded_up(builder.GetSize());
  if (body_bytes > body_bytes_max(type)) return {};
  std::string frame;
  frame.reserve(kFrameHeaderBytes + body_bytes);
  frame.resize(kFrameHeaderBytes);
  frame.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  frame.resize(kFrameHeaderBytes + body_bytes);
  const FrameHeader header{
      .type = type,
      .body_bytes = static_cast<std::uint32_t>(body_bytes),
      .request = request,
      .body_checksum = hash64(std::string_view(frame).substr(kFrameHeaderBytes))};
  frame.replace(0, kFrameHeaderBytes, frame_header_bytes(header));
  return frame;
}

// `more`: what a table holds beside its message, i.e. a request's remaining time.
template <typename Message, typename... More>
std::string encode_one(std::uint64_t request, const Message& message, const More&... more) {
  Builder builder(kSmallBodyBytes + value_bytes(message));
  builder.Finish(write_table(builder, message, more...));
  return frame_of(WireType<Message>::kFrameType, request, builder);
}

// ---- Decoding.

template <typename Table>
const Table* verified(std::string_view body) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(body.data());
  const auto tables_max =
      static_cast<flatbuffers::uoffset_t>(std::min(body.size() / kBytesPerTable, kTablesMax));
  flatbuffers::Verifier verifier(data, body.size(), kDepthMax, tables_max);
  return verifier.VerifyBuffer<Table>(nullptr) ? flatbuffers::GetRoot<Table>(data) : nullptr;
}

template <typename Message, typename Variant>
struct IsAlternative;
template <typename Message, typename... Messages>
struct IsAlternative<Message, std::variant<Messages...>>
    : std::disjunction<std::is_same<Message, Messages>...> {};
template <typename Message>
inline constexpr bool kIsRequest = IsAlternative<Message, ClientRequestBody>::value;
template <typename Message>
inline constexpr bool kIsReply = IsAlternative<Message, ClientReply>::value;

template <typename Message>
void read_into(Frame& frame, FieldReader& reader, std::string_view body) {
  using Table = typename WireType<Message>::Table;
  const Table* const table = verified<Table>(body);
  if (table == nullptr) return reader.fail("body", "not a sound table");
  if constexpr (kIsRequest<Message>) {
    const Duration remaining = reader.remaining(table->remaining_nanoseconds());
    frame.message = ClientRequest{.remaining = remaining,
                                  .body = ClientRequestBody(read_table(reader, *table))};
  } else if constexpr (kIsReply<Message>) {
    frame.message = ClientReply(read_table(reader, *table));
  } else if constexpr (std::is_same_v<Message, Hello>) {
    frame.message = read_table(reader, *table);
  } else {
    frame.message = PeerMessage(read_table(reader, *table));
  }
}

// Reads the body if its type is that of one of the alternatives of `Variant`.
template <typename Variant>
struct Alternatives;
template <typename... Messages>
struct Alternatives<std::variant<Messages...>> {
  static bool read(FrameType type, Frame& frame, FieldReader& reader, std::string_view body) {
    return (read_if<Messages>(type, frame, reader, body) || ...);
  }
  static constexpr bool has(FrameType type) {
    return ((type == WireType<Messages>::kFrameType) || ...);
  }

 private:
  template <typename Message>
  static bool read_if(FrameType type, Frame& frame, FieldReader& reader, std::string_view body) {
    if (type != WireType<Message>::kFrameType) return false;
    read_into<Message>(frame, reader, body);
    return true;
  }
};

Result<Frame> decode_aligned(const FrameHeader& header, std::string_view body) {
  Frame frame;
  frame.request = header.request;
  FieldReader reader(body.size());
  const bool known = Alternatives<PeerMessage>::read(header.type, frame, reader, body) ||
                     Alternatives<ClientRequestBody>::read(header.type, frame, reader, body) ||
                     Alternatives<ClientReply>::read(header.type, frame, reader, body) ||
                     Alternatives<std::variant<Hello>>::read(header.type, frame, reader, body);
  if (!known) reader.fail("type", "unknown");
  if (!reader.failed()) return frame;
  return Status(StatusCode::Corruption,
                std::string(frame_type_name(header.type)) + ": " + reader.status().message());
}

bool is_aligned(std::string_view body) {
  return reinterpret_cast<std::uintptr_t>(body.data()) % kBodyAlignment == 0;
}

}  // namespace

FrameKind kind_of(FrameType type) {
  if (Alternatives<PeerMessage>::has(type)) return FrameKind::Peer;
  if (Alternatives<ClientRequestBody>::has(type)) return FrameKind::Request;
  return Alternatives<ClientReply>::has(type) ? FrameKind::Reply : FrameKind::Greeting;
}

std::string encode(const Hello& hello) {
  return encode_one(0, hello);
}

std::string encode(const PeerMessage& message) {
  return std::visit([](const auto& one) { return encode_one(0, one); }, message);
}

std::string encode(std::uint64_t request, const ClientRequest& message) {
  return std::visit([&](const auto& body) { return encode_one(request, body, message.remaining); },
                    message.body);
}

std::string encode(std::uint64_t request, const ClientReply& message) {
  std::string frame =
      std::visit([&](const auto& reply) { return encode_one(request, reply); }, message);
  if (!frame.empty()) return frame;
  return encode_one(
      request, ErrorReply{.status = Status(StatusCode::TooLarge,
                                           "the answer is larger than a message may be (" +
                                               std::to_string(kRecordBodyBytesMax) +
                                               " bytes); the key's siblings must be resolved by "
                                               "puts or deletes with the contexts of earlier "
                                               "answers"),
                          .replies = {}});
}

Result<Frame> decode(const FrameHeader& header, std::string_view body) {
  if (body.size() != header.body_bytes || body.size() > body_bytes_max(header.type) ||
      hash64(body) != header.body_checksum) {
    return Status(StatusCode::Corruption, std::string(frame_type_name(header.type)) +
                                              ": length or checksum of the body differs");
  }
  if (is_aligned(body)) return decode_aligned(header, body);
  std::vector<std::uint64_t> aligned(rounded_up(body.size()) / sizeof(std::uint64_t));
  if (!body.empty()) std::memcpy(aligned.data(), body.data(), body.size());
  return decode_aligned(header, {reinterpret_cast<const char*>(aligned.data()), body.size()});
}

}  // namespace starling

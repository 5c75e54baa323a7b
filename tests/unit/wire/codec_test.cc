#include "wire/codec.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "base/random.h"
#include "message/record_bytes.h"
#include "random_message.h"
#include "version/context_codec.h"

namespace starling {
namespace {

TEST_CASE("codec: the samples are one message of every frame type") {
  Random random(test_seed());
  std::set<FrameType> found;
  for (const Frame& frame : random_frames(random)) {
    const std::string bytes = encode_frame(frame);
    REQUIRE(parse_frame_header(bytes).ok());
    CHECK(found.insert(parse_frame_header(bytes)->type).second);
  }
  CHECK(found.size() == kFrameTypeMax);
}

TEST_CASE("codec: the kind of a frame is known from its type") {
  Random random(test_seed());
  for (const Frame& frame : random_frames(random)) {
    const FrameKind kind = kind_of(parse_frame_header(encode_frame(frame))->type);
    CHECK(static_cast<std::size_t>(kind) == frame.message.index());
  }
}

TEST_CASE("codec: random messages of every type come back as they were") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    for (const Frame& frame : random_frames(random)) {
      const std::string bytes = encode_frame(frame);
      const Result<Frame> decoded = decode_frame(bytes);
      CAPTURE(frame_type_name(parse_frame_header(bytes)->type));
      CAPTURE(decoded.status().to_string());
      REQUIRE(decoded.ok());
      REQUIRE(*decoded == frame);
    }
  }
}

TEST_CASE("codec: a body at any address is decoded") {
  Random random(test_seed());
  for (const Frame& frame : random_frames(random)) {
    const std::string bytes = encode_frame(frame);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const std::string moved = std::string(shift, 'x') + bytes;
      CHECK(decode_frame(std::string_view(moved).substr(shift)).ok());
    }
  }
}

TEST_CASE("codec: the bytes of a message are these") {
  const ReplicaWriteReply reply{.operation = {0x0102030405060708},
                                .outcome = ReplicaOutcome::NotCounted,
                                .epoch = {7},
                                .synced = true};
  const std::string bytes = encode(PeerMessage(reply));
  CHECK(to_hex(bytes.substr(kFrameHeaderBytes)) ==
        "100000000c00180008000600100007000c0000000000010108070605040302010700000000000000");
}

TEST_CASE("codec: an answer larger than its frame becomes an error that says so") {
  GetReply reply;
  reply.siblings.assign(
      3, {.value = std::string(12U << 20U, 'v'), .content_type = {}, .modified = {}, .dot = {}});
  const Result<Frame> decoded = decode_frame(encode(7, ClientReply(reply)));
  REQUIRE(decoded.ok());
  const auto& answer = std::get<ClientReply>(decoded->message);
  CHECK(std::get<ErrorReply>(answer).status.code() == StatusCode::TooLarge);
  CHECK(decoded->request == 7);
}

TEST_CASE("codec: a request larger than its frame is no bytes at all") {
  ClientPut put;
  put.value.assign(17U << 20U, 'v');
  CHECK(encode(1, ClientRequest{.remaining = {}, .body = std::move(put)}).empty());
}

TEST_CASE("codec: the greatest value travels") {
  ClientPut put;
  put.address = {.bucket = "b", .key = std::string(4096, 'k')};
  put.value.assign(16U << 20U, 'v');
  const Frame frame{.request = 1, .message = ClientRequest{.remaining = {}, .body = put}};
  const Result<Frame> decoded = decode_frame(encode_frame(frame));
  REQUIRE(decoded.ok());
  CHECK(*decoded == frame);
}

TEST_CASE("codec: the greatest record that is said to fit travels, and none that is not") {
  const auto write_of = [](std::uint64_t count, std::size_t bytes) {
    VectorClock clock;
    std::vector<Sibling> siblings(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      siblings[i].dot = {.actor = {.incarnation = {i}, .lineage = 1}, .counter = 1};
      siblings[i].content_type.assign(255, 't');
      siblings[i].value.assign(bytes, 'v');
      siblings[i].value_hash =
          hash_of_value(SiblingKind::Value, siblings[i].content_type, siblings[i].value);
      clock.add(siblings[i].dot);
    }
    return ReplicaWrite{.address = {.bucket = "b", .key = std::string(4096, 'k')},
                        .versions = SiblingSet(std::move(clock), std::move(siblings))};
  };
  const std::size_t sibling_bytes = kRecordBytesMax / kRecordSiblingsMax - 128 - 255 - 24;
  const ReplicaWrite fits = write_of(kRecordSiblingsMax, sibling_bytes);
  REQUIRE(fits_a_message(fits.versions));
  const Result<Frame> decoded = decode_frame(encode(PeerMessage(fits)));
  CAPTURE(decoded.status().to_string());
  REQUIRE(decoded.ok());
  CHECK(std::get<PeerMessage>(decoded->message) == PeerMessage(fits));
  const ReplicaWrite large = write_of(3, std::size_t{12} << 20U);
  CHECK_FALSE(fits_a_message(large.versions));
  CHECK(encode(PeerMessage(large)).empty());
}

TEST_CASE("codec: the longest context that is given out travels both ways") {
  std::vector<VectorClock::Entry> entries;
  for (std::uint64_t i = 0; i < kContextEntriesMax; ++i) {
    entries.push_back({.actor = {.incarnation = {i}, .lineage = ~i}, .counter = ~i});
  }
  PutReply reply;
  reply.context = ContextCodec(derive_mac_key("secret", "context"))
                      .encode("b", "k", VectorClock::of(std::move(entries)));
  REQUIRE_FALSE(reply.context.empty());
  const Result<Frame> answer = decode_frame(encode(1, ClientReply(reply)));
  REQUIRE(answer.ok());
  CHECK(std::get<PutReply>(std::get<ClientReply>(answer->message)).context == reply.context);
  const ClientGet get{.address = {.bucket = "b", .key = "k"}, .context = reply.context};
  CHECK(decode_frame(encode(1, ClientRequest{.remaining = {}, .body = get})).ok());
  const ForwardedPutReply passed{.reply = reply};
  CHECK(decode_frame(encode(PeerMessage(passed))).ok());
}

TEST_CASE("codec: a Hello with the longest texts fits the handshake") {
  const std::string longest(5000, 'x');
  Hello hello;
  hello.cluster = longest;
  hello.name = longest;
  hello.http_address = longest;
  hello.config.cluster = {.high = 1, .low = 2};
  hello.refusal = longest;
  const Result<Frame> decoded = decode_frame(encode(hello));
  REQUIRE(decoded.ok());
  CHECK(std::get<Hello>(decoded->message).refusal == std::string(1024, 'x'));
}

}  // namespace
}  // namespace starling

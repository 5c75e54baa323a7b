#include "wire/codec.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "random_message.h"

namespace starling {
namespace {

TEST_CASE("codec: the samples are one message of every frame type, in order") {
  Random random(test_seed());
  std::uint8_t expected = kFrameTypeMin;
  for (const Frame& frame : random_frames(random)) {
    const std::string bytes = encode_frame(frame);
    REQUIRE(parse_frame_header(bytes).ok());
    CHECK(parse_frame_header(bytes)->type == static_cast<FrameType>(expected));
    ++expected;
  }
  CHECK(expected == kFrameTypeMax + 1);
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

#include "wire/codec_client.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

using namespace std::chrono_literals;

std::string refusal_of_keys_request(std::uint32_t limit) {
  Builder builder;
  const auto bucket = write_required_text(builder, "bucket");
  const wire::ReadLevelPair levels;
  return refusal_of(FrameType::ClientKeys, builder,
                    wire::CreateClientKeys(builder, 0, bucket, 0, 0, 0, limit, &levels));
}

std::string refusal_of_keys_reply(const std::vector<std::uint16_t>& lengths,
                                  const std::string& keys) {
  Builder builder;
  const auto lengths_offset = builder.CreateVector(lengths);
  const auto keys_offset = write_bytes(builder, keys);
  return refusal_of(FrameType::KeysReply, builder,
                    wire::CreateKeysReply(builder, lengths_offset, keys_offset));
}

TEST_CASE("codec_client: a page has at least one key and at most ten thousand") {
  CHECK(refusal_of_keys_request(1) == "");
  CHECK(refusal_of_keys_request(10'000) == "");
  CHECK(refusal_of_keys_request(0) == "ClientKeys: limit: out of range");
  CHECK(refusal_of_keys_request(10'001) == "ClientKeys: limit: out of range");
}

TEST_CASE("codec_client: keys and their lengths fit each other") {
  CHECK(refusal_of_keys_reply({1, 2}, "abb") == "");
  CHECK(refusal_of_keys_reply({1, 2}, "ab") == "KeysReply: keys: too short");
  CHECK(refusal_of_keys_reply({1}, "ab") == "KeysReply: keys: too long");
  CHECK(refusal_of_keys_reply({0, 1}, "a") == "KeysReply: key: no key");
  CHECK(refusal_of_keys_reply({4097}, std::string(4097, 'k')) == "KeysReply: key: no key");
}

TEST_CASE("codec_client: a request's deadline is checked") {
  Builder builder;
  const auto bucket = write_required_text(builder, "bucket");
  const auto key = write_required_bytes(builder, "key");
  const wire::ReadLevelPair levels;
  CHECK(refusal_of(FrameType::ClientGet, builder,
                   wire::CreateClientGet(builder, -5, bucket, key, &levels)) ==
        "ClientGet: remaining time: out of range");
}

TEST_CASE("codec_client: an error that says success is refused") {
  Builder builder;
  const wire::Counts counts;
  CHECK(
      refusal_of(FrameType::ErrorReply, builder, wire::CreateErrorReply(builder, 0, 0, &counts)) ==
      "ErrorReply: error code: an error that is none");
}

TEST_CASE("codec_client: a long error is cut, not lost") {
  const ErrorReply error{.status = Status(StatusCode::Failure, std::string(9000, 'x')),
                         .replies = {}};
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(error)));
  REQUIRE(decoded.ok());
  const auto& reply = std::get<ErrorReply>(std::get<ClientReply>(decoded->message));
  CHECK(reply.status.message() == std::string(4096, 'x'));
}

TEST_CASE("codec_client: a longer wait than a reader takes is cut, and refused if sent") {
  const ErrorReply error{.status = Status(StatusCode::Overloaded, "").with_retry_after(2h),
                         .replies = {}};
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(error)));
  REQUIRE(decoded.ok());
  const auto& reply = std::get<ErrorReply>(std::get<ClientReply>(decoded->message));
  CHECK(reply.status.retry_after() == kRetryAfterMax);
  Builder builder;
  const wire::Counts counts;
  CHECK(refusal_of(FrameType::ErrorReply, builder,
                   wire::CreateErrorReply(builder, 1, 0, &counts, 60'001)) ==
        "ErrorReply: retry after: out of range");
}

TEST_CASE("codec_client: the longest page of keys of one frame travels") {
  KeysReply reply;
  reply.keys.assign(8000, std::string(4096, 'k'));
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientReply>(decoded->message) == ClientReply(reply));
}

}  // namespace
}  // namespace starling

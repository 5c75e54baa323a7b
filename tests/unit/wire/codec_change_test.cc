#include "wire/codec_change.h"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "wire/codec.h"

namespace starling {
namespace {

std::string refusal(const ClusterChangeReply& reply) {
  return decode_frame(encode(3, ClientReply(reply))).status().message();
}

TEST_CASE("codec_change: a plan of a thousand members fits the verifier") {
  ClusterChangeReply reply;
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::string name = "node" + std::to_string(i);
    reply.slots.push_back({.name = name, .before = 3, .after = 4});
    reply.under_way.push_back(name + " gets 1 slots");
  }
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientReply>(decoded->message) == ClientReply(reply));
}

TEST_CASE("codec_change: a line that is too long is cut, and too many are refused") {
  ClusterChangeReply reply;
  reply.warnings = {std::string(5000, 'w')};
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  const auto& read = std::get<ClusterChangeReply>(std::get<ClientReply>(decoded->message));
  CHECK(read.warnings.front().size() == kMessageBytesMax);
  reply.warnings.assign(kChangeLinesMax + 1, "w");
  CHECK(refusal(reply) == "ClusterChangeReply: warnings: too many");
}

TEST_CASE("codec_change: a member without a name, and an unknown verb, are refused") {
  CHECK(refusal({.slots = {{.name = "", .before = 1, .after = 1}}}) ==
        "ClusterChangeReply: name: empty");
  CHECK(refusal({.verb = static_cast<ChangeVerb>(7)}).find("verb") != std::string::npos);
}

}  // namespace
}  // namespace starling

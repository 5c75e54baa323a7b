#include "wire/codec_swim.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "random_message.h"
#include "table_bytes.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling {
namespace {

std::string refusal_of_rumours(std::size_t count, std::uint8_t state) {
  Builder builder;
  const std::vector<wire::Rumour> rumours(count, wire::Rumour(1, 2, 3, 4, state));
  const auto column = builder.CreateVectorOfStructs(rumours);
  return refusal_of(FrameType::SwimMessage, builder,
                    wire::CreateSwimMessage(builder, 0, 1, 1, 1, 0, column));
}

TEST_CASE("codec_swim: more rumours than a message carries, and an unknown state, are refused") {
  CHECK(refusal_of_rumours(kRumoursPerMessage, 2).empty());
  CHECK(refusal_of_rumours(kRumoursPerMessage + 1, 2) == "SwimMessage: rumours: too many");
  CHECK(refusal_of_rumours(1, 3) == "SwimMessage: rumours.state: unknown value");
}

TEST_CASE("codec_swim: an unknown kind, and a sender that never started, are refused") {
  Builder kind;
  CHECK(refusal_of(FrameType::SwimMessage, kind, wire::CreateSwimMessage(kind, 4, 1, 1, 1)) ==
        "SwimMessage: kind: unknown value");
  Builder start;
  CHECK(refusal_of(FrameType::SwimMessage, start, wire::CreateSwimMessage(start, 0, 1, 1, 0)) ==
        "SwimMessage: start: none");
}

TEST_CASE("codec_swim: a message with all the rumours that it may carry stays within 1 KiB") {
  SwimMessage message{.kind = SwimKind::Ack,
                      .number = UINT64_MAX,
                      .subject = {UINT64_MAX},
                      .sender = {.start = UINT64_MAX, .refutations = UINT32_MAX}};
  message.rumours.assign(kRumoursPerMessage, {.subject = {UINT64_MAX},
                                              .state = PeerState::Down,
                                              .incarnation = message.sender,
                                              .accuser = {UINT64_MAX}});
  const std::string bytes = encode(PeerMessage(message));
  CHECK(bytes.size() <= 1024);
  const Result<Frame> frame = decode_frame(bytes);
  REQUIRE(frame.ok());
  CHECK(std::get<SwimMessage>(std::get<PeerMessage>(frame->message)) == message);
}

}  // namespace
}  // namespace starling

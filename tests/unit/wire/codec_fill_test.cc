#include "wire/codec_fill.h"

#include <chrono>
#include <variant>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/ids.h"
#include "message/fill_messages.h"
#include "message/peer_messages.h"
#include "random_message.h"
#include "ring/token.h"
#include "table_bytes.h"

namespace starling {
namespace {

TEST_CASE("codec_fill: a question for no token, and an unknown outcome, are refused") {
  const wire::Envelope envelope;
  const wire::Hash store;
  Builder read;
  CHECK(refusal_of(FrameType::FillRead, read,
                   wire::CreateFillRead(read, &envelope, &store, false, 0, 0)) ==
        "FillRead: tokens_max: none");
  Builder page;
  CHECK(refusal_of(FrameType::FillPage, page, wire::CreateFillPage(page, 1, 2, 6)) ==
        "FillPage: outcome: unknown value");
}

template <typename Message>
Message there_and_back(const Message& message) {
  const Result<Frame> frame = decode_frame(encode(PeerMessage(message)));
  REQUIRE(frame.ok());
  return std::get<Message>(std::get<PeerMessage>(frame->message));
}

TEST_CASE("codec_fill: the beginning and the end of a partition are told from token 0") {
  FillRead read{.envelope = {.remaining = std::chrono::seconds(1)}, .tokens_max = 1};
  CHECK(there_and_back(read) == read);
  read.after = Token{0};
  CHECK(there_and_back(read) == read);
  FillPage page{.outcome = FillOutcome::Page};
  CHECK(there_and_back(page) == page);
  page.through = Token{0};
  CHECK(there_and_back(page) == page);
}

}  // namespace
}  // namespace starling

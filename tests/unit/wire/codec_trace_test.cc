#include "wire/codec_trace.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "client_generated.h"
#include "message/client_messages.h"
#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

using namespace std::chrono_literals;

Trace trace_of(std::size_t events) {
  Trace trace;
  for (std::size_t i = 0; i < events; ++i) {
    trace.events.push_back({.at = i * 1us,
                            .kind = TraceEventKind::WriteAnswered,
                            .node = "node0",
                            .peer = "node" + std::to_string(i % 5),
                            .home = {},
                            .result = "done"});
  }
  return trace;
}

// As it arrives.
Trace sent(Trace trace) {
  PutReply reply;
  reply.trace = std::move(trace);
  const Result<Frame> frame = decode_frame(encode(1, ClientReply(reply)));
  REQUIRE(frame.ok());
  return std::get<PutReply>(std::get<ClientReply>(frame->message)).trace;
}

std::string refusal_of_trace(const std::vector<wire::TraceEvent>& events,
                             const std::vector<std::string>& words) {
  Builder builder;
  const auto event_column = write_structs(builder, events);
  const auto word_column = builder.CreateVectorOfStrings(words);
  const auto trace = wire::CreateTrace(builder, event_column, word_column, 0);
  const wire::LevelValue level;
  const wire::Counts counts;
  return refusal_of(FrameType::PutReply, builder,
                    wire::CreatePutReply(builder, 0, 0, &level, &counts, nullptr, trace));
}

TEST_CASE("codec_trace: a trace arrives as it was sent, and a reply without one has none") {
  const Trace trace = trace_of(kTraceEventsMax);
  CHECK(sent(trace) == trace);
  CHECK(sent({}).empty());
}

TEST_CASE("codec_trace: events beyond the bound are cut off and counted") {
  Trace trace = trace_of(kTraceEventsMax + 3);
  trace.left_out = 2;
  const Trace arrived = sent(trace);
  CHECK(arrived.events.size() == kTraceEventsMax);
  CHECK(arrived.left_out == 5);
}

TEST_CASE("codec_trace: a long name is cut, and a time beyond all deadlines is the last of them") {
  Trace trace = trace_of(1);
  trace.events[0].peer = std::string(200, 'x');
  trace.events[0].at = 100h;
  const Trace arrived = sent(trace);
  CHECK(arrived.events[0].peer == std::string(64, 'x'));
  CHECK(arrived.events[0].at == 10min);
}

TEST_CASE("codec_trace: each text is sent once, whatever events speak of it") {
  PutReply few;
  few.trace = trace_of(8);
  PutReply many;
  many.trace = trace_of(40);
  const std::size_t more = encode(1, ClientReply(many)).size() - encode(1, ClientReply(few)).size();
  CHECK(more == 32 * sizeof(wire::TraceEvent));
}

TEST_CASE("codec_trace: what a newer node tells of is left out and counted, not an error") {
  PutReply reply;
  reply.trace = trace_of(3);
  reply.trace.events[1].kind =
      static_cast<TraceEventKind>(static_cast<std::uint8_t>(kTraceEventKindLast) + 1);
  const Trace arrived = sent(reply.trace);
  CHECK(arrived.events.size() == 2);
  CHECK(arrived.left_out == 1);
}

TEST_CASE("codec_trace: words that are not there, too many events and absurd times are refused") {
  CHECK(refusal_of_trace({wire::TraceEvent(0, 0, 0, 255, 255, 255)}, {"node0"}) == "");
  CHECK(refusal_of_trace({wire::TraceEvent(0, 0, 1, 255, 255, 255)}, {"node0"}) ==
        "PutReply: trace: a word that is not there");
  const wire::TraceEvent none(0, 0, 255, 255, 255, 255);
  CHECK(refusal_of_trace(std::vector(65, none), {}) == "PutReply: trace: too many");
  CHECK(refusal_of_trace({none}, std::vector<std::string>(256, "w")) ==
        "PutReply: trace: too many words");
  CHECK(refusal_of_trace({none}, {std::string(65, 'w')}) ==
        "PutReply: trace: 65 bytes, at most 64");
  CHECK(refusal_of_trace({wire::TraceEvent(601'000'000'000U, 0, 255, 255, 255, 255)}, {}) ==
        "PutReply: trace: a time out of range");
}

TEST_CASE("codec_trace: a forwarded put brings its wish along, and its answer the trace") {
  ForwardedPutReply reply;
  ErrorReply error{.status = Status(StatusCode::InDoubt, "why"), .replies = {}};
  error.trace = trace_of(4);
  reply.reply = error;
  const Result<Frame> frame = decode_frame(encode(PeerMessage(reply)));
  REQUIRE(frame.ok());
  const auto& arrived = std::get<ForwardedPutReply>(std::get<PeerMessage>(frame->message)).reply;
  CHECK(std::get<ErrorReply>(arrived).trace == error.trace);
}

}  // namespace
}  // namespace starling

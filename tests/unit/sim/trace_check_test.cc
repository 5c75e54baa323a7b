#include "sim/trace_check.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"
#include "starling/trace.h"

namespace starling::sim {
namespace {

using namespace std::chrono_literals;
using Kind = TraceEventKind;

// A put that two replicas acknowledged.
starling::Trace sound_trace() {
  starling::Trace trace;
  trace.events = {
      {.at = 0us, .kind = Kind::Begun, .node = "node0"},
      {.at = 1us, .kind = Kind::Minted, .node = "node0", .result = "ok"},
      {.at = 2us, .kind = Kind::WriteAnswered, .node = "node0", .peer = "node1", .result = "done"},
      {.at = 3us, .kind = Kind::WriteAnswered, .node = "node0", .peer = "node0", .result = "done"},
      {.at = 3us, .kind = Kind::Answered, .node = "node0", .result = "ok"},
  };
  return trace;
}

const TracedAnswer kAnswer{.result = StatusCode::Ok,
                           .replies = {.required = 2, .received = 2, .primaries = 2}};

TEST_CASE("trace_check: a trace that fits its answer is not accused") {
  CHECK(contradiction_in(sound_trace(), kAnswer) == "");
}

TEST_CASE("trace_check: fewer answers than were counted are a contradiction") {
  starling::Trace trace = sound_trace();
  trace.events[2].result = "refused";
  CHECK(contradiction_in(trace, kAnswer) != "");
  trace.events[2].result = "done";
  // The same replica twice is one answer.
  trace.events[2].peer = "node0";
  CHECK(contradiction_in(trace, kAnswer) != "");
  // Where events are missing for want of room, so may this one be.
  trace.left_out = 1;
  CHECK(contradiction_in(trace, kAnswer) == "");
}

TEST_CASE("trace_check: what was heard under an older configuration does not count") {
  starling::Trace trace = sound_trace();
  trace.events[2].kind = Kind::ConfigurationNewer;
  CHECK(contradiction_in(trace, kAnswer) != "");
}

TEST_CASE("trace_check: another end than the answer's, or none, is a contradiction") {
  starling::Trace trace = sound_trace();
  CHECK(contradiction_in(trace, {.result = StatusCode::InDoubt, .replies = {}}) != "");
  trace.events.pop_back();
  CHECK(contradiction_in(trace, kAnswer) == "the end is missing");
  CHECK(contradiction_in({}, kAnswer) == "nothing is told");
}

TEST_CASE("trace_check: time goes forward, from a begin") {
  starling::Trace trace = sound_trace();
  trace.events[1].at = 9us;
  CHECK(contradiction_in(trace, kAnswer) == "time goes back");
  trace = sound_trace();
  trace.events.erase(trace.events.begin());
  CHECK(contradiction_in(trace, kAnswer) == "the begin is missing");
}

TEST_CASE("trace_check: of a delete that wrote nothing the reads count") {
  starling::Trace trace = sound_trace();
  trace.events.erase(trace.events.begin() + 1);
  CHECK(contradiction_in(trace, kAnswer) != "");
  for (TraceEvent& event : trace.events) {
    if (event.kind == Kind::WriteAnswered) event.kind = Kind::ReadAnswered;
  }
  CHECK(contradiction_in(trace, kAnswer) == "");
}

TEST_CASE("trace_check: a disk begins before it is done, each by itself") {
  starling::Trace trace = sound_trace();
  trace.events.insert(trace.events.begin() + 2,
                      {.at = 1us, .kind = Kind::CommitDone, .node = "node0"});
  CHECK(contradiction_in(trace, kAnswer) != "");
  trace.events.insert(trace.events.begin() + 2,
                      {.at = 1us, .kind = Kind::CommitBegun, .node = "node1"});
  CHECK(contradiction_in(trace, kAnswer) != "");
  trace.events[2].node = "node0";
  CHECK(contradiction_in(trace, kAnswer) == "");
}

TEST_CASE("trace_check: what a trace shows can be asked for") {
  CHECK(shows(sound_trace(), Kind::Minted));
  CHECK_FALSE(shows(sound_trace(), Kind::Silent));
}

}  // namespace
}  // namespace starling::sim

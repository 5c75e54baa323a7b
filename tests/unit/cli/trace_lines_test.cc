#include "cli/trace_lines.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/trace.h"

namespace starling::cli {
namespace {

using namespace std::chrono_literals;
using Kind = TraceEventKind;

std::vector<std::string> lines_of(const Trace& trace) {
  std::istringstream text(trace_lines(trace));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

Trace put_trace() {
  Trace trace;
  trace.events = {
      {.at = 0us, .kind = Kind::Begun, .node = "node0"},
      {.at = 40us, .kind = Kind::Minted, .node = "node0", .result = "ok"},
      {.at = 40us, .kind = Kind::WriteAsked, .node = "node0", .peer = "node0"},
      {.at = 45us, .kind = Kind::WriteAsked, .node = "node0", .peer = "node1"},
      {.at = 45us, .kind = Kind::WriteAsked, .node = "node0", .peer = "node2"},
      {.at = 1ms, .kind = Kind::CommitBegun, .node = "node0"},
      {.at = 2ms, .kind = Kind::WriteAnswered, .node = "node0", .peer = "node1", .result = "done"},
      {.at = 9ms, .kind = Kind::CommitDone, .node = "node0"},
      {.at = 10ms, .kind = Kind::WriteAnswered, .node = "node0", .peer = "node0", .result = "done"},
      {.at = 10ms, .kind = Kind::Silent, .node = "node0", .peer = "node2"},
      {.at = 10ms, .kind = Kind::Answered, .node = "node0", .result = "ok"},
  };
  return trace;
}

TEST_CASE("trace_lines: a put is drawn line by line, with waits and with who is silent") {
  CHECK(trace_lines(put_trace()) ==
        "timeline of 10.000 ms, asked of node0\n"
        "    0.000  node0  |*             | the request is there\n"
        "    0.040  node0  |*             | minted\n"
        "    0.040  node0  |*             | asked node0, node1, node2 to write\n"
        "    1.000  node0  | *            | disk begun, after 0.960 in its queue\n"
        "    2.000  node0  |  *           | node1 answered: done, after 1.955\n"
        "    9.000  node0  |           *  | disk done, after 8.000 for the batch\n"
        "   10.000  node0  |             *| node0 answered: done, after 9.960\n"
        "   10.000  node0  |             *| no answer yet from node2\n"
        "   10.000  node0  |             *| answered: ok\n");
}

TEST_CASE("trace_lines: a hop shows whose event it is") {
  Trace trace;
  trace.events = {
      {.at = 0us, .kind = Kind::Begun, .node = "a"},
      {.at = 1us, .kind = Kind::Forwarded, .node = "a", .peer = "node1"},
      {.at = 2us, .kind = Kind::Begun, .node = "node1"},
      {.at = 5us, .kind = Kind::ForwardAnswered, .node = "a", .peer = "node1", .result = "ok"}};
  const std::vector<std::string> lines = lines_of(trace);
  REQUIRE(lines.size() == 5);
  CHECK(lines[2].find("a      |  *           | forwarded to node1") != std::string::npos);
  CHECK(lines[3].find("node1  |     *        | the forwarded put is there") != std::string::npos);
  CHECK(lines[4].ends_with("node1 answered: ok, after 0.004"));
}

TEST_CASE("trace_lines: long names go on below, and no line is wider than 80 columns") {
  Trace trace = put_trace();
  for (TraceEvent& event : trace.events) {
    event.node = "a-member-with-a-rather-long-name";
    if (!event.peer.empty()) event.peer = "another-member-" + event.peer;
  }
  for (const std::string& line : lines_of(trace)) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("trace_lines: a word that is wider than its column is not cut") {
  Trace trace = put_trace();
  trace.events[6].peer = std::string(64, 'x');
  const std::string text = trace_lines(trace);
  CHECK(text.find(std::string(64, 'x')) != std::string::npos);
  CHECK(text.find("answered: done") != std::string::npos);
}

TEST_CASE("trace_lines: what commands a terminal is made visible") {
  Trace trace = put_trace();
  trace.events[6].peer = "\x1b[2J";
  CHECK(trace_lines(trace).find('\x1b') == std::string::npos);
}

TEST_CASE("trace_lines: nothing to tell is said, and what was left out as well") {
  CHECK(trace_lines({}).starts_with("starling: no timeline: "));
  Trace trace = put_trace();
  trace.left_out = 7;
  CHECK(trace_lines(trace).ends_with("and 7 more events\n"));
}

TEST_CASE("trace_lines: every kind of event has words") {
  for (int kind = 0; kind <= static_cast<int>(kTraceEventKindLast); ++kind) {
    Trace trace;
    trace.events = {{.at = 0us, .kind = Kind::Begun, .node = "node0"},
                    {.at = 1us,
                     .kind = static_cast<Kind>(kind),
                     .node = "node0",
                     .peer = "node1",
                     .home = "node2",
                     .result = "done"}};
    const std::string line = lines_of(trace).back();
    CAPTURE(line);
    CHECK(line.find('_') == std::string::npos);
    CHECK(line.size() > 30);
  }
}

}  // namespace
}  // namespace starling::cli

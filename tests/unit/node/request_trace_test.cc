#include "node/request_trace.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"

namespace starling {
namespace {

using namespace std::chrono_literals;
using Kind = TraceEventKind;
using Reader = RequestTrace::Reader;

constexpr Instant kBegun{1000s};

// A ring of node0, node1 and node2, for their names.
class Names {
 public:
  Names() {
    ClusterConfig config;
    config.partitions = 8;
    for (int i = 0; i < 3; ++i) {
      const std::string name = "node" + std::to_string(i);
      config.founders.push_back({.id = node_id_of(name), .name = name, .address = "h:1"});
    }
    ring_ = first_ring(config);
  }
  [[nodiscard]] Trace told(const RequestTrace& trace) const { return trace.told(*ring_, id(0)); }
  [[nodiscard]] static NodeId id(int i) { return node_id_of("node" + std::to_string(i)); }

 private:
  std::shared_ptr<const Ring> ring_;
};

std::vector<Kind> kinds_of(const Trace& trace) {
  std::vector<Kind> kinds;
  for (const TraceEvent& event : trace.events) kinds.push_back(event.kind);
  return kinds;
}

TraceNote answered(int node, ReplicaOutcome outcome = ReplicaOutcome::Done) {
  return {.kind = Kind::WriteAnswered, .peer = Names::id(node), .outcome = outcome};
}

TEST_CASE("RequestTrace: off it notes nothing and is for nobody") {
  RequestTrace trace;
  trace.note(kBegun, answered(1));
  trace.note_minted(kBegun, Names::id(0), CommitTicket{4});
  trace.note_commit(kBegun, CommitTiming{.begun_ago = 0ms, .done_ago = 0ms});
  trace.note_lost(kBegun, Names::id(1));
  CHECK_FALSE(trace.is_on());
  CHECK_FALSE(trace.is_for_client());
  CHECK(trace.ticket() == CommitTicket{});
  CHECK(Names().told(trace).empty());
}

TEST_CASE("RequestTrace: events carry their time, the member's name and how it went") {
  RequestTrace trace(kBegun, Reader::Client);
  trace.note_minted(kBegun + 1ms, Names::id(0), CommitTicket{4});
  trace.note_asked(kBegun + 1ms, SendWrite{.to = {Names::id(1)}, .versions = {}});
  trace.note(kBegun + 3ms, answered(1, ReplicaOutcome::DiskFull));
  CHECK_FALSE(trace.is_for_client());
  trace.finish(kBegun + 4ms, StatusCode::InDoubt);
  CHECK(trace.is_for_client());
  const Trace told = Names().told(trace);
  CHECK(kinds_of(told) == std::vector{Kind::Begun, Kind::Minted, Kind::WriteAsked, Kind::WriteAsked,
                                      Kind::WriteAnswered, Kind::Silent, Kind::Answered});
  CHECK(told.events[4] == TraceEvent{.at = 3ms,
                                     .kind = Kind::WriteAnswered,
                                     .node = "node0",
                                     .peer = "node1",
                                     .home = {},
                                     .result = "disk_full"});
  CHECK(told.events[5].peer == "node0");
  CHECK(told.events[6].result == "in_doubt");
}

TEST_CASE("RequestTrace: what the disk did is set where it was, and never before the mint") {
  RequestTrace trace(kBegun, Reader::Client);
  trace.note_minted(kBegun + 2ms, Names::id(0), CommitTicket{4});
  trace.note(kBegun + 5ms, answered(1));
  trace.note_commit(kBegun + 10ms, CommitTiming{.begun_ago = 9ms, .done_ago = 4ms});
  trace.finish(kBegun + 10ms, StatusCode::Ok);
  const Trace told = Names().told(trace);
  CHECK(std::ranges::is_sorted(told.events, {}, &TraceEvent::at));
  const auto begun = std::ranges::find(told.events, Kind::CommitBegun, &TraceEvent::kind);
  const auto done = std::ranges::find(told.events, Kind::CommitDone, &TraceEvent::kind);
  REQUIRE(done != told.events.end());
  CHECK(begun->at == 2ms);
  CHECK(done->at == 6ms);
}

TEST_CASE("RequestTrace: a batch that is still being written was begun, and no more") {
  RequestTrace trace(kBegun, Reader::Client);
  CHECK_FALSE(trace.has_open_commit());
  trace.note_minted(kBegun, Names::id(0), CommitTicket{4});
  CHECK(trace.has_open_commit());
  trace.note_commit(kBegun + 10ms, std::nullopt);
  CHECK(trace.has_open_commit());
  trace.note_commit(kBegun + 10ms, CommitTiming{.begun_ago = 3ms, .done_ago = std::nullopt});
  CHECK_FALSE(trace.has_open_commit());
  trace.finish(kBegun + 10ms, StatusCode::Ok);
  CHECK(kinds_of(Names().told(trace)) == std::vector{Kind::Begun, Kind::Minted, Kind::WriteAsked,
                                                     Kind::CommitBegun, Kind::Silent,
                                                     Kind::Answered});
}

TEST_CASE(
    "RequestTrace: another replica's disk is told of at its node, within the request's time") {
  RequestTrace trace(kBegun, Reader::Client);
  trace.note_peer_commit(kBegun + 10ms, Names::id(1), {.begun_ago = 6ms, .done_ago = 2ms});
  trace.note_peer_commit(kBegun + 10ms, Names::id(2), {.begun_ago = 1h, .done_ago = 2h});
  trace.finish(kBegun + 10ms, StatusCode::Ok);
  const Trace told = Names().told(trace);
  REQUIRE(told.events.size() == 6);
  CHECK(told.events[1] == TraceEvent{.at = 0ms, .kind = Kind::CommitBegun, .node = "node2"});
  CHECK(told.events[2] == TraceEvent{.at = 0ms, .kind = Kind::CommitDone, .node = "node2"});
  CHECK(told.events[3] == TraceEvent{.at = 4ms, .kind = Kind::CommitBegun, .node = "node1"});
  CHECK(told.events[4] == TraceEvent{.at = 8ms, .kind = Kind::CommitDone, .node = "node1"});
}

TEST_CASE("RequestTrace: who has not answered by the end is named, once") {
  RequestTrace trace(kBegun, Reader::Nobody);
  trace.note_asked(kBegun, SendRead{.to = {Names::id(1), Names::id(2)}, .want = ReadWant::Digest});
  trace.note(kBegun, {.kind = Kind::ReadAnswered, .peer = Names::id(1)});
  trace.note_asked(kBegun, SendRead{.to = {Names::id(1), Names::id(2)},
                                    .want = ReadWant::Record,
                                    .cause = ReadCause::Differs});
  trace.note(kBegun, {.kind = Kind::ReadAnswered, .peer = Names::id(1)});
  trace.finish(kBegun, StatusCode::Ok);
  const Trace told = Names().told(trace);
  const auto is_silent = [](const TraceEvent& event) { return event.kind == Kind::Silent; };
  CHECK(std::ranges::count_if(told.events, is_silent) == 1);
  CHECK(std::ranges::find_if(told.events, is_silent)->peer == "node2");
  CHECK(std::ranges::count(told.events, Kind::DigestDiffered, &TraceEvent::kind) == 2);
}

TEST_CASE("RequestTrace: a lost connection is told of who was waited for, and is no silence") {
  RequestTrace trace(kBegun, Reader::Nobody);
  trace.note_asked(kBegun, SendWrite{.to = {Names::id(1)}, .versions = {}});
  trace.note_lost(kBegun, Names::id(2));
  trace.note_lost(kBegun, Names::id(1));
  trace.finish(kBegun, StatusCode::InDoubt);
  CHECK(kinds_of(Names().told(trace)) ==
        std::vector{Kind::Begun, Kind::WriteAsked, Kind::ConnectionLost, Kind::Answered});
}

TEST_CASE("RequestTrace: under a newer configuration the old questions are forgotten") {
  RequestTrace trace(kBegun, Reader::Nobody);
  trace.note_asked(kBegun, SendWrite{.to = {Names::id(1)}, .versions = {}});
  trace.note_newer(kBegun, {ArmTimer{kBegun}, SendWrite{.to = {}, .versions = {}}});
  trace.finish(kBegun, StatusCode::Ok);
  CHECK(kinds_of(Names().told(trace)) ==
        std::vector{Kind::Begun, Kind::WriteAsked, Kind::ConfigurationNewer, Kind::Answered});
}

TEST_CASE("RequestTrace: a change of owners that a request does not mind is not in it") {
  RequestTrace trace(kBegun, Reader::Nobody);
  trace.note_newer(kBegun, {AnswerGet{}});
  trace.finish(kBegun, StatusCode::Ok);
  CHECK(kinds_of(Names().told(trace)) == std::vector{Kind::Begun, Kind::Answered});
}

TEST_CASE("RequestTrace: a hint that nobody waits for is asked for, but not missed") {
  RequestTrace trace(kBegun, Reader::Nobody);
  trace.note(
      kBegun,
      {.kind = Kind::HintAsked, .peer = Names::id(1), .home = Names::id(2), .awaited = false});
  trace.finish(kBegun, StatusCode::Ok);
  const Trace told = Names().told(trace);
  CHECK(kinds_of(told) == std::vector{Kind::Begun, Kind::HintAsked, Kind::Answered});
  CHECK(told.events[1].home == "node2");
}

TEST_CASE("RequestTrace: events are bounded, the rest is counted, and the end is always there") {
  RequestTrace trace(kBegun, Reader::Client);
  trace.note_asked(kBegun, SendWrite{.to = {Names::id(2)}, .versions = {}});
  for (int i = 0; i < 1000; ++i) trace.note(kBegun + i * 1us, answered(1));
  trace.finish(kBegun + 1ms, StatusCode::Ok);
  trace.note(kBegun + 2ms, answered(1));
  const Trace told = Names().told(trace);
  CHECK(told.events.size() <= kTraceEventsMax);
  CHECK(told.events.size() + told.left_out == 1004);
  CHECK(told.events.back().kind == Kind::Answered);
  CHECK(std::ranges::count(told.events, Kind::Silent, &TraceEvent::kind) == 1);
}

Trace forwarders_trace() {
  RequestTrace trace(kBegun, Reader::Client);
  trace.note_asked(kBegun + 1ms, ForwardPut{Names::id(1)});
  trace.note(kBegun + 11ms, {.kind = Kind::ForwardAnswered, .peer = Names::id(1)});
  trace.finish(kBegun + 11ms, StatusCode::Ok);
  return Names().told(trace);
}

Trace inner_trace(Duration took, int answers = 1) {
  RequestTrace trace(Instant(5s), Reader::Client);
  for (int i = 0; i < answers; ++i) trace.note(Instant(5s), answered(2));
  trace.finish(Instant(5s) + took, StatusCode::Ok);
  Trace told = Names().told(trace);
  for (TraceEvent& event : told.events) event.node = "node1";
  return told;
}

TEST_CASE("RequestTrace: what the other node tells stands in the middle of the hop") {
  const Trace joined = with_inner(forwarders_trace(), inner_trace(6ms));
  REQUIRE(joined.events.size() == 7);
  CHECK(kinds_of(joined) == std::vector{Kind::Begun, Kind::Forwarded, Kind::Begun,
                                        Kind::WriteAnswered, Kind::Answered, Kind::ForwardAnswered,
                                        Kind::Answered});
  CHECK(joined.events[2].at == 3ms);
  CHECK(joined.events[2].node == "node1");
  CHECK(joined.events[4].at == 9ms);
}

TEST_CASE("RequestTrace: an inner time beyond the hop is cut to it, and nothing is nothing") {
  const Trace joined = with_inner(forwarders_trace(), inner_trace(60ms));
  CHECK(std::ranges::is_sorted(joined.events, {}, &TraceEvent::at));
  CHECK(joined.events.back().at == 11ms);
  CHECK(joined.events.back().node == "node0");
  CHECK(with_inner(forwarders_trace(), {}) == forwarders_trace());
  CHECK(with_inner({}, inner_trace(1ms)).empty());
}

TEST_CASE("RequestTrace: joined traces keep to the bound, the outer one whole") {
  Trace inner = inner_trace(6ms, 200);
  inner.events.resize(kTraceEventsMax, inner.events.back());
  const std::size_t told = inner.events.size() + inner.left_out;
  const Trace joined = with_inner(forwarders_trace(), inner);
  CHECK(joined.events.size() == kTraceEventsMax);
  CHECK(joined.events.back().kind == Kind::Answered);
  CHECK(joined.events.back().node == "node0");
  CHECK(joined.events.size() + joined.left_out == 4 + told);
}

}  // namespace
}  // namespace starling

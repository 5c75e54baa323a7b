// What Coordinator writes down of requests: their traces, as clients get them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "message/chain_messages.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/coordinator.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/memory_engine.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using namespace std::chrono_literals;
using Kind = TraceEventKind;

ClientPut traced_put(TestCluster& cluster, const std::string& key) {
  ClientPut put = cluster.put_of(key, "value");
  put.trace = true;
  return put;
}

ClientGet traced_get(const std::string& key, Level r = {}) {
  ClientGet get = TestCluster::get_of(key);
  get.levels.r = r;
  get.trace = true;
  return get;
}

std::size_t count_of(const Trace& trace, Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(trace.events, kind, &TraceEvent::kind));
}

// The first event of that kind; a default one where there is none.
TraceEvent first_of(const Trace& trace, Kind kind) {
  const auto found = std::ranges::find(trace.events, kind, &TraceEvent::kind);
  return found == trace.events.end() ? TraceEvent{} : *found;
}

TEST_CASE("Coordinator: a traced put tells who was asked, who answered, and what the disk took") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.engine(0).timing = CommitTiming{.begun_ago = 4ms, .done_ago = 1ms};
  const std::uint64_t number = cluster.request(0, traced_put(cluster, "key"));
  cluster.clock.advance(10ms);
  cluster.settle();
  const Trace& trace = std::get<PutReply>(cluster.replies.at(number)).trace;
  CHECK(trace.left_out == 0);
  CHECK(count_of(trace, Kind::Minted) == 1);
  CHECK(count_of(trace, Kind::WriteAsked) == 3);
  CHECK(count_of(trace, Kind::WriteAnswered) == 2);
  CHECK(count_of(trace, Kind::Silent) == 1);
  CHECK(first_of(trace, Kind::CommitBegun).at == 6ms);
  CHECK(first_of(trace, Kind::CommitDone).at == 9ms);
  CHECK(trace.events.front().node == "node0");
  CHECK(trace.events.back().kind == Kind::Answered);
  CHECK(trace.events.back().result == "ok");
}

TEST_CASE("Coordinator: a traced put tells what the other replicas' disks took") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.engine(1).timing = CommitTiming{.begun_ago = 3ms, .done_ago = 1ms};
  ClientPut put = traced_put(cluster, "key");
  put.levels.w = Level::all();
  const std::uint64_t number = cluster.request(0, put);
  cluster.clock.advance(10ms);
  cluster.settle();
  const Trace& trace = std::get<PutReply>(cluster.replies.at(number)).trace;
  CHECK(count_of(trace, Kind::CommitBegun) == 1);
  CHECK(first_of(trace, Kind::CommitBegun).node == "node1");
  CHECK(first_of(trace, Kind::CommitBegun).at == 7ms);
  CHECK(first_of(trace, Kind::CommitDone).at == 9ms);
}

TEST_CASE("Coordinator: who asked for no trace gets none") {
  TestCluster cluster(3);
  cluster.connect_all();
  CHECK(cluster.ask<PutReply>(0, cluster.put_of("key", "value")).trace.empty());
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of("key")).trace.empty());
}

TEST_CASE("Coordinator: a traced get tells of digests that differ and of repairs before it ended") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.request(0, cluster.put_of("key", "value"));
  cluster.sent.clear();  // only node0 has it
  cluster.settle();
  const auto get = cluster.ask<GetReply>(0, traced_get("key"));
  CHECK(get.repaired > 0);
  CHECK(first_of(get.trace, Kind::RecordAsked).peer == "node0");
  CHECK(count_of(get.trace, Kind::DigestAsked) == 2);
  CHECK(count_of(get.trace, Kind::DigestDiffered) >= 1);
  CHECK(count_of(get.trace, Kind::RepairAsked) >= 1);
  CHECK(first_of(get.trace, Kind::RepairAnswered).result == "done");
}

TEST_CASE("Coordinator: a forwarded put's trace has the other node's events between its own") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::size_t stranger = cluster.stranger_to("key");
  const std::string own = "node" + std::to_string(stranger);
  const Trace trace = cluster.ask<PutReply>(stranger, traced_put(cluster, "key")).trace;
  const std::string owner = first_of(trace, Kind::Forwarded).peer;
  CHECK(first_of(trace, Kind::Forwarded).node == own);
  CHECK(first_of(trace, Kind::Minted).node == owner);
  CHECK(count_of(trace, Kind::Begun) == 2);
  CHECK(count_of(trace, Kind::Answered) == 2);
  CHECK(first_of(trace, Kind::ForwardAnswered).result == "ok");
  CHECK(trace.events.back().node == own);
}

TEST_CASE("Coordinator: a put in doubt says who was silent") {
  TestCluster cluster(3);
  cluster.connect_all();
  ClientPut put = traced_put(cluster, "key");
  put.levels.w = Level::all();
  const std::uint64_t number = cluster.request(0, put);
  std::erase_if(cluster.sent, [&](const TestCluster::Sent& sent) {
    return sent.to == cluster.id(2) && std::holds_alternative<ReplicaWrite>(sent.message);
  });
  cluster.settle();
  cluster.clock.advance(6s);
  cluster.node(0).on_timer();
  const auto& error = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(error.status.code() == StatusCode::InDoubt);
  CHECK(count_of(error.trace, Kind::Silent) == 1);
  CHECK(first_of(error.trace, Kind::Silent).peer == "node2");
  CHECK(error.trace.events.back().result == "in_doubt");
}

TEST_CASE("Coordinator: replicas out of reach, and hints for them, are in the trace") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::vector<std::size_t> owners = cluster.owners_of("key");
  const std::string lost = "node" + std::to_string(owners[2]);
  cluster.cut(owners[0], owners[2]);
  const Trace trace = cluster.ask<PutReply>(owners[0], traced_put(cluster, "key")).trace;
  CHECK(first_of(trace, Kind::Unreachable).peer == lost);
  CHECK(first_of(trace, Kind::HintAsked).home == lost);
  const Trace read = cluster.ask<GetReply>(owners[0], traced_get("key")).trace;
  CHECK(first_of(read, Kind::Unreachable).peer == lost);
}

TEST_CASE("Coordinator: a delete without a context has one trace, its read included") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  ClientDelete deletion{.address = {.bucket = "bucket", .key = "key"}};
  deletion.trace = true;
  const Trace written = cluster.ask<PutReply>(0, deletion).trace;
  CHECK(count_of(written, Kind::Begun) == 1);
  CHECK(count_of(written, Kind::ReadAnswered) >= 2);
  CHECK(count_of(written, Kind::Minted) == 1);
  const Trace nothing = cluster.ask<PutReply>(0, deletion).trace;
  CHECK(count_of(nothing, Kind::Minted) == 0);
  CHECK(nothing.events.back().result == "ok");
}

TEST_CASE("Coordinator: a connection that breaks, and a newer row, are in the trace") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::vector<std::size_t> owners = cluster.owners_of("key");
  Node& coordinator = cluster.node(owners[0]);
  MemoryEngine& engine = cluster.engine(owners[0]);
  const auto ring = coordinator.ring();
  Configuration after = successor_of(*coordinator.configuration());
  take_step(
      after, ring->partition_of(ring->token_of("bucket", "key")),
      {.step = SlotStep::StartMove, .slot = 0, .newcomer = cluster.id(cluster.stranger_to("key"))});
  coordinator.on_peer_message(cluster.id(owners[1]),
                              ChainLetter{ChainDecided{encode_configuration(after)}});
  const CommitTicket adopted = engine.queue.back().ticket;
  ClientPut put = traced_put(cluster, "key");
  put.levels.w = Level::all();
  const std::uint64_t number = cluster.request(owners[0], put);
  coordinator.on_committed(engine.complete(adopted), Status::success());
  cluster.cut(owners[0], owners[1]);
  cluster.settle();
  const auto& error = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(count_of(error.trace, Kind::ConfigurationNewer) == 1);
  CHECK(first_of(error.trace, Kind::ConnectionLost).peer == "node" + std::to_string(owners[1]));
  // The disk of the coordinator itself, the third owner, and the target of the move.
  CHECK(count_of(error.trace, Kind::Silent) == 3);
}

TEST_CASE("Coordinator: what is refused before it begins has no trace") {
  TestCluster cluster(1);
  cluster.restart_with({.operations_max = 1});
  cluster.request(0, traced_put(cluster, "key"));
  const std::uint64_t number = cluster.request(0, traced_get("key"));
  CHECK(std::get<ErrorReply>(cluster.replies.at(number)).trace.empty());
}

TEST_CASE("Coordinator: the planted loss of an answer can be seen in a trace") {
  TestCluster cluster(3, PlantedBug::ForgetTracedAnswer);
  cluster.connect_all();
  const auto put = cluster.ask<PutReply>(0, traced_put(cluster, "key"));
  CHECK(put.replies.received == 2);
  CHECK(count_of(put.trace, Kind::WriteAnswered) == 0);
}

}  // namespace
}  // namespace starling

#include "node/fill_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "message/client_messages.h"
#include "message/fill_messages.h"
#include "message/peer_messages.h"
#include "moving_cluster.h"
#include "node/fill_memory.h"
#include "node/node.h"
#include "node/node_options.h"

namespace starling {
namespace {

using std::chrono::seconds;

std::string fill_note_of(MovingCluster& moving) {
  const auto& entries = moving.cluster.engine(moving.sink).entries;
  const auto found =
      entries.find(fill_store_key(moving.partition, moving.cluster.id(moving.source)));
  return found == entries.end() ? std::string() : found->second;
}

// Events happen one at a time until the sink has asked for its second page.
void run_to_second_page(MovingCluster& moving) {
  for (int step = 0; step < 1000; ++step) {
    const bool asks = std::ranges::any_of(moving.cluster.sent, [](const TestCluster::Sent& sent) {
      const auto* const read = std::get_if<FillRead>(&sent.message);
      return read != nullptr && read->after.has_value();
    });
    if (asks) return;
    if (!moving.cluster.deliver_all()) {
      for (std::size_t i = 0; i < 4; ++i) moving.cluster.commit(i);
    }
  }
  FAIL("no second page was asked for");
}

TEST_CASE("FillService: the target of a move gets all that its source holds, tombstones as well") {
  MovingCluster moving;
  moving.cluster.ask<PutReply>(
      0, ClientDelete{.address = {.bucket = "bucket", .key = moving.keys.front()},
                      .request = {.client = {.high = 1, .low = 9}, .counter = 1}});
  CHECK(moving.records_of(moving.sink) == 0);
  moving.begin_move();
  moving.cluster.settle();
  REQUIRE(moving.fills().size() == 1);
  const FillProgress fill = moving.fills().front();
  CHECK(fill.complete);
  CHECK(fill.partition == moving.partition);
  CHECK(fill.source == moving.cluster.id(moving.source));
  CHECK(fill.epoch == moving.configuration().epoch);
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
}

TEST_CASE("FillService: with small pages it goes on from cursor to cursor") {
  MovingCluster moving(2);
  moving.begin_move();
  moving.cluster.settle();
  CHECK(moving.fills().front().complete);
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
}

TEST_CASE("FillService: a page that is more than the queue of commits takes comes in pieces") {
  NodeOptions options;
  options.commit_queue_bytes_max = 300;
  // What was merged before is merged once more, for nobody knows whether it is synced.
  options.durability = DurabilityMode::None;
  options.record_cache_bytes_max = 1;
  MovingCluster moving(options);
  moving.begin_move();
  moving.pass_slowly(seconds(4));
  REQUIRE(moving.fills().size() == 1);
  CHECK(moving.fills().front().complete);
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
}

TEST_CASE("FillService: a crash of the sink costs the page under way, no more") {
  MovingCluster moving(2);
  moving.begin_move();
  run_to_second_page(moving);
  CHECK(moving.records_of(moving.sink) == 2);
  moving.cluster.stop(moving.sink);
  moving.cluster.start(moving.sink);
  const FillProgress before = moving.fills().empty() ? FillProgress{} : moving.fills().front();
  CHECK_FALSE(before.complete);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(8));
  REQUIRE(moving.fills().size() == 1);
  CHECK(moving.fills().front().complete);
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
}

TEST_CASE("FillService: a crash of the source, and what is complete survives the sink's") {
  MovingCluster moving(2);
  moving.begin_move();
  run_to_second_page(moving);
  moving.cluster.stop(moving.source);
  moving.cluster.settle();
  CHECK_FALSE(moving.fills().front().complete);
  moving.cluster.start(moving.source);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(8));
  CHECK(moving.fills().front().complete);
  moving.cluster.stop(moving.sink);
  moving.cluster.start(moving.sink);
  moving.cluster.connect_all();
  moving.pass(seconds(1));
  REQUIRE(moving.fills().size() == 1);
  CHECK(moving.fills().front().complete);
}

TEST_CASE("FillService: a new move of the slot begins anew, and an aborted one is forgotten") {
  MovingCluster moving;
  moving.begin_move();
  moving.cluster.settle();
  const Epoch first = moving.fills().front().epoch;
  CHECK_FALSE(fill_note_of(moving).empty());
  Configuration after = successor_of(moving.configuration());
  take_step(after, moving.partition,
            {.step = SlotStep::AbortMove, .slot = after.rows[moving.partition.value].size() - 1});
  REQUIRE(moving.cluster.node(0).propose(after, {}).ok());
  moving.cluster.settle();
  CHECK(moving.fills().empty());
  CHECK(fill_note_of(moving).empty());
  moving.begin_move();
  moving.cluster.settle();
  REQUIRE(moving.fills().size() == 1);
  CHECK(moving.fills().front().epoch > first);
  CHECK(moving.fills().front().complete);
}

TEST_CASE("FillService: a damaged record at the source is no absent one") {
  MovingCluster moving;
  const std::shared_ptr<const Ring> ring = moving.cluster.node(0).ring();
  const KeyAddress address{.bucket = "bucket", .key = moving.keys.front()};
  moving.cluster.stop(moving.source);
  moving.cluster.start(moving.source);
  moving.cluster.engine(moving.source)
      .damaged.insert(
          record_store_key({moving.partition, ring->token_of("bucket", address.key), address}));
  moving.cluster.connect_all();
  moving.pass(seconds(1));
  moving.begin_move();
  moving.cluster.settle();
  REQUIRE(moving.fills().size() == 1);
  CHECK_FALSE(moving.fills().front().complete);
  CHECK_FALSE(moving.fills().front().through.has_value());
}

// Answers the sink's question by hand.
void answer_by_hand(MovingCluster& moving, FillPage page) {
  for (const TestCluster::Sent& sent : moving.cluster.sent) {
    const auto* const read = std::get_if<FillRead>(&sent.message);
    if (read == nullptr) continue;
    page.operation = read->envelope.operation;
    page.epoch = read->envelope.epoch;
  }
  moving.cluster.sent.clear();
  moving.cluster.node(moving.sink)
      .on_peer_message(moving.cluster.id(moving.source), std::move(page));
}

TEST_CASE("FillService: records that do not belong into the page are not merged") {
  MovingCluster moving(2);
  moving.begin_move();
  run_to_second_page(moving);
  const FillProgress before = moving.fills().front();
  const std::shared_ptr<const Ring> ring = moving.cluster.node(0).ring();
  const KeyAddress foreign{.bucket = "bucket", .key = "elsewhere"};
  answer_by_hand(moving, {.outcome = FillOutcome::Page,
                          .records = {{.token = ring->token_of("bucket", "elsewhere"),
                                       .address = foreign,
                                       .versions = {}}}});
  for (std::size_t i = 0; i < 4; ++i) moving.cluster.commit(i);
  CHECK(moving.fills().front() == before);
  CHECK(std::ranges::any_of(moving.cluster.warnings(), [](const std::string& warning) {
    return warning.find("not what was asked for") != std::string::npos;
  }));
  moving.pass_slowly(seconds(8));
  CHECK(moving.fills().front().complete);
}

TEST_CASE("FillService: nothing counts before its page is on the disk") {
  MovingCluster moving;
  moving.begin_move();
  moving.cluster.deliver_all();
  while (moving.fills().empty()) {
    for (std::size_t i = 0; i < 4; ++i) moving.cluster.commit(i);
    moving.cluster.deliver_all();
  }
  // The page is merged, and waits for the disk.
  moving.cluster.deliver_all();
  CHECK_FALSE(moving.fills().front().complete);
  moving.cluster.settle();
  CHECK(moving.fills().front().complete);
}

}  // namespace
}  // namespace starling

#include "quorum/scan_operation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "ring/token.h"
#include "support/quorum_script.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

using testing::did;
using testing::dot;
using testing::kDeadline;
using testing::node;
using testing::none;
using testing::only;
using testing::record_of;
using testing::sibling;
using testing::tombstone;
using testing::view_of;

constexpr std::uint64_t kSeed = 11;

SiblingSet live() {
  return record_of({sibling(dot(1, 1), "v")}).without_values();
}
SiblingSet deleted() {
  return record_of({tombstone(dot(1, 2))}, {dot(1, 1)});
}

// Five keys in store order.
std::vector<std::string> keys_in_order() {
  std::vector<std::string> keys{"a", "b", "c", "d", "e"};
  std::ranges::sort(keys, {}, [](const std::string& key) { return token_of("b", key, kSeed); });
  return keys;
}

ScanRangeReply page_of(std::vector<ScanEntry> entries, std::optional<std::string> stopped_at = {}) {
  ScanRangeReply page;
  page.outcome = ReplicaOutcome::Done;
  page.epoch = Epoch{1};
  page.entries = std::move(entries);
  if (stopped_at) page.stopped_at = KeyAddress{.bucket = "b", .key = *stopped_at};
  return page;
}

ScanOperation scan_of(std::uint32_t n, std::uint32_t r, ReplicaView view, Actions& out,
                      std::optional<KeyAddress> after = {}) {
  ScanOperation scan({.quorum = {.n = n, .r = r, .pr = 0, .level = Level::count(r)},
                      .bucket = "b",
                      .token_seed = kSeed,
                      .after = std::move(after),
                      .deadline = kDeadline},
                     std::move(view));
  scan.start(out);
  return scan;
}

Actions reply(ScanOperation& scan, std::uint64_t from, const ScanRangeReply& page) {
  Actions out;
  scan.on_reply(node(from), page, out);
  return out;
}

TEST_CASE("ScanOperation: asks every reachable slot behind the same key") {
  Actions out;
  const KeyAddress after{.bucket = "b", .key = "k"};
  const ScanOperation scan = scan_of(3, 2, view_of(3, {1}), out, after);
  CHECK(only<SendScan>(out).to == std::vector<NodeId>{node(0), node(2)});
  CHECK(only<SendScan>(out).after == after);
  CHECK_FALSE(scan.finished());
}

TEST_CASE("ScanOperation: R pages are merged key by key, in store order") {
  const std::vector<std::string> keys = keys_in_order();
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 2, page_of({{keys[3], live()}, {keys[1], live()}})).empty());
  const auto answer =
      only<AnswerScan>(reply(scan, 0, page_of({{keys[0], live()}, {keys[1], live()}})));
  CHECK(answer.keys == std::vector<std::string>{keys[0], keys[1], keys[3]});
  CHECK(answer.stopped_at == std::nullopt);
  CHECK(scan.finished());
}

TEST_CASE("ScanOperation: a key that any of the R knows to be deleted is left out") {
  const std::vector<std::string> keys = keys_in_order();
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 0, page_of({{keys[0], live()}, {keys[1], live()}})).empty());
  const auto answer = only<AnswerScan>(reply(scan, 1, page_of({{keys[0], deleted()}})));
  CHECK(answer.keys == std::vector<std::string>{keys[1]});
}

TEST_CASE("ScanOperation: stops where the first page stopped, for beyond it a delete may hide") {
  const std::vector<std::string> keys = keys_in_order();
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 0, page_of({{keys[0], live()}, {keys[2], live()}, {keys[3], live()}}, keys[3]))
            .empty());
  const auto answer = only<AnswerScan>(reply(scan, 1, page_of({{keys[2], live()}}, keys[2])));
  CHECK(answer.keys == std::vector<std::string>{keys[0], keys[2]});
  REQUIRE(answer.stopped_at);
  CHECK(answer.stopped_at->key == keys[2]);
}

TEST_CASE("ScanOperation: failures count against R, at the start and later") {
  Actions out;
  const ScanOperation never = scan_of(3, 2, view_of(3, {0, 1}), out);
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
  CHECK(none<SendScan>(out));
  Actions ignored;
  ScanOperation scan = scan_of(3, 2, view_of(3), ignored);
  ScanRangeReply corrupt;
  corrupt.outcome = ReplicaOutcome::Corrupt;
  CHECK(reply(scan, 0, corrupt).empty());
  const auto error = only<AnswerError>(did([&](Actions& o) { scan.on_peer_down(node(1), o); }));
  CHECK(error.status.message() == "0 of 2 replicas answered");
  CHECK(scan.finished());
  CHECK(reply(scan, 2, page_of({})).empty());
}

TEST_CASE("ScanOperation: a page that stops where it began is no answer") {
  Actions out;
  ScanOperation scan = scan_of(1, 1, view_of(1), out, KeyAddress{.bucket = "b", .key = "a"});
  CHECK(only<AnswerError>(reply(scan, 0, page_of({}, "a"))).status.code() ==
        StatusCode::Unavailable);
}

TEST_CASE("ScanOperation: one dot with two values makes the later page no answer") {
  const SiblingSet impostor = record_of({sibling(dot(1, 1), "another")}).without_values();
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 0, page_of({{"a", live()}})).empty());
  CHECK(reply(scan, 1, page_of({{"a", impostor}, {"b", live()}}, "a")).empty());
  const auto answer = only<AnswerScan>(reply(scan, 2, page_of({{"a", live()}})));
  CHECK(answer.keys == std::vector<std::string>{"a"});
  CHECK(answer.stopped_at == std::nullopt);
}

TEST_CASE("ScanOperation: a newer row begins again") {
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 0, page_of({{"a", live()}})).empty());
  ScanRangeReply stale;
  stale.outcome = ReplicaOutcome::StaleRow;
  stale.epoch = Epoch{2};
  CHECK(reply(scan, 1, stale).empty());
  CHECK(reply(scan, 2, page_of({{"a", live()}})).empty());
  const Actions again =
      did([&](Actions& o) { scan.on_newer_row(ReadQuorum{.n = 3, .r = 2}, view_of(3, {}, 2), o); });
  CHECK(only<SendScan>(again).to.size() == 3);
  CHECK(reply(scan, 2, page_of({{"c", live()}})).empty());
  CHECK(only<AnswerScan>(reply(scan, 0, page_of({}))).keys == std::vector<std::string>{"c"});
}

TEST_CASE("ScanOperation: the deadline makes it unavailable") {
  Actions out;
  ScanOperation scan = scan_of(3, 2, view_of(3), out);
  CHECK(reply(scan, 0, page_of({})).empty());
  const Actions late = did([&](Actions& o) { scan.on_timer(kDeadline, o); });
  CHECK(only<AnswerError>(late).status.message() == "1 of 2 replicas answered");
  CHECK(only<AnswerError>(late).replies.received == 1);
}

}  // namespace
}  // namespace starling

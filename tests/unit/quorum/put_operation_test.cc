#include "quorum/put_operation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "ring/slot.h"
#include "support/quorum_script.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

using testing::all_of;
using testing::did;
using testing::dot;
using testing::kDeadline;
using testing::kStart;
using testing::node;
using testing::none;
using testing::only;
using testing::view_of;
using testing::view_with;

constexpr auto kDone = ReplicaOutcome::Done;

WriteQuorum quorum_of(std::uint32_t n, std::uint32_t w, std::uint32_t dw = 0) {
  return {.n = n, .w = w, .pw = 0, .dw = dw, .level = Level::count(w)};
}

Minted minted_of(std::uint64_t counter) {
  const SiblingSet delta = testing::record_of({testing::sibling(dot(0, counter), "v")});
  return {.dot = dot(0, counter), .delta = delta};
}

// A put at node 0, which holds slot 0.
PutOperation put_of(const WriteQuorum& quorum, ReplicaView view,
                    PlantedBug planted = PlantedBug::None) {
  return {{.self = node(0),
           .quorum = quorum,
           .context = testing::clock_of({dot(9, 1)}),
           .deadline = kDeadline,
           .planted = planted},
          std::move(view)};
}

// The same, minted already; what was asked for up to there is in `asked`.
PutOperation minted_put(const WriteQuorum& quorum, ReplicaView view, Actions& asked,
                        PlantedBug planted = PlantedBug::None) {
  PutOperation put = put_of(quorum, std::move(view), planted);
  put.start(asked);
  put.on_minted(minted_of(1), 1, asked);
  put.check_invariants();
  return put;
}

Actions reply(PutOperation& put, std::uint64_t from, ReplicaOutcome outcome = kDone,
              bool synced = true, std::uint64_t epoch = 1) {
  Actions out;
  put.on_reply(node(from), outcome, synced, Epoch{epoch}, out);
  put.check_invariants();
  return out;
}

TEST_CASE(
    "PutOperation: with too few slots that take writes it is overloaded, and nothing minted") {
  ReplicaView view = view_of(3);
  view.nodes[1].crowded = true;
  view.nodes[2].crowded = true;
  PutOperation put = put_of(quorum_of(3, 2), std::move(view));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  const auto error = only<AnswerError>(out);
  CHECK(error.status.code() == StatusCode::Overloaded);
  CHECK(error.status.retry_after() == kCrowdedRetry);
  CHECK(error.nothing_minted);
  CHECK(none<MintLocally>(out));
}

TEST_CASE("PutOperation: a crowded slot is passed over, and counts as failed") {
  ReplicaView view = view_of(3);
  view.nodes[2].crowded = true;
  Actions asked;
  PutOperation put = minted_put(quorum_of(3, 2), std::move(view), asked);
  CHECK(only<SendWrite>(asked).to == std::vector<NodeId>{node(1)});
  CHECK(reply(put, 0).empty());
  CHECK(only<AnswerPut>(reply(put, 1)).replies.received == 2);
  CHECK(put.finished());
}

TEST_CASE("PutOperation: with too few reachable slots nothing is minted") {
  PutOperation put = put_of(quorum_of(3, 2), view_of(3, {1, 2}));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  const auto error = only<AnswerError>(out);
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.nothing_minted);
  CHECK(error.replies == ReplyCounts{.required = 2, .received = 1, .primaries = 1});
  CHECK(none<MintLocally>(out));
  CHECK(put.finished());
}

TEST_CASE("PutOperation: the demand for synced copies counts before the mint as well") {
  PutOperation put = put_of(quorum_of(3, 1, 3), view_of(3, {2}));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  CHECK(only<AnswerError>(out).replies.required == 3);
  CHECK(none<MintLocally>(out));
}

TEST_CASE("PutOperation: a node whose own store does not count mints nothing") {
  PutOperation put = put_of(quorum_of(3, 2), view_of(3, {0}));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
  CHECK(none<MintLocally>(out));
}

TEST_CASE("PutOperation: the delta goes to the other slots at once, whatever W is") {
  Actions out;
  const PutOperation put = minted_put(quorum_of(3, 1), view_of(3), out);
  const auto write = only<SendWrite>(out);
  CHECK(write.to == std::vector<NodeId>{node(1), node(2)});
  CHECK(write.versions == minted_of(1).delta);
  CHECK(write.kind == WriteKind::Replicate);
  CHECK_FALSE(write.must_sync);
  CHECK(none<AnswerPut>(out));
  CHECK(only<ArmTimer>(out).at == kDeadline);
}

TEST_CASE("PutOperation: W acknowledgements answer, with the request's context and the new dot") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(reply(put, 0).empty());
  const auto answer = only<AnswerPut>(reply(put, 2));
  CHECK(answer.context == testing::clock_of({dot(9, 1), dot(0, 1)}));
  CHECK(answer.siblings == 1);
  CHECK(answer.replies == ReplyCounts{.required = 2, .received = 2, .primaries = 2});
  CHECK_FALSE(put.finished());
  CHECK(reply(put, 1).empty());
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a repeated acknowledgement counts once") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(reply(put, 1).empty());
  CHECK(reply(put, 1).empty());
  CHECK(reply(put, 77).empty());
}

TEST_CASE("PutOperation: when too few slots are left, the put is in doubt") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(none<AnswerError>(reply(put, 1, ReplicaOutcome::Refused)));
  CHECK(reply(put, 0).empty());
  const auto error = only<AnswerError>(did([&](Actions& o) { put.on_peer_down(node(2), o); }));
  CHECK(error.status.code() == StatusCode::InDoubt);
  CHECK(error.status.message() ==
        "1 of 2 replicas answered; the write may or may not have been applied: read before "
        "retrying");
  CHECK_FALSE(error.nothing_minted);
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a copy that may not count yet is no acknowledgement") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 3), view_of(3), out);
  const auto error = only<AnswerError>(reply(put, 1, ReplicaOutcome::NotCounted));
  CHECK(error.status.in_doubt());
}

TEST_CASE("PutOperation: an acknowledgement that is not synced does not serve DW") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 1, 2), view_of(3), out);
  CHECK(only<SendWrite>(out).must_sync);
  CHECK(reply(put, 0, kDone, true).empty());
  CHECK(reply(put, 1, kDone, false).empty());
  CHECK(all_of<AnswerPut>(reply(put, 2, kDone, true)).size() == 1);
}

TEST_CASE(
    "PutOperation: the deadline after a mint is in doubt, and later acknowledgements are late") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(only<ArmTimer>(did([&](Actions& o) { put.on_timer(kStart, o); })).at == kDeadline);
  const Actions late = did([&](Actions& o) { put.on_timer(kDeadline, o); });
  CHECK(only<AnswerError>(late).status.in_doubt());
  CHECK(put.finished());
  CHECK(reply(put, 0).empty());
  CHECK(reply(put, 1).empty());
}

TEST_CASE("PutOperation: a deadline during the mint is in doubt too, for the mint goes on") {
  PutOperation put = put_of(quorum_of(3, 2), view_of(3));
  Actions out;
  put.start(out);
  put.on_timer(kDeadline, out);
  CHECK(only<AnswerError>(out).status.in_doubt());
  CHECK(did([&](Actions& o) { put.on_minted(minted_of(1), 1, o); }).empty());
}

TEST_CASE("PutOperation: a refused mint passes its reason on and says that nothing was minted") {
  PutOperation put = put_of(quorum_of(3, 2), view_of(3));
  Actions out;
  put.start(out);
  put.on_mint_refused(Status(StatusCode::TooManySiblings, "64 siblings"), out);
  CHECK(only<AnswerError>(out).status.code() == StatusCode::TooManySiblings);
  CHECK(only<AnswerError>(out).nothing_minted);
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a single replica answers when its own batch is durable") {
  Actions out;
  PutOperation put = minted_put(quorum_of(1, 1), view_of(1), out);
  CHECK(none<SendWrite>(out));
  CHECK(all_of<AnswerPut>(reply(put, 0)).size() == 1);
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a newer row begins the tally from zero, with the same delta") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(reply(put, 0).empty());
  CHECK(reply(put, 1, ReplicaOutcome::StaleRow, false, 2).empty());
  CHECK(reply(put, 2).empty());
  const Actions again =
      did([&](Actions& o) { put.on_newer_row(quorum_of(3, 2), view_of(3, {}, 2), o); });
  CHECK(none<MintLocally>(again));
  CHECK(only<SendWrite>(again).versions == minted_of(1).delta);
  CHECK(only<SendWrite>(again).to == std::vector<NodeId>{node(0), node(1), node(2)});
  CHECK(reply(put, 2).empty());
  CHECK(all_of<AnswerPut>(reply(put, 1)).size() == 1);
}

TEST_CASE("PutOperation: the deadline runs on while a newer row is awaited") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(reply(put, 1, ReplicaOutcome::StaleRow, false, 2).empty());
  put.on_timer(kDeadline, out);
  CHECK(only<AnswerError>(out).status.in_doubt());
}

TEST_CASE("PutOperation: a replica that is behind us fails alone") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(none<AnswerError>(reply(put, 1, ReplicaOutcome::StaleRow, false, 1)));
  CHECK(reply(put, 0).empty());
  CHECK(all_of<AnswerPut>(reply(put, 2)).size() == 1);
}

TEST_CASE("PutOperation: after the answer a newer row changes nothing") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 1), view_of(3), out);
  CHECK(all_of<AnswerPut>(reply(put, 0)).size() == 1);
  CHECK(did([&](Actions& o) { put.on_newer_row(quorum_of(3, 2), view_of(3, {}, 2), o); }).empty());
  CHECK(all_of<SendWrite>(reply(put, 1, ReplicaOutcome::StaleRow, false, 3)).empty());
  CHECK(reply(put, 2).empty());
  CHECK(put.finished());
}

TEST_CASE("PutOperation: planted, a newer row mints a second time") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out, PlantedBug::RemintAfterStaleRow);
  CHECK(reply(put, 1, ReplicaOutcome::StaleRow, false, 2).empty());
  const Actions again =
      did([&](Actions& o) { put.on_newer_row(quorum_of(3, 2), view_of(3, {}, 2), o); });
  CHECK(all_of<MintLocally>(again).size() == 1);
  put.on_minted(minted_of(2), 2, out);
  CHECK(reply(put, 0).empty());
  CHECK(only<AnswerPut>(reply(put, 1)).context == testing::clock_of({dot(9, 1), dot(0, 2)}));
}

TEST_CASE("PutOperation: where full disks put W out of reach nothing is minted, and it says so") {
  ReplicaView view = view_of(3);
  view.nodes[1].store = StoreCondition::Tight;
  view.nodes[2].store = StoreCondition::Full;
  PutOperation put = put_of(quorum_of(3, 2), view);
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  const auto error = only<AnswerError>(out);
  CHECK(error.status.code() == StatusCode::DiskFull);
  CHECK(error.nothing_minted);
  CHECK(error.replies.received == 1);
  CHECK(none<MintLocally>(out));
}

TEST_CASE("PutOperation: slots that are down make it unavailable, whatever disks are full") {
  ReplicaView view = view_of(3, {1, 2});
  view.nodes[0].store = StoreCondition::Full;
  PutOperation put = put_of(quorum_of(3, 2), view);
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
}

TEST_CASE("PutOperation: the delta spares a slot without room, which then counts as failed") {
  ReplicaView view = view_of(3);
  view.nodes[2].store = StoreCondition::Tight;
  Actions asked;
  PutOperation put = minted_put(quorum_of(3, 2), view, asked);
  CHECK(only<SendWrite>(asked).to == std::vector<NodeId>{node(1)});
  const Actions out = reply(put, 1, ReplicaOutcome::DiskFull);
  CHECK(only<AnswerError>(out).status.code() == StatusCode::InDoubt);
}

TEST_CASE("PutOperation: a refusal of a mint that is in doubt promises nothing") {
  PutOperation put = put_of(quorum_of(3, 2), view_of(3));
  Actions out = did([&](Actions& actions) { put.start(actions); });
  out.clear();
  put.on_mint_refused(Status(StatusCode::InDoubt, "minted before"), out);
  CHECK_FALSE(only<AnswerError>(out).nothing_minted);
}

// ---- Hints.

// Nodes 10, 11, … may stand in.
ReplicaView with_stand_ins(ReplicaView view, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) view.stand_ins.push_back(node(10 + i));
  return view;
}

PutOperation sloppy_put(WriteQuorum quorum, ReplicaView view) {
  return {{.self = node(0), .quorum = quorum, .deadline = kDeadline, .sloppy = true},
          std::move(view)};
}

PutOperation minted_sloppy(WriteQuorum quorum, ReplicaView view, Actions& asked) {
  PutOperation put = sloppy_put(quorum, std::move(view));
  put.start(asked);
  put.on_minted(minted_of(1), 1, asked);
  put.check_invariants();
  return put;
}

Actions hint_reply(PutOperation& put, std::uint64_t from, ReplicaOutcome outcome = kDone,
                   bool synced = true) {
  Actions out;
  put.on_hint_reply(node(from), outcome, synced, out);
  put.check_invariants();
  return out;
}

TEST_CASE("PutOperation: strict, what a home misses is kept at a holder, and never counts") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 3), with_stand_ins(view_of(3), 2), out);
  CHECK(none<KeepHint>(out));
  const Actions missed = did([&](Actions& o) { put.on_peer_down(node(2), o); });
  const auto hint = only<KeepHint>(missed);
  CHECK(hint.home == node(2));
  CHECK(hint.holder == node(10));
  CHECK(hint.standing == HintStanding::BestEffort);
  CHECK(hint.versions == minted_of(1).delta);
  CHECK(only<AnswerError>(missed).status.in_doubt());
  CHECK(hint_reply(put, 10).empty());
}

TEST_CASE("PutOperation: strict, stand-ins make no slot reachable") {
  PutOperation put = put_of(quorum_of(3, 2), with_stand_ins(view_of(3, {1, 2}), 2));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
}

TEST_CASE("PutOperation: where nobody could hold a hint this node keeps a note, without values") {
  Actions out;
  const PutOperation put = minted_put(quorum_of(3, 2), view_of(3, {2}), out);
  const auto hint = only<KeepHint>(out);
  CHECK(hint.home == node(2));
  CHECK_FALSE(hint.holder.has_value());
  CHECK(hint.versions.empty());
}

TEST_CASE("PutOperation: a slot that fails behind the answer, or stays silent, is missed as well") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 1), view_of(3), out);
  CHECK(all_of<AnswerPut>(reply(put, 0)).size() == 1);
  CHECK(only<KeepHint>(reply(put, 1, ReplicaOutcome::DiskFull)).home == node(1));
  CHECK(put.silent() == std::vector<NodeId>{node(2)});
  const Actions late = did([&](Actions& o) { put.on_timer(kDeadline, o); });
  CHECK(only<KeepHint>(late).home == node(2));
  CHECK(none<AnswerError>(late));
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a put that is given up keeps what is missing") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 1), view_of(3), out);
  CHECK(all_of<AnswerPut>(reply(put, 0)).size() == 1);
  CHECK(reply(put, 1).empty());
  CHECK(only<KeepHint>(did([&](Actions& o) { put.on_given_up(o); })).home == node(2));
  CHECK(put.finished());
}

TEST_CASE("PutOperation: a copy that does not count needs no hint") {
  Actions out;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), out);
  CHECK(reply(put, 1, ReplicaOutcome::NotCounted).empty());
}

TEST_CASE("PutOperation: sloppy, a stand-in's hint counts for W, and is no primary") {
  Actions out;
  PutOperation put = minted_sloppy(quorum_of(3, 2), with_stand_ins(view_of(3, {1, 2}), 1), out);
  std::vector<KeepHint> hints = all_of<KeepHint>(out);
  REQUIRE(hints.size() == 2);
  CHECK(hints[0].standing == HintStanding::Counted);
  CHECK(hints[0].holder == node(10));
  CHECK(hints[1].standing == HintStanding::BestEffort);
  CHECK_FALSE(hints[1].holder.has_value());
  CHECK(reply(put, 0).empty());
  const auto answer = only<AnswerPut>(hint_reply(put, 10));
  CHECK(answer.replies == ReplyCounts{.required = 2, .received = 2, .primaries = 1});
  CHECK(put.finished());
}

TEST_CASE("PutOperation: sloppy, each stand-in counts for one home") {
  PutOperation put = sloppy_put(quorum_of(3, 3), with_stand_ins(view_of(3, {1, 2}), 1));
  const Actions out = did([&](Actions& actions) { put.start(actions); });
  const auto error = only<AnswerError>(out);
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.replies.received == 1);
  Actions asked;
  PutOperation both = minted_sloppy(quorum_of(3, 3), with_stand_ins(view_of(3, {1, 2}), 2), asked);
  CHECK(reply(both, 0).empty());
  CHECK(hint_reply(both, 10).empty());
  CHECK(hint_reply(both, 10).empty());
  CHECK(all_of<AnswerPut>(hint_reply(both, 11)).size() == 1);
}

TEST_CASE("PutOperation: sloppy, PW counts homes only") {
  WriteQuorum quorum = quorum_of(3, 2);
  quorum.pw = 2;
  PutOperation refused = sloppy_put(quorum, with_stand_ins(view_of(3, {1, 2}), 2));
  CHECK(only<AnswerError>(did([&](Actions& o) { refused.start(o); })).status.code() ==
        StatusCode::Unavailable);
  Actions out;
  PutOperation put = minted_sloppy(quorum, with_stand_ins(view_of(3, {2}), 1), out);
  CHECK(reply(put, 0).empty());
  CHECK(hint_reply(put, 10).empty());
  CHECK(all_of<AnswerPut>(reply(put, 1)).size() == 1);
}

TEST_CASE("PutOperation: sloppy, a stand-in that fails is followed by the next, then by doubt") {
  Actions out;
  PutOperation put = minted_sloppy(quorum_of(3, 2), with_stand_ins(view_of(3, {1, 2}), 2), out);
  CHECK(all_of<KeepHint>(out).size() == 2);
  CHECK(reply(put, 0).empty());
  const Actions first = hint_reply(put, 10, ReplicaOutcome::Refused);
  CHECK(only<KeepHint>(first).standing == HintStanding::BestEffort);
  const Actions second = did([&](Actions& o) { put.on_peer_down(node(11), o); });
  CHECK(only<AnswerError>(second).status.in_doubt());
}

TEST_CASE("PutOperation: sloppy, a home that falls silent late is stood in for") {
  Actions out;
  PutOperation put = minted_sloppy(quorum_of(3, 2), with_stand_ins(view_of(3), 1), out);
  CHECK(none<KeepHint>(out));
  CHECK(only<KeepHint>(did([&](Actions& o) { put.on_peer_down(node(1), o); })).standing ==
        HintStanding::Counted);
  CHECK(reply(put, 0).empty());
  CHECK(only<AnswerPut>(hint_reply(put, 10)).replies.primaries == 1);
}

TEST_CASE("PutOperation: sloppy, a newer row begins with its own stand-ins") {
  Actions out;
  PutOperation put = minted_sloppy(quorum_of(3, 2), with_stand_ins(view_of(3, {2}), 1), out);
  CHECK(hint_reply(put, 10).empty());
  CHECK(reply(put, 1, ReplicaOutcome::StaleRow, false, 2).empty());
  const Actions again = did([&](Actions& o) {
    put.on_newer_row(quorum_of(3, 2), with_stand_ins(view_of(3, {2}, 2), 1), o);
  });
  CHECK(only<KeepHint>(again).holder == node(10));
  CHECK(reply(put, 0).empty());
  CHECK(all_of<AnswerPut>(hint_reply(put, 10)).size() == 1);
}

// -- rows whose owners change (testing::view_with) --

TEST_CASE("PutOperation: every node that stores gets the delta, in each state") {
  for (const SlotState state : {SlotState::Copying, SlotState::Switched}) {
    CAPTURE(state);
    Actions out;
    const PutOperation put = minted_put(quorum_of(3, 2), view_with(state), out);
    CHECK(only<SendWrite>(out).to == std::vector<NodeId>{node(1), node(2), node(3)});
  }
  for (const SlotState state : {SlotState::Vacant, SlotState::Extra, SlotState::Joint}) {
    CAPTURE(state);
    Actions out;
    const PutOperation put = minted_put(quorum_of(3, 2), view_with(state), out);
    CHECK(only<SendWrite>(out).to == std::vector<NodeId>{node(1), node(2)});
  }
}

TEST_CASE("PutOperation: one node of a slot that moves is no acknowledgement of the slot") {
  for (const std::uint64_t first : {std::uint64_t{2}, std::uint64_t{3}}) {
    CAPTURE(first);
    Actions asked;
    PutOperation put = minted_put(quorum_of(3, 2), view_with(SlotState::Copying), asked);
    CHECK(reply(put, 0).empty());
    CHECK(reply(put, first).empty());
    CHECK(only<AnswerPut>(reply(put, 5 - first)).replies.received == 2);
    CHECK_FALSE(put.finished());
    CHECK(reply(put, 1).empty());
    CHECK(put.finished());
  }
}

TEST_CASE("PutOperation: with the planted mistake it is one") {
  Actions asked;
  PutOperation put =
      minted_put(quorum_of(3, 2), view_with(SlotState::Copying), asked, PlantedBug::CountOneOfTwo);
  CHECK(reply(put, 0).empty());
  CHECK(only<AnswerPut>(reply(put, 3)).replies.received == 2);
}

TEST_CASE("PutOperation: before the mint a slot is in reach with all its nodes, or not at all") {
  struct Case {
    SlotState state;
    std::vector<std::uint64_t> down;
    std::uint32_t reachable;
  };
  const std::vector<Case> cases{{SlotState::Copying, {1, 3}, 1},
                                {SlotState::Copying, {1, 2}, 1},
                                {SlotState::Switched, {1, 2}, 1},
                                {SlotState::Vacant, {1}, 1}};
  for (const Case& one : cases) {
    CAPTURE(one.state);
    PutOperation put = put_of(quorum_of(3, 2), view_with(one.state, one.down));
    const Actions out = did([&](Actions& actions) { put.start(actions); });
    CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
    CHECK(only<AnswerError>(out).replies.received == one.reachable);
    CHECK(none<MintLocally>(out));
  }
}

TEST_CASE("PutOperation: a move whose target is away costs one slot, no more") {
  Actions asked;
  PutOperation put = minted_put(quorum_of(3, 2), view_with(SlotState::Copying, {3}), asked);
  CHECK(only<KeepHint>(asked).home == node(3));
  CHECK(reply(put, 0).empty());
  CHECK(reply(put, 2).empty());
  CHECK(only<AnswerPut>(reply(put, 1)).replies.received == 2);
}

TEST_CASE("PutOperation: a node that stores and is not read mints nothing") {
  for (const SlotState state : {SlotState::Switched, SlotState::Vacant, SlotState::Extra}) {
    CAPTURE(state);
    PutOperation put(
        {.self = node(2), .quorum = quorum_of(3, 2), .context = {}, .deadline = kDeadline},
        view_with(state));
    const Actions out = did([&](Actions& actions) { put.start(actions); });
    CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
    CHECK(none<MintLocally>(out));
  }
}

TEST_CASE("PutOperation: while a slot comes, both numbers must be met, and both be in reach") {
  WriteQuorum quorum = quorum_of(2, 2);
  quorum.inner = WriteDemand{.w = 2};
  SUBCASE("the slot that comes does not stand for one of the others") {
    Actions asked;
    PutOperation put = minted_put(quorum, view_with(SlotState::Extra), asked);
    CHECK(reply(put, 0).empty());
    CHECK(reply(put, 2).empty());
    CHECK_FALSE(none<AnswerPut>(reply(put, 1)));
  }
  SUBCASE("nor before the mint") {
    PutOperation put = put_of(quorum, view_with(SlotState::Extra, {1}));
    const Actions out = did([&](Actions& actions) { put.start(actions); });
    CHECK(only<AnswerError>(out).status.message().starts_with("1 of 2 replicas"));
    CHECK(none<MintLocally>(out));
  }
}

TEST_CASE("PutOperation: a sloppy put has a stand-in for each node of a slot that moves") {
  ReplicaView view = with_stand_ins(view_with(SlotState::Copying, {1, 3}), 2);
  const NodeId first = view.stand_ins[0];
  const NodeId second = view.stand_ins[1];
  Actions asked;
  PutOperation put = minted_sloppy(quorum_of(3, 3), std::move(view), asked);
  const auto hints = all_of<KeepHint>(asked);
  REQUIRE(hints.size() == 2);
  CHECK(hints[1].home == node(3));
  CHECK(reply(put, 0).empty());
  CHECK(reply(put, 2).empty());
  CHECK(did([&](Actions& o) { put.on_hint_reply(first, kDone, true, o); }).empty());
  CHECK(only<AnswerPut>(did([&](Actions& o) {
          put.on_hint_reply(second, kDone, true, o);
        })).replies == ReplyCounts{.required = 3, .received = 3, .primaries = 1});
}

TEST_CASE("PutOperation: at a newer row it counts that row's slots, from zero") {
  Actions asked;
  PutOperation put = minted_put(quorum_of(3, 2), view_of(3), asked);
  CHECK(reply(put, 0).empty());
  const Actions again = did([&](Actions& o) {
    put.on_newer_row(quorum_of(3, 2), view_with(SlotState::Copying, {}, 2), o);
  });
  CHECK(only<SendWrite>(again).to == std::vector<NodeId>{node(0), node(1), node(2), node(3)});
  CHECK(reply(put, 0, kDone, true, 2).empty());
  CHECK(reply(put, 3, kDone, true, 2).empty());
  CHECK_FALSE(none<AnswerPut>(reply(put, 2, kDone, true, 2)));
}

TEST_CASE("PutOperation: a newer row that has too few slots for its level leaves it in doubt") {
  Actions asked;
  PutOperation put = minted_put(quorum_of(3, 3), view_of(3), asked);
  const Actions out =
      did([&](Actions& o) { put.on_newer_row(std::nullopt, view_of(2, {}, 2), o); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::InDoubt);
  CHECK_FALSE(only<AnswerError>(out).nothing_minted);
  CHECK(put.finished());
  put.check_invariants();
}

}  // namespace
}  // namespace starling

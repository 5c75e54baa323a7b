#include "quorum/get_operation.h"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "support/quorum_script.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

using testing::all_of;
using testing::did;
using testing::dot;
using testing::failed_reply;
using testing::kDeadline;
using testing::kPatienceEnds;
using testing::kStart;
using testing::node;
using testing::none;
using testing::only;
using testing::record_of;
using testing::sibling;
using testing::sound_reply;
using testing::tombstone;
using testing::view_of;
using testing::view_with;

using Nodes = std::vector<NodeId>;

SiblingSet old_record() {
  return record_of({sibling(dot(1, 1), "old")});
}
SiblingSet new_record() {
  return record_of({sibling(dot(1, 2), "new")}, {dot(1, 1)});
}
SiblingSet other_record() {
  return record_of({sibling(dot(2, 1), "other")});
}

SiblingSet joined(SiblingSet one, const SiblingSet& two) {
  REQUIRE(one.sync(two));
  return one;
}

GetOperation::Request request_of(std::uint32_t n, std::uint32_t r) {
  return {.quorum = {.n = n, .r = r, .pr = 0, .level = Level::count(r)},
          .session = {},
          .started = kStart,
          .deadline = kDeadline,
          .patience = kPatienceEnds - kStart,
          .planted = PlantedBug::None};
}

// A get that has sent its first requests.
GetOperation get_of(GetOperation::Request request, ReplicaView view) {
  GetOperation get(std::move(request), std::move(view));
  Actions ignored;
  get.start(ignored);
  get.check_invariants();
  return get;
}

Actions reply(GetOperation& get, std::uint64_t from, ReplicaReadReply answer) {
  Actions out;
  get.on_read_reply(node(from), std::move(answer), out);
  get.check_invariants();
  return out;
}
Actions whole(GetOperation& get, std::uint64_t from, const SiblingSet& record) {
  return reply(get, from, sound_reply(record, ReadWant::Record));
}
Actions digest(GetOperation& get, std::uint64_t from, const SiblingSet& record) {
  return reply(get, from, sound_reply(record, ReadWant::Digest));
}
Actions repaired(GetOperation& get, std::uint64_t from,
                 ReplicaOutcome outcome = ReplicaOutcome::Done) {
  Actions out;
  get.on_write_reply(node(from), outcome, out);
  get.check_invariants();
  return out;
}
Actions down(GetOperation& get, std::uint64_t from) {
  Actions out;
  get.on_peer_down(node(from), out);
  get.check_invariants();
  return out;
}
Actions timer(GetOperation& get, Instant now) {
  Actions out;
  get.on_timer(now, out);
  get.check_invariants();
  return out;
}

TEST_CASE("GetOperation: asks one slot for the record and all others for digests at once") {
  GetOperation get(request_of(3, 2), view_of(3));
  const Actions out = did([&](Actions& o) { get.start(o); });
  const auto reads = all_of<SendRead>(out);
  REQUIRE(reads.size() == 2);
  CHECK(reads[0].want == ReadWant::Record);
  CHECK(reads[0].to == Nodes{node(0)});
  CHECK(reads[1].want == ReadWant::Digest);
  CHECK(reads[1].to == Nodes{node(1), node(2)});
  CHECK(only<ArmTimer>(out).at == kPatienceEnds);
}

TEST_CASE("GetOperation: a suspect slot is not asked for the record") {
  ReplicaView view = view_of(3);
  view.nodes[0].suspect = true;
  GetOperation get(request_of(3, 2), std::move(view));
  const Actions out = did([&](Actions& o) { get.start(o); });
  CHECK(all_of<SendRead>(out).front().to == Nodes{node(1)});
}

TEST_CASE("GetOperation: with fewer than R reachable slots it is unavailable at once") {
  GetOperation get(request_of(3, 2), view_of(3, {0, 2}));
  const Actions out = did([&](Actions& o) { get.start(o); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
  CHECK(none<SendRead>(out));
  CHECK(get.finished());
}

TEST_CASE("GetOperation: R equal answers are the answer, and protected at a majority") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  CHECK(digest(get, 2, new_record()).empty());
  const auto answer = only<AnswerGet>(whole(get, 0, new_record()));
  CHECK(answer.record == new_record());
  CHECK(answer.replies == ReplyCounts{.required = 2, .received = 2, .primaries = 2});
  CHECK(answer.repaired == 0);
  CHECK(answer.protected_read);
  CHECK(digest(get, 1, new_record()).empty());
  CHECK(get.finished());
}

TEST_CASE("GetOperation: different digests fetch, merge and repair before the answer") {
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  CHECK(whole(get, 0, old_record()).empty());
  const auto fetch = only<SendRead>(digest(get, 1, other_record()));
  CHECK(fetch.cause == ReadCause::Differs);
  CHECK(fetch.want == ReadWant::Record);
  CHECK(fetch.to == Nodes{node(1)});
  const Actions merged = whole(get, 1, other_record());
  CHECK(none<AnswerGet>(merged));
  CHECK(only<SendWrite>(merged).to == Nodes{node(0), node(1)});
  CHECK(only<SendWrite>(merged).kind == WriteKind::Repair);
  CHECK(only<SendWrite>(merged).versions == joined(old_record(), other_record()));
  CHECK(none<AnswerGet>(repaired(get, 1)));
  const auto answer = only<AnswerGet>(repaired(get, 0));
  CHECK(answer.record == joined(old_record(), other_record()));
  CHECK(answer.repaired == 2);
  CHECK(answer.protected_read);
  CHECK(get.finished());
}

TEST_CASE("GetOperation: one holder of the merge and N-R+1 = 2: one acknowledged repair protects") {
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  static_cast<void>(digest(get, 1, old_record()));
  CHECK(all_of<SendRead>(whole(get, 0, new_record())).size() == 1);
  CHECK(only<SendWrite>(whole(get, 1, old_record())).to == Nodes{node(1)});
  const auto answer = only<AnswerGet>(repaired(get, 1));
  CHECK(answer.repaired == 1);
  CHECK(answer.protected_read);
}

TEST_CASE("GetOperation: at ALL one holder protects, so the repair runs behind the answer") {
  GetOperation get = get_of(request_of(3, 3), view_of(3));
  static_cast<void>(whole(get, 0, new_record()));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(digest(get, 2, new_record()));
  const Actions out = whole(get, 1, old_record());
  CHECK(only<AnswerGet>(out).protected_read);
  CHECK(only<AnswerGet>(out).repaired == 0);
  CHECK(only<SendWrite>(out).to == Nodes{node(1)});
  CHECK(repaired(get, 1).empty());
  CHECK(get.finished());
}

TEST_CASE("GetOperation: repair takes half of the remaining time, then the answer is unprotected") {
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(whole(get, 0, new_record()));
  CHECK(only<ArmTimer>(whole(get, 1, old_record())).at == kStart);  // "what time is it?"
  CHECK(get.silent().empty());                                      // nobody is late yet
  const Instant began = kStart + std::chrono::seconds(1);
  const Instant half = kStart + std::chrono::seconds(3);
  CHECK(only<ArmTimer>(timer(get, began)).at == half);
  const Actions out = timer(get, half);
  CHECK_FALSE(only<AnswerGet>(out).protected_read);
  CHECK(only<AnswerGet>(out).record == new_record());
  CHECK(get.silent() == Nodes{node(1)});
  CHECK(only<ArmTimer>(out).at == kDeadline);
  CHECK(timer(get, kDeadline).empty());
  CHECK(get.finished());
}

TEST_CASE("GetOperation: a failed repair goes to another slot, and never fails the read") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(whole(get, 0, new_record()));
  static_cast<void>(whole(get, 1, old_record()));
  CHECK(only<SendWrite>(down(get, 1)).to == Nodes{node(2)});
  const Actions out = repaired(get, 2, ReplicaOutcome::Refused);
  CHECK_FALSE(only<AnswerGet>(out).protected_read);
  CHECK(only<AnswerGet>(out).record == new_record());
}

TEST_CASE("GetOperation: below a majority the answer does not wait for the repair") {
  GetOperation get = get_of(request_of(3, 1), view_of(3, {2}));
  const auto answer = only<AnswerGet>(whole(get, 0, new_record()));
  CHECK_FALSE(answer.protected_read);
  CHECK(only<SendRead>(digest(get, 1, old_record())).to == Nodes{node(1)});
  CHECK(only<SendWrite>(whole(get, 1, old_record())).to == Nodes{node(1)});
  CHECK(repaired(get, 1).empty());
  CHECK(get.finished());
}

TEST_CASE("GetOperation: a late digest that differs is fetched, merged and pushed") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 1, old_record()));
  CHECK(all_of<AnswerGet>(whole(get, 0, old_record())).size() == 1);
  CHECK(only<SendRead>(digest(get, 2, new_record())).to == Nodes{node(2)});
  const Actions out = whole(get, 2, new_record());
  CHECK(only<SendWrite>(out).to == Nodes{node(0), node(1)});
  CHECK(only<SendWrite>(out).versions == new_record());
  CHECK(none<AnswerGet>(out));
}

TEST_CASE("GetOperation: repair behind the answer does not wait for a slot that never answered") {
  GetOperation get = get_of(request_of(3, 1), view_of(3));
  static_cast<void>(timer(get, kPatienceEnds));
  static_cast<void>(digest(get, 1, new_record()));  // slot 0 owes the record; slot 1 is asked too
  CHECK(all_of<AnswerGet>(whole(get, 1, new_record())).size() == 1);
  CHECK(only<SendRead>(digest(get, 2, old_record())).to == Nodes{node(2)});
  CHECK(only<SendWrite>(whole(get, 2, old_record())).to == Nodes{node(2)});
}

TEST_CASE("GetOperation: only clocks differ: it answers at once and repairs behind") {
  const SiblingSet wider = record_of({sibling(dot(1, 2), "new")}, {dot(1, 1), dot(2, 1)});
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  static_cast<void>(whole(get, 0, new_record()));
  const Actions out = digest(get, 1, wider);
  CHECK(only<AnswerGet>(out).record == wider);
  CHECK(only<AnswerGet>(out).protected_read);
  CHECK(only<SendWrite>(out).to == Nodes{node(0)});
  CHECK(none<SendRead>(out));
}

TEST_CASE("GetOperation: a tombstone is pushed over a live value and to a slot without the key") {
  const SiblingSet deleted = record_of({tombstone(dot(1, 2))}, {dot(1, 1)});
  GetOperation get = get_of(request_of(3, 3), view_of(3));
  static_cast<void>(whole(get, 0, deleted));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(digest(get, 2, SiblingSet()));
  static_cast<void>(whole(get, 1, old_record()));
  const Actions out = whole(get, 2, SiblingSet());
  CHECK(only<AnswerGet>(out).record == deleted);
  CHECK(only<SendWrite>(out).to == Nodes{node(1), node(2)});
}

TEST_CASE("GetOperation: absent everywhere is a sound, empty answer") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 1, SiblingSet()));
  const auto answer = only<AnswerGet>(whole(get, 0, SiblingSet()));
  CHECK(answer.record.empty());
  CHECK(answer.protected_read);
}

TEST_CASE("GetOperation: records that fit no message make the read unavailable, and it says so") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(reply(get, 0, failed_reply(ReplicaOutcome::TooLarge)));
  const auto error = only<AnswerError>(reply(get, 1, failed_reply(ReplicaOutcome::TooLarge)));
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.status.message().find("larger than a message may be (34603008 bytes)") !=
        std::string::npos);
}

TEST_CASE("GetOperation: what could not be read is no answer, never an absent record") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  const auto other = only<SendRead>(reply(get, 0, failed_reply(ReplicaOutcome::Corrupt)));
  CHECK(other.want == ReadWant::Record);
  CHECK(other.to == Nodes{node(1)});
  const auto error = only<AnswerError>(reply(get, 1, failed_reply(ReplicaOutcome::NotCounted)));
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.status.message() == "0 of 2 replicas answered");
  CHECK(get.finished());
}

TEST_CASE("GetOperation: out of patience, another slot is asked for the record, once") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 2, new_record()));
  CHECK(none<SendRead>(timer(get, kPatienceEnds)));  // it waits for more than the record
  CHECK(only<SendRead>(digest(get, 1, new_record())).to == Nodes{node(1)});
  CHECK(none<SendRead>(timer(get, kPatienceEnds + kPatienceEnds.time_since_epoch() / 1000)));
  CHECK(all_of<AnswerGet>(whole(get, 1, new_record())).size() == 1);
  CHECK(get.silent() == Nodes{node(0)});
}

TEST_CASE("GetOperation: the deadline makes a read unavailable, never in doubt") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 1, new_record()));
  const auto error = only<AnswerError>(timer(get, kDeadline));
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.replies == ReplyCounts{.required = 2, .received = 1, .primaries = 1});
  CHECK(get.silent() == Nodes{node(0), node(2)});
  CHECK(whole(get, 0, new_record()).empty());
}

TEST_CASE("GetOperation: a session read waits for a slot that has seen what the session saw") {
  GetOperation::Request request = request_of(3, 1);
  request.session = new_record().clock();
  GetOperation get = get_of(std::move(request), view_of(3));
  CHECK(whole(get, 0, old_record()).empty());
  CHECK(only<SendRead>(digest(get, 1, new_record())).to == Nodes{node(1)});
  CHECK(only<AnswerGet>(whole(get, 1, new_record())).record == new_record());
}

TEST_CASE("GetOperation: a session that no slot has seen is unavailable and says so") {
  GetOperation::Request request = request_of(3, 2);
  request.session = new_record().clock();
  GetOperation get = get_of(std::move(request), view_of(3, {2}));
  static_cast<void>(whole(get, 0, old_record()));
  const auto error = only<AnswerError>(digest(get, 1, old_record()));
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.status.message().find("session") != std::string::npos);
}

TEST_CASE("GetOperation: one dot with two values is not merged, and counts as no answer") {
  const SiblingSet impostor = record_of({sibling(dot(1, 1), "another")});
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  static_cast<void>(whole(get, 0, old_record()));
  static_cast<void>(digest(get, 1, impostor));
  const auto error = only<AnswerError>(whole(get, 1, impostor));
  CHECK(error.status.message() ==
        "1 of 2 replicas answered; 1 held another value under the same version (dot collision)");
}

TEST_CASE("GetOperation: a newer row discards what was heard") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  static_cast<void>(digest(get, 1, old_record()));
  CHECK(reply(get, 2, failed_reply(ReplicaOutcome::StaleRow, 2)).empty());
  CHECK(whole(get, 0, old_record()).empty());
  const Actions again =
      did([&](Actions& o) { get.on_newer_row(request_of(3, 2).quorum, view_of(3, {}, 2), o); });
  CHECK(all_of<SendRead>(again).size() == 2);
  CHECK(whole(get, 0, new_record()).empty());
  CHECK(only<AnswerGet>(digest(get, 2, new_record())).record == new_record());
}

TEST_CASE("GetOperation: a replica that is behind us fails alone") {
  GetOperation get = get_of(request_of(3, 2), view_of(3));
  CHECK(reply(get, 2, failed_reply(ReplicaOutcome::StaleRow, 1)).empty());
  static_cast<void>(whole(get, 0, new_record()));
  CHECK(all_of<AnswerGet>(digest(get, 1, new_record())).size() == 1);
}

TEST_CASE("GetOperation: a newer row during the repair ends it with an unprotected answer") {
  GetOperation get = get_of(request_of(3, 2), view_of(3, {2}));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(whole(get, 0, new_record()));
  static_cast<void>(whole(get, 1, old_record()));
  const Actions out =
      did([&](Actions& o) { get.on_newer_row(request_of(3, 2).quorum, view_of(3, {}, 2), o); });
  CHECK_FALSE(only<AnswerGet>(out).protected_read);
  CHECK(get.finished());
}

TEST_CASE("GetOperation: planted, it claims repairs that it never sent") {
  GetOperation::Request request = request_of(3, 2);
  request.planted = PlantedBug::SkipRepair;
  GetOperation get = get_of(std::move(request), view_of(3, {2}));
  static_cast<void>(digest(get, 1, old_record()));
  static_cast<void>(whole(get, 0, new_record()));
  const Actions out = whole(get, 1, old_record());
  CHECK(none<SendWrite>(out));
  CHECK(only<AnswerGet>(out).protected_read);
  CHECK(get.finished());
}

// -- rows whose owners change (testing::view_with) --

TEST_CASE("GetOperation: asks who is read, and nobody who is being filled or left behind") {
  struct Case {
    SlotState state;
    std::vector<std::uint64_t> asked;
  };
  const std::vector<Case> cases{{SlotState::Copying, {0, 1, 2}},
                                {SlotState::Switched, {0, 1, 3}},
                                {SlotState::Joint, {0, 1, 2}},
                                {SlotState::Vacant, {0, 1}},
                                {SlotState::Extra, {0, 1}}};
  for (const Case& one : cases) {
    CAPTURE(one.state);
    GetOperation get(request_of(3, 2), view_with(one.state));
    const Actions out = did([&](Actions& o) { get.start(o); });
    Nodes asked;
    for (const SendRead& read : all_of<SendRead>(out)) {
      asked.insert(asked.end(), read.to.begin(), read.to.end());
    }
    Nodes expected;
    for (const std::uint64_t number : one.asked) expected.push_back(node(number));
    CHECK(asked == expected);
  }
}

TEST_CASE("GetOperation: an answer of a node that is not read counts for nothing") {
  GetOperation get = get_of(request_of(3, 2), view_with(SlotState::Copying));
  CHECK(whole(get, 3, SiblingSet()).empty());
  CHECK(digest(get, 3, SiblingSet()).empty());
  CHECK(whole(get, 0, new_record()).empty());
  CHECK(only<AnswerGet>(digest(get, 1, new_record())).record == new_record());
}

TEST_CASE("GetOperation: a vacant slot leaves the others to answer for R") {
  GetOperation get = get_of(request_of(3, 2), view_with(SlotState::Vacant));
  CHECK(whole(get, 0, new_record()).empty());
  CHECK(only<AnswerError>(down(get, 1)).status.code() == StatusCode::Unavailable);
}

// What one node of a slot that moves shows, the other may lack, and it may be read next.
TEST_CASE("GetOperation: a slot that moves protects when the other node was written as well") {
  GetOperation get = get_of(request_of(3, 2), view_with(SlotState::Copying));
  CHECK(whole(get, 0, new_record()).empty());
  SUBCASE("the settled slot's answer is proof enough, and is waited for") {
    CHECK(none<AnswerGet>(digest(get, 2, new_record())));
    const auto answer = only<AnswerGet>(digest(get, 1, new_record()));
    CHECK(answer.protected_read);
    CHECK(answer.repaired == 0);
  }
  SUBCASE("it is not waited for longer than patience lasts") {
    CHECK(digest(get, 2, new_record()).empty());
    const Actions out = timer(get, kPatienceEnds);
    const auto write = only<SendWrite>(out);
    CHECK(write.kind == WriteKind::Repair);
    // Not the silent slot: the other node of the one that answered is as good.
    CHECK(write.to == Nodes{node(3)});
    CHECK(only<AnswerGet>(repaired(get, 3)).protected_read);
  }
  SUBCASE("when it is away, the other node is written") {
    CHECK(none<AnswerGet>(digest(get, 2, new_record())));
    const Actions out = down(get, 1);
    CHECK(only<SendWrite>(out).to == Nodes{node(3)});
    CHECK(only<AnswerGet>(repaired(get, 3)).protected_read);
  }
  SUBCASE("when both are away, the answer says that it is not protected") {
    CHECK(digest(get, 2, new_record()).empty());
    CHECK(down(get, 3).empty());
    CHECK_FALSE(only<AnswerGet>(down(get, 1)).protected_read);
  }
}

TEST_CASE("GetOperation: a slot that moves and lacks the merge is written at both its nodes") {
  GetOperation get = get_of(request_of(3, 2), view_with(SlotState::Switched, {1}));
  CHECK(whole(get, 0, new_record()).empty());
  CHECK(only<SendRead>(digest(get, 3, old_record())).to == Nodes{node(3)});
  const Actions out = whole(get, 3, old_record());
  CHECK(only<SendWrite>(out).to == Nodes{node(3), node(2)});
  CHECK(none<AnswerGet>(repaired(get, 3)));
  const auto answer = only<AnswerGet>(repaired(get, 2));
  CHECK(answer.protected_read);
  CHECK(answer.repaired == 1);
}

TEST_CASE("GetOperation: below a majority nothing is waited for while a slot moves") {
  GetOperation get = get_of(request_of(3, 1), view_with(SlotState::Copying));
  CHECK_FALSE(only<AnswerGet>(whole(get, 0, new_record())).protected_read);
}

TEST_CASE("GetOperation: while a slot comes, it is written where the wider number wants it") {
  // N grows from 2 to 3, and a later read may ask any single one of the three.
  GetOperation::Request request = request_of(2, 2);
  request.quorum.protecting = RowCount{.inner = 1, .outer = 3};
  GetOperation get = get_of(std::move(request), view_with(SlotState::Extra));
  CHECK(whole(get, 0, new_record()).empty());
  const Actions out = digest(get, 1, new_record());
  CHECK(only<SendWrite>(out).to == Nodes{node(2)});
  CHECK(only<AnswerGet>(repaired(get, 2)).protected_read);
}

TEST_CASE("GetOperation: a newer row that has too few slots for its level can not be read") {
  GetOperation get = get_of(request_of(3, 3), view_of(3));
  const Actions out =
      did([&](Actions& o) { get.on_newer_row(std::nullopt, view_of(2, {}, 2), o); });
  CHECK(only<AnswerError>(out).status.code() == StatusCode::Unavailable);
  CHECK(get.finished());
}

}  // namespace
}  // namespace starling

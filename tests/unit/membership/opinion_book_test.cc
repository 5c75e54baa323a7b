#include "membership/opinion_book.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NodeId kBookOwner{1};
constexpr NodeId kSubject{2};
constexpr Instant kLater = Instant{} + seconds(100);

// The book of member 1 of five. Everybody was heard at the beginning of time, in start 3.
struct BookOfFive {
  OpinionBook book{kBookOwner, {.start = 3}};
  SwimActions actions;

  BookOfFive() {
    const std::vector<NodeId> members{{1}, {2}, {3}, {4}, {5}};
    book.set_members(members, Instant{}, actions);
    for (const NodeId member : members) {
      book.on_sign(member, SwimIncarnation{.start = 3}, Instant{}, actions);
    }
    actions.clear();
  }
  bool hear(PeerState state, SwimIncarnation incarnation, NodeId subject = kSubject,
            Instant now = kLater, NodeId accuser = {3}) {
    return book.on_rumour(
        {.subject = subject, .state = state, .incarnation = incarnation, .accuser = accuser}, now,
        actions);
  }
  PeerState state() const { return book.opinion(kSubject)->state; }
  bool tells(NodeId to, const Rumour& rumour) {
    const std::vector<Rumour> news = book.news_for(to);
    return std::ranges::find(news, rumour) != news.end();
  }
};

TEST_CASE("OpinionBook: a member that was never heard is suspect, and up with the first sign") {
  OpinionBook book(kBookOwner, {.start = 1});
  SwimActions actions;
  book.set_members(std::vector<NodeId>{kBookOwner, kSubject}, kLater, actions);
  REQUIRE(actions.size() == 1);
  CHECK(book.opinion(kSubject)->state == PeerState::Suspect);
  CHECK(book.opinion(kSubject)->since == kLater);
  CHECK_FALSE(book.opinion(kBookOwner).has_value());
  CHECK(book.on_sign(kSubject, std::nullopt, kLater + seconds(1), actions));
  CHECK(book.opinion(kSubject)->state == PeerState::Up);
  CHECK(book.opinion(kSubject)->since == kLater + seconds(1));
  CHECK_FALSE(book.on_sign(kSubject, std::nullopt, kLater, actions));
}

TEST_CASE("OpinionBook: a failed probe accuses, the time-out convicts, each change is told once") {
  BookOfFive five;
  five.book.on_probe_failed(kSubject, kLater, five.actions);
  CHECK(five.state() == PeerState::Suspect);
  CHECK(five.book.is_accused_by_self(kSubject));
  CHECK(five.book.next_deadline() == kLater + seconds(12));
  five.book.on_timer(kLater + seconds(11), five.actions);
  CHECK(five.state() == PeerState::Suspect);
  five.book.on_timer(kLater + seconds(12), five.actions);
  CHECK(five.state() == PeerState::Down);
  CHECK_FALSE(five.book.next_deadline().has_value());
  REQUIRE(five.actions.size() == 2);
  const auto& change = std::get<OpinionChanged>(five.actions.back());
  CHECK(change.before == PeerState::Suspect);
  CHECK(change.after.since == kLater + seconds(12));
  five.book.check_invariants();
}

TEST_CASE("OpinionBook: who is accused by rumour alone gets grace once, for a probe") {
  BookOfFive five;
  five.hear(PeerState::Suspect, {.start = 3});
  CHECK(five.book.give_grace(seconds(1), kLater + seconds(11)).empty());
  CHECK(five.book.give_grace(seconds(1), kLater + seconds(12)) == std::vector<NodeId>{kSubject});
  CHECK(five.book.give_grace(seconds(1), kLater + seconds(13)).empty());
  CHECK(five.book.next_deadline() == kLater + seconds(13));
  five.book.on_timer(kLater + seconds(13), five.actions);
  CHECK(five.state() == PeerState::Down);
  five.book.on_probe_failed(NodeId{4}, kLater, five.actions);
  CHECK(five.book.give_grace(seconds(1), kLater + seconds(60)).empty());
}

TEST_CASE("OpinionBook: accusers from elsewhere shorten the time-out and are passed on") {
  BookOfFive five;
  five.hear(PeerState::Suspect, {.start = 3});
  CHECK(five.book.next_deadline() == kLater + seconds(12));
  five.hear(PeerState::Suspect, {.start = 3}, kSubject, kLater, NodeId{4});
  CHECK(five.book.next_deadline() == kLater + seconds(8));
  const Rumour second{.subject = kSubject,
                      .state = PeerState::Suspect,
                      .incarnation = {.start = 3},
                      .accuser = NodeId{4}};
  CHECK(five.tells(NodeId{5}, second));
}

TEST_CASE("OpinionBook: what is said of an earlier incarnation changes nothing") {
  BookOfFive five;
  five.hear(PeerState::Down, {.start = 2, .refutations = 90});
  CHECK(five.state() == PeerState::Up);
  five.hear(PeerState::Down, {.start = 3});
  CHECK(five.state() == PeerState::Down);
  five.hear(PeerState::Up, {.start = 3});
  five.hear(PeerState::Suspect, {.start = 3});
  CHECK(five.state() == PeerState::Down);
}

TEST_CASE("OpinionBook: a higher incarnation, by refutation or restart, is up at once") {
  BookOfFive five;
  five.hear(PeerState::Suspect, {.start = 3});
  five.hear(PeerState::Up, {.start = 3, .refutations = 1});
  CHECK(five.state() == PeerState::Up);
  CHECK_FALSE(five.book.next_deadline().has_value());
  five.hear(PeerState::Down, {.start = 3, .refutations = 1});
  CHECK(five.state() == PeerState::Down);
  five.hear(PeerState::Up, {.start = 4});
  CHECK(five.state() == PeerState::Up);
  CHECK(five.book.opinion(kSubject)->incarnation == SwimIncarnation{.start = 4});
  five.book.check_invariants();
}

TEST_CASE("OpinionBook: a rumour does not outweigh what was just heard from the member itself") {
  BookOfFive five;
  five.book.on_sign(kSubject, std::nullopt, kLater, five.actions);
  five.hear(PeerState::Suspect, {.start = 3}, kSubject, kLater + milliseconds(900));
  CHECK(five.state() == PeerState::Up);
  five.hear(PeerState::Suspect, {.start = 3}, kSubject, kLater + seconds(1));
  CHECK(five.state() == PeerState::Suspect);
  five.book.on_sign(kSubject, std::nullopt, kLater + seconds(2), five.actions);
  five.hear(PeerState::Down, {.start = 3}, kSubject, kLater + milliseconds(5900));
  CHECK(five.state() == PeerState::Up);
  five.hear(PeerState::Down, {.start = 3}, kSubject, kLater + seconds(6));
  CHECK(five.state() == PeerState::Down);
}

TEST_CASE("OpinionBook: the accused is told in each message until it contradicts") {
  BookOfFive five;
  five.book.on_probe_failed(kSubject, kLater, five.actions);
  const Rumour charge{.subject = kSubject,
                      .state = PeerState::Suspect,
                      .incarnation = {.start = 3},
                      .accuser = kBookOwner};
  five.book.on_sign(kSubject, SwimIncarnation{.start = 3}, kLater, five.actions);
  CHECK(five.state() == PeerState::Up);
  for (int i = 0; i < 20; ++i) CHECK(five.tells(kSubject, charge));
  CHECK_FALSE(five.tells(NodeId{4}, charge));
  five.book.on_sign(kSubject, SwimIncarnation{.start = 3, .refutations = 1}, kLater, five.actions);
  CHECK_FALSE(five.tells(kSubject, charge));
}

TEST_CASE("OpinionBook: an accusation of this node is contradicted with a higher incarnation") {
  BookOfFive five;
  CHECK(five.hear(PeerState::Suspect, {.start = 3}, kBookOwner));
  CHECK(five.book.own() == SwimIncarnation{.start = 3, .refutations = 1});
  const Rumour contradiction{.subject = kBookOwner,
                             .state = PeerState::Up,
                             .incarnation = {.start = 3, .refutations = 1},
                             .accuser = kBookOwner};
  CHECK(five.tells(NodeId{4}, contradiction));
  CHECK_FALSE(five.hear(PeerState::Suspect, {.start = 3}, kBookOwner, kLater + seconds(1)));
  CHECK(five.book.own().refutations == 1);
}

TEST_CASE("OpinionBook: a node that began anew goes above what others remember of it") {
  BookOfFive five;
  CHECK_FALSE(five.hear(PeerState::Up, {.start = 7, .refutations = 2}, kBookOwner));
  CHECK(five.book.own() == SwimIncarnation{.start = 7, .refutations = 3});
  // And who remembers tells it.
  five.hear(PeerState::Up, {.start = 9});
  five.book.on_sign(kSubject, SwimIncarnation{.start = 1}, kLater, five.actions);
  CHECK(five.book.opinion(kSubject)->incarnation == SwimIncarnation{.start = 9});
  CHECK(five.book.news_for(kSubject).front().incarnation == SwimIncarnation{.start = 9});
}

TEST_CASE("OpinionBook: a flood of accusations raises the incarnation once a pause") {
  BookOfFive five;
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(five.hear(PeerState::Suspect, five.book.own(), kBookOwner));
  }
  CHECK(five.book.counts().refutations == 1);
}

TEST_CASE("OpinionBook: rumours of strangers and of impossible incarnations are refused") {
  BookOfFive five;
  five.hear(PeerState::Down, {.start = 3}, NodeId{99});
  CHECK_FALSE(five.book.knows(NodeId{99}));
  five.hear(PeerState::Down, {.start = 3 + OpinionBook::kStartsAheadMax + 1});
  five.hear(PeerState::Down, {.start = 3, .refutations = OpinionBook::kRefutationsAheadMax + 1});
  five.hear(PeerState::Down, {.start = 4, .refutations = OpinionBook::kRefutationsAheadMax + 1});
  five.hear(PeerState::Down, {.start = ~std::uint64_t{0}, .refutations = ~std::uint32_t{0}});
  five.hear(PeerState::Down, {.start = ~std::uint64_t{0}}, kBookOwner);
  CHECK(five.book.counts().refused_rumours == 6);
  CHECK(five.state() == PeerState::Up);
  CHECK(five.book.own() == SwimIncarnation{.start = 3});
  CHECK(five.actions.empty());
}

TEST_CASE("OpinionBook: the member's own word may be far ahead, but not absurd") {
  BookOfFive five;
  five.book.on_sign(kSubject, SwimIncarnation{.start = 50'000}, kLater, five.actions);
  CHECK(five.book.opinion(kSubject)->incarnation.start == 50'000);
  five.book.on_sign(kSubject, SwimIncarnation{.start = ~std::uint64_t{0}}, kLater, five.actions);
  CHECK(five.book.opinion(kSubject)->incarnation.start == 50'000);
  CHECK(five.state() == PeerState::Up);
}

TEST_CASE("OpinionBook: a doubt is told to nobody and ends with a sign, not with another's word") {
  BookOfFive five;
  while (!five.book.news_for(NodeId{5}).empty()) {
  }
  five.book.on_doubt(kSubject, kLater, five.actions);
  CHECK(five.state() == PeerState::Suspect);
  CHECK(five.book.news_for(NodeId{5}).empty());
  CHECK_FALSE(five.book.next_deadline().has_value());
  five.book.on_reached_by_others(kSubject, kLater, five.actions);
  CHECK(five.state() == PeerState::Suspect);
  five.book.on_sign(kSubject, std::nullopt, kLater, five.actions);
  CHECK(five.state() == PeerState::Up);
}

TEST_CASE("OpinionBook: who left is forgotten with all that was said of him") {
  BookOfFive five;
  five.book.on_probe_failed(kSubject, kLater, five.actions);
  five.book.set_members(std::vector<NodeId>{{1}, {3}}, kLater, five.actions);
  CHECK_FALSE(five.book.opinion(kSubject).has_value());
  CHECK_FALSE(five.book.next_deadline().has_value());
  CHECK(five.book.opinions().size() == 1);
  five.book.check_invariants();
}

TEST_CASE("OpinionBook: a message never carries more rumours than fit") {
  OpinionBook book(kBookOwner, {.start = 1});
  SwimActions actions;
  std::vector<NodeId> members;
  for (std::uint64_t i = 1; i <= 200; ++i) members.push_back(NodeId{i});
  book.set_members(members, kLater, actions);
  for (const NodeId member : members) book.on_probe_failed(member, kLater, actions);
  CHECK(book.rumours() == 200);
  CHECK(book.news_for(kSubject).size() == kRumoursPerMessage);
  CHECK(book.news_for(kSubject).front().subject == kSubject);
  book.check_invariants();
}

}  // namespace
}  // namespace starling

#include "node/member_standing.h"

#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/peer_state.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/slot.h"

namespace starling {
namespace {

const RingMember kStandingMember{.id = node_id_of("node1"), .name = "node1", .address = "host:1"};

std::string complaint(const MemberStanding& standing) {
  return complaint_about(kStandingMember, standing).value_or("");
}

// node1 is a member, behind `slot` of the one row.
Configuration with_slot(const Slot& slot, MemberIntent intent = MemberIntent::Stay) {
  Configuration configuration;
  configuration.members.push_back({.member = kStandingMember, .store = {}, .intent = intent});
  configuration.rows.push_back({slot});
  return configuration;
}

TEST_CASE("MemberStanding: one that is up and serves is no news") {
  CHECK(word_of({}) == "up");
  CHECK(complaint({}).empty());
}

TEST_CASE("MemberStanding: the word is the opinion's, and of one that is up its stage") {
  CHECK(word_of({.stage = MemberStage::Joining}) == "joining");
  CHECK(word_of({.stage = MemberStage::Leaving}) == "leaving");
  CHECK(word_of({.opinion = PeerState::Suspect, .stage = MemberStage::Leaving}) == "suspect");
  CHECK(word_of({.opinion = PeerState::Down, .stage = MemberStage::Joining}) == "down");
}

TEST_CASE("MemberStanding: what is wrong is told apart, and what to do is said") {
  const Duration lasting = std::chrono::milliseconds(7900);
  CHECK(complaint({.opinion = PeerState::Down, .connected = false}) ==
        "node1 is down: no connection to host:1. Start it, or look at its log");
  CHECK(complaint({.opinion = PeerState::Down, .lasting = lasting}).find("for 7 s and longer") !=
        std::string::npos);
  CHECK(complaint({.opinion = PeerState::Suspect, .connected = false}) ==
        "node1 is suspect: no connection to host:1. It may be down, or the network between the "
        "two");
  CHECK(complaint({.opinion = PeerState::Suspect}).find("connected but silent") !=
        std::string::npos);
  CHECK(complaint({.connected = false}).find("no connection to host:1") != std::string::npos);
  CHECK(complaint({.counting = false}).find("do not count yet") != std::string::npos);
}

TEST_CASE("MemberStanding: the stage follows from the configuration") {
  const NodeId member = kStandingMember.id;
  const NodeId other = node_id_of("other");
  CHECK(member_stage_of(nullptr, member) == MemberStage::Serving);
  CHECK(member_stage_of(nullptr, other) == MemberStage::Serving);
  const Configuration settled = with_slot({.holder = member});
  CHECK(member_stage_of(&settled, member) == MemberStage::Serving);
  const Configuration comes =
      with_slot({.state = SlotState::Copying, .holder = other, .target = member});
  CHECK(member_stage_of(&comes, member) == MemberStage::Joining);
  const Configuration leaves = with_slot({.holder = member}, MemberIntent::Leave);
  CHECK(member_stage_of(&leaves, member) == MemberStage::Leaving);
}

}  // namespace
}  // namespace starling

#include "node/member_standing.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/slot.h"

namespace starling {
namespace {

std::string seconds_of(Duration lasting) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lasting).count()) + " s";
}

std::string complaint_of_a_link(const RingMember& member, PeerState opinion) {
  std::string words = member.name + " is " + std::string(peer_state_name(opinion));
  switch (opinion) {
    case PeerState::Up:
      return words + ", but this node has no connection to " + member.address + " at the moment";
    case PeerState::Suspect:
      return words + ": no connection to " + member.address +
             ". It may be down, or the network between the two";
    case PeerState::Down:
      return words + ": no connection to " + member.address + ". Start it, or look at its log";
  }
  return words;
}

}  // namespace

MemberStage member_stage_of(const Configuration* adopted, NodeId member) {
  const ConfigMember* const known = adopted == nullptr ? nullptr : adopted->member(member);
  if (known == nullptr) return MemberStage::Serving;
  if (known->intent != MemberIntent::Stay) return MemberStage::Leaving;
  bool comes = false;
  for (const SlotRow& row : adopted->rows) {
    const auto serves = [&](const Slot& slot) { return read_node(slot) == member; };
    if (std::ranges::any_of(row, serves)) return MemberStage::Serving;
    const auto fills = [&](const Slot& slot) { return is_being_filled(slot, member); };
    comes = comes || std::ranges::any_of(row, fills);
  }
  return comes ? MemberStage::Joining : MemberStage::Serving;
}

std::string_view word_of(const MemberStanding& standing) {
  if (standing.opinion != PeerState::Up) return peer_state_name(standing.opinion);
  switch (standing.stage) {
    case MemberStage::Joining:
      return "joining";
    case MemberStage::Serving:
      return peer_state_name(PeerState::Up);
    case MemberStage::Leaving:
      return "leaving";
  }
  return peer_state_name(PeerState::Up);
}

std::optional<std::string> complaint_about(const RingMember& member,
                                           const MemberStanding& standing) {
  if (!standing.connected) return complaint_of_a_link(member, standing.opinion);
  switch (standing.opinion) {
    case PeerState::Down:
      return member.name + " is down: it is connected, but has answered nobody for " +
             seconds_of(standing.lasting) + " and longer. It may be paused: look at its log";
    case PeerState::Suspect:
      return member.name + " is connected but silent: it may be paused or overloaded";
    case PeerState::Up:
      break;
  }
  if (standing.counting) return std::nullopt;
  return member.name +
         " is up, but its answers do not count yet: its store is not confirmed. Look at its "
         "/readyz?verbose";
}

}  // namespace starling

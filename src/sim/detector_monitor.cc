#include "sim/detector_monitor.h"

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "message/peer_state.h"
#include "node/node.h"
#include "ring/ring.h"
#include "sim/mark_board.h"
#include "sim/member_view.h"
#include "sim/sim_member.h"

namespace starling::sim {
namespace {

// Only members look after each other: of who has left nobody needs an opinion, nor has it one.
bool are_members(const SimMember& judge, const SimMember& subject) {
  const Ring& ring = *judge.ring();
  return ring.member(judge.id()) != nullptr && ring.member(subject.id()) != nullptr;
}

}  // namespace

void DetectorMonitor::on_conviction(std::uint32_t node, Instant now) {
  const Node* const judge = cluster_.member(node).node();
  if (judge == nullptr) return;
  for (std::uint32_t other = 0; other < cluster_.size(); ++other) {
    const SimMember& member = cluster_.member(other);
    if (other == node || judge->opinion_of(member.id()) != PeerState::Down) continue;
    if (!are_members(cluster_.member(node), member)) continue;
    if (member.boot() == 0) {
      marks_.reach("detector: convicted a dead one");
    } else if (now >= calm_since_ + kAftermath) {
      violations_.push_back({"false-conviction", "",
                             cluster_.member(node).name() + " holds " + member.name() +
                                 " for down, which runs, and nothing has been disturbed for long"});
    }
  }
}

std::optional<std::string> DetectorMonitor::first_who_differs(std::uint32_t about,
                                                              PeerState wanted) const {
  const SimMember& subject = cluster_.member(about);
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const Node* const judge = cluster_.member(node).node();
    if (node == about || judge == nullptr) continue;
    if (!are_members(cluster_.member(node), subject)) continue;
    const PeerState found = judge->opinion_of(subject.id());
    if (found == wanted) continue;
    return cluster_.member(node).name() + " holds " + subject.name() + " for " +
           std::string(peer_state_name(found));
  }
  return std::nullopt;
}

}  // namespace starling::sim

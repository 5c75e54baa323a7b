#pragma once

// MemberStanding: how a member stands in the eyes of this node, in one word for `cluster status`,
// and in a sentence with what to do where something is wrong. It decides nothing.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "message/peer_state.h"
#include "ring/configuration.h"
#include "ring/member.h"

namespace starling {

enum class MemberStage : std::uint8_t {
  Joining,  // it comes into rows, and serves none yet
  Serving,
  Leaving,  // it gets no slots any more
};

// By the configuration that this node has adopted; nullptr: none yet.
[[nodiscard]] MemberStage member_stage_of(const Configuration* adopted, NodeId member);

struct MemberStanding {
  PeerState opinion = PeerState::Up;
  Duration lasting{};  // of the opinion
  bool connected = true;
  bool counting = true;  // its store is confirmed
  MemberStage stage = MemberStage::Serving;
};

// "up", "suspect" or "down"; of one that is up also "joining" or "leaving".
[[nodiscard]] std::string_view word_of(const MemberStanding& standing);
// Nothing where nothing is wrong.
[[nodiscard]] std::optional<std::string> complaint_about(const RingMember& member,
                                                         const MemberStanding& standing);

}  // namespace starling

#pragma once

// What a failure detector believes, and what it wants done.

#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {

struct Opinion {
  PeerState state = PeerState::Suspect;
  Instant since{};  // of the state
  SwimIncarnation incarnation;
};

// May be lost, doubled or overtaken.
struct SendSwim {
  NodeId to;
  SwimMessage message;
};
// For the log, for people, and for the order in which a coordinator asks. It changes no ownership.
struct OpinionChanged {
  NodeId member;
  PeerState before = PeerState::Suspect;
  Opinion after;
};

using SwimAction = std::variant<SendSwim, OpinionChanged>;
using SwimActions = std::vector<SwimAction>;

}  // namespace starling

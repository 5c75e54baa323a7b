#pragma once

// PeerState: what one node believes of another. An opinion: nodes may differ in it, and it never
// changes who owns what.

#include <cstdint>
#include <string_view>

namespace starling {

enum class PeerState : std::uint8_t {
  Up = 0,
  Suspect = 1,  // it did not answer lately, to this node or to others
  Down = 2,     // it did not contradict in time
};

// As people read it.
[[nodiscard]] constexpr std::string_view peer_state_name(PeerState state) {
  switch (state) {
    case PeerState::Up:
      return "up";
    case PeerState::Suspect:
      return "suspect";
    case PeerState::Down:
      return "down";
  }
  return "down";
}

}  // namespace starling

#pragma once

// What failure detectors say to each other (membership/failure_detector.h). The words are those of
// SWIM (Das, Gupta, Motivala 2002) and Lifeguard (Dadgar, Phillips, Currey 2018). As in
// peer_messages.h, nothing in here may be trusted.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "message/peer_state.h"

namespace starling {

// SWIM's incarnation number, which only its member raises: by starting, and by refuting. Not the
// Incarnation under which a store mints: that one is random and has no order.
struct SwimIncarnation {
  std::uint64_t start = 0;        // the number of the store's start; from 1, 0 for "never heard"
  std::uint32_t refutations = 0;  // accusations that it contradicted since
  friend auto operator<=>(const SwimIncarnation&, const SwimIncarnation&) = default;
};

// What is said of a member, by whomever.
struct Rumour {
  NodeId subject;
  PeerState state = PeerState::Up;
  SwimIncarnation incarnation;
  NodeId accuser;  // of Suspect: whose probe failed; otherwise without a meaning
  friend bool operator==(const Rumour&, const Rumour&) = default;
};

// A message carries so many rumours, and one with more is refused. At 32 bytes each a message stays
// within 1 KiB, and a burst of them (a partition that ends) within one packet.
inline constexpr std::size_t kRumoursPerMessage = 24;

enum class SwimKind : std::uint8_t {
  Probe = 0,         // answered with an Ack at once
  ProbeRequest = 1,  // "probe `subject` for me": answered with its Ack, or with a Nack
  Ack = 2,           // of the sender itself, or of `subject` on whose behalf it is passed on
  Nack = 3,          // `subject` did not answer me either (Lifeguard, section IV.A)
};

struct SwimMessage {
  SwimKind kind = SwimKind::Probe;
  std::uint64_t number = 0;  // the probe's, chosen by whoever began it
  NodeId subject;            // whom the probe is about
  SwimIncarnation sender;    // the sender's own word about itself
  std::vector<Rumour> rumours;
  friend bool operator==(const SwimMessage&, const SwimMessage&) = default;
};

}  // namespace starling

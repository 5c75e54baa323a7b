#pragma once

// What failure detectors say to each other, and what a detector wants done. Plain structs: bytes
// are made of them elsewhere. The words are those of SWIM (Das, Gupta, Motivala 2002) and Lifeguard
// (Dadgar, Phillips, Currey 2018).

#include <compare>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/peer_table.h"

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

// A message carries so many rumours; what is beyond is not read. At some 40 bytes each a message
// stays within 1 KiB, and a burst of them (a partition that ends) within one packet.
inline constexpr std::size_t kRumoursPerMessage = 24;

enum class SwimKind : std::uint8_t {
  Probe,         // answered with an Ack at once
  ProbeRequest,  // "probe `subject` for me": answered with its Ack, or with a Nack
  Ack,           // of the sender itself, or of `subject` on whose behalf it is passed on
  Nack,          // `subject` did not answer me either (Lifeguard, section IV.A)
};

struct SwimMessage {
  SwimKind kind = SwimKind::Probe;
  std::uint64_t number = 0;  // the probe's, chosen by whoever began it
  NodeId subject;            // whom the probe is about
  SwimIncarnation sender;    // the sender's own word about itself
  std::vector<Rumour> rumours;
};

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

#pragma once

// What the machines of the epoch chain want done. Persist means: make durable, synced, and tell the
// machine by its number; until then it holds back what depends on it. An action may be dropped with
// the process at any moment, as a crash does; a Send also without one.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"

namespace starling {

// What one voter must never forget of one instance. An instance that is over is replaced by the
// next.
struct VoteRecord {
  Epoch epoch;
  Ballot promised;
  std::optional<AcceptedValue> accepted;
  friend bool operator==(const VoteRecord&, const VoteRecord&) = default;
};

struct PersistVote {
  std::uint64_t number = 0;
  VoteRecord vote;
};
struct PersistConfiguration {
  std::uint64_t number = 0;
  std::string configuration;
};
// Also to this node itself: it is looped back like any other.
struct SendChain {
  NodeId to;
  ChainMessage message;
};
struct ArmChainTimer {
  Instant at;
};
// Durable, and in force from here on.
struct AdoptConfiguration {
  Configuration configuration;
};
enum class ProposalOutcome : std::uint8_t {
  Decided,     // this very configuration
  Superseded,  // another one for that epoch, or a later epoch
};
struct ProposalEnded {
  ProposalOutcome outcome = ProposalOutcome::Superseded;
};
// For the log and an operator's eyes. Two configurations of one epoch can not be mended by code.
struct ChainAlarm {
  std::string what;
};

using ChainAction = std::variant<PersistVote, PersistConfiguration, SendChain, ArmChainTimer,
                                 AdoptConfiguration, ProposalEnded, ChainAlarm>;
using ChainActions = std::vector<ChainAction>;

}  // namespace starling

#pragma once

// EpochMonitor: what must hold of the agreed configurations at every moment:
//   - at most one configuration is decided for an epoch (decided-twice);
//   - a node adopts one only when its disk holds it (adopted-before-durable);
//   - it never goes back to an earlier one, not over restarts either (adoption-undone);
//   - what a proposal says of it, that it works by an epoch, is so (false-adoption).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "ring/configuration.h"
#include "ring/succession.h"
#include "sim/mark_board.h"
#include "sim/member_view.h"
#include "sim/violation.h"

namespace starling::sim {

class EpochMonitor {
 public:
  EpochMonitor(const MemberView& cluster, MarkBoard& marks) : cluster_(cluster), marks_(marks) {}

  // A node works by it from now on, or a process that began just now does.
  void on_adopted(std::uint32_t node, const Configuration& configuration);
  void on_peer_send(std::uint32_t from, const PeerMessage& message);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  void on_decided(std::uint32_t node, const Configuration& configuration);
  void mark_steps(const Configuration& configuration);
  void check_evidence(std::uint32_t from, const ProposalEvidence& evidence);
  void accuse(const char* checker, std::string text);

  const MemberView& cluster_;
  MarkBoard& marks_;

  std::map<Epoch, Hash128> decided_;
  std::map<Epoch, Configuration> configurations_;  // those that were adopted
  std::map<std::uint32_t, Epoch> adopted_;         // by node, over all its starts
  std::vector<Violation> violations_;
};

}  // namespace starling::sim

#pragma once

// RepairMonitor: what must hold of repairs that somebody ordered: a pair of replicas counts as
// compared only where the other one has said something of its tree since the order came
// (compared-unasked). What passes within one node is not seen, and need not be: whoever is asked
// by a client passes the order on in the same moment.

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "sim/member_view.h"
#include "sim/violation.h"

namespace starling::sim {

class RepairMonitor {
 public:
  explicit RepairMonitor(const MemberView& cluster) : cluster_(cluster) {}

  void on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message);
  void on_peer_message(std::uint32_t node, std::uint32_t from, const PeerMessage& message);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  using Pair = std::pair<PartitionId, std::uint32_t>;  // and the other replica's node
  using Runs = std::map<Hash128, std::set<Pair>>;      // and which pairs were answered in it

  void check(std::uint32_t from, std::uint32_t to, const OrderedRepairReply& reply);

  const MemberView& cluster_;
  std::map<std::uint32_t, Runs> runs_;  // of each node that heard of them
  std::map<std::pair<std::uint32_t, OperationId>, Pair> tree_reads_;  // by who reads
  std::map<std::pair<std::uint32_t, OperationId>, Hash128> orders_;   // by who passes them on
  std::vector<Violation> violations_;
};

}  // namespace starling::sim

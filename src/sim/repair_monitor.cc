#include "sim/repair_monitor.h"

#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "sim/member_view.h"

namespace starling::sim {

void RepairMonitor::on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message) {
  if (const auto* const read = std::get_if<TreeRead>(&message)) {
    tree_reads_[{from, read->envelope.operation}] = {read->envelope.partition, to};
  } else if (const auto* const ordered = std::get_if<OrderedRepair>(&message)) {
    orders_[{from, ordered->operation}] = ordered->order.run;
    runs_[from].try_emplace(ordered->order.run);
  } else if (const auto* const reply = std::get_if<OrderedRepairReply>(&message)) {
    check(from, to, *reply);
  }
}

void RepairMonitor::on_peer_message(std::uint32_t node, std::uint32_t from,
                                    const PeerMessage& message) {
  if (const auto* const ordered = std::get_if<OrderedRepair>(&message)) {
    runs_[node].try_emplace(ordered->order.run);
  } else if (const auto* const reply = std::get_if<TreeReadReply>(&message)) {
    const auto read = tree_reads_.find({node, reply->operation});
    if (read == tree_reads_.end() || read->second.second != from) return;
    for (auto& [run, answered] : runs_[node]) answered.insert(read->second);
  }
}

void RepairMonitor::check(std::uint32_t from, std::uint32_t to, const OrderedRepairReply& reply) {
  const auto order = orders_.find({to, reply.operation});
  if (order == orders_.end()) return;
  const std::set<Pair>& answered = runs_[from][order->second];
  if (reply.progress.compared <= answered.size()) return;
  violations_.push_back({"compared-unasked", "",
                         cluster_.member(from).name() + " says that it has compared " +
                             std::to_string(reply.progress.compared) +
                             " pairs, but since the order came only " +
                             std::to_string(answered.size()) + " others answered"});
}

}  // namespace starling::sim

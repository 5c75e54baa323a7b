#pragma once

// MemberOrders: the operator of the simulated cluster who lets members leave, or gives them up, by
// the same requests as the tool: stages the change at one node, looks at the plan at another,
// commits that plan at a third, and begins again where it is stale. Now and then it is taken back.

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "sim/client_wire.h"
#include "sim/event_queue.h"
#include "sim/sim_cluster.h"

namespace starling::sim {

class MemberOrders final : public ClientWire::Client {
 public:
  MemberOrders(EventQueue& events, SimCluster& cluster) : events_(events), cluster_(cluster) {}

  // `order`: Leave, Remove or Join. False: an earlier order is not over, or so few members stay
  // that none may go; nothing is done then.
  [[nodiscard]] bool begin(const ChangeOrder& order, std::uint32_t node, const Random& random);
  void stop() { over(); }
  [[nodiscard]] bool is_under_way() const { return under_way_; }

  void on_reply(std::uint64_t request, const ClientReply& reply) override;
  void on_hung_up(std::uint64_t connection) override;

 private:
  void ask(ChangeVerb verb);
  void go_on(const ClusterChangeReply& report);
  void go_on(const Status& refusal);
  // At any node, after a while; gives up after some attempts.
  void ask_again(ChangeVerb verb);
  void over();

  EventQueue& events_;
  SimCluster& cluster_;
  Random random_{0};
  ChangeOrder order_;       // what it is all about
  ChangeVerb asked_{};      // of the last request
  std::uint64_t plan_ = 0;  // that was shown
  std::uint32_t node_ = 0;  // to be asked next
  std::uint32_t attempts_ = 0;
  bool under_way_ = false;
  std::uint64_t connection_ = 0;
  // Of the last request; those of clients and of SimOperator have lower numbers.
  std::uint64_t request_ = std::uint64_t{1} << 41U;
};

}  // namespace starling::sim

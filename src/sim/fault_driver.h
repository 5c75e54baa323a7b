#pragma once

// FaultDriver: makes the faults of a plan happen at their times, and heals everything at the end of
// the safety phase.

#include <cstdint>
#include <optional>
#include <set>

#include "base/random.h"
#include "base/time.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/member_orders.h"
#include "sim/sim_cluster.h"
#include "sim/sim_member.h"
#include "sim/trace.h"

namespace starling::sim {

class FaultDriver {
 public:
  FaultDriver(const FaultPlan& plan, EventQueue& events, SimCluster& cluster, Trace& trace);

  // Posts all faults.
  void begin();
  // Nothing breaks from now on, and whatever lies down gets up.
  void heal();
  [[nodiscard]] std::uint64_t injected() const { return injected_; }

 private:
  void inject(const Fault& fault);
  void stop_for(std::uint32_t node, SimMember::Power power, Duration lasting);
  void lose_power(const Fault& fault);
  void stop_all(const Fault& fault);
  void lose_disk(const Fault& fault);
  struct RollBackEnd {
    std::uint32_t node = 0;
    std::uint64_t starts_unseen = 0;
    SimMember::Power power = SimMember::Power::Stays;
  };
  void begin_roll_back(const Fault& fault);
  void end_roll_back(const RollBackEnd& end, const SimMember::Image& image);
  void damage_reads(const Fault& fault);
  void fill_disk(const Fault& fault);
  void slow_disk(const Fault& fault);
  void jump_clock(const Fault& fault);
  void cut_for(std::uint32_t from, std::uint32_t to, Duration lasting);
  void split(const Fault& fault);
  void change_configuration(const Fault& fault);
  void destroy_disk(const Fault& fault);
  void let_join(const Fault& fault);
  void let_leave(const Fault& fault);
  void remove(const Fault& fault);

  const FaultPlan& plan_;
  EventQueue& events_;
  SimCluster& cluster_;
  Trace& trace_;
  MemberOrders orders_;
  std::uint64_t injected_ = 0;
  bool healed_ = false;
  std::set<std::uint32_t> rotten_;  // the nodes some of whose records rotted
};

}  // namespace starling::sim

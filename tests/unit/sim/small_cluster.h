#pragma once

// SmallCluster: three simulated nodes in calm weather, for tests of the parts around them.

#include <chrono>
#include <cstdint>

#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/history.h"
#include "sim/mark_board.h"
#include "sim/monitors.h"
#include "sim/sim_client.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"
#include "sim/witness.h"

namespace starling::sim {

inline FaultPlan small_plan() {
  FaultPlan plan;
  plan.shape.durability = {DurabilityMode::Sync, DurabilityMode::Sync, DurabilityMode::Sync};
  plan.shape.record_cache_bytes = 100'000;
  plan.shape.engines.assign(plan.shape.nodes, SimEngine::Map);
  plan.shape.clocks.resize(plan.shape.nodes);
  plan.network.latency_fastest = std::chrono::milliseconds(1);
  plan.network.latency_slowest = std::chrono::milliseconds(2);
  plan.commit_fastest = std::chrono::milliseconds(1);
  plan.commit_slowest = std::chrono::milliseconds(2);
  plan.safety = std::chrono::seconds(10);
  plan.workload.keys = 2;
  plan.workload.think_longest = std::chrono::milliseconds(100);
  plan.workload.deadline_shortest = std::chrono::seconds(2);
  plan.workload.deadline_longest = std::chrono::seconds(2);
  return plan;
}

inline History history_of(const FaultPlan& plan) {
  History history;
  history.replicas = plan.shape.replicas_in_force();
  for (std::uint32_t key = 0; key < plan.workload.keys; ++key) {
    history.keys.push_back({{"simulated", "k" + std::to_string(key)}, {}});
  }
  return history;
}

struct SmallCluster {
  explicit SmallCluster(const FaultPlan& drawn = small_plan()) : plan(drawn) {
    cluster.watch_with(monitors);
    for (std::uint32_t node = 0; node < 3; ++node) cluster.start(node);
    wait(std::chrono::seconds(2));
  }
  void wait(Duration time) { events.run_until(events.now() + time); }

  FaultPlan plan;
  EventQueue events;
  Trace trace{Recording::HashOnly};
  MarkBoard marks;
  History history = history_of(plan);
  SimCluster cluster{plan, PlantedBug::None, {events, trace, marks}, Random(11)};
  Witness witness{history};
  Monitors monitors{cluster, history, witness, marks, {}};
  ClientWorld world{plan.workload,
                    events,
                    cluster,
                    history,
                    trace,
                    marks,
                    ContextCodec(context_key(cluster.config())),
                    {},
                    false};
};

}  // namespace starling::sim

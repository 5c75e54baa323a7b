#include "sim/fault_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "base/time.h"
#include "node/node_options.h"
#include "sim/scenario.h"
#include "sim/sim_clock.h"

namespace starling::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, kFaultKinds> kFaultKindNames{"kill",
                                                                    "power-loss",
                                                                    "power-loss-all",
                                                                    "lose-disk",
                                                                    "roll-back",
                                                                    "disk-error",
                                                                    "slow-disk",
                                                                    "damage",
                                                                    "jump-clock",
                                                                    "jump-wall",
                                                                    "pause",
                                                                    "cut-one-way",
                                                                    "cut-two-way",
                                                                    "isolate",
                                                                    "split",
                                                                    "reset",
                                                                    "change-configuration",
                                                                    "disk-full",
                                                                    "rot-records",
                                                                    "set-aims",
                                                                    "leave-member",
                                                                    "remove-member",
                                                                    "join-member"};

// Before this all founders have met and their stores count; a fault earlier than that would only
// test the same start again and again.
constexpr Duration kQuietStart = seconds(3);
// Often enough to meet faults and clients, and at times so rarely that reads come first.
constexpr Duration kRepairCycleLeast = seconds(1);
constexpr Duration kRepairCycleMost = seconds(30);
// Replays must stay younger than the memory by which a receiver knows a request it has had
// (kTimeoutMax, less what a clock may jump): beyond it a second mint is a second write, by design.
constexpr Duration kJumpForwardMax = seconds(20);
// A hundred times worse than quartz: what a badly virtualised machine does.
constexpr std::int64_t kDriftPpmMax = 10'000;
constexpr Duration kWallErrorMax = seconds(10);

template <typename T, std::size_t size>
T pick(Random& random, const std::array<T, size>& choices) {
  return choices.at(random.below(size));
}

bool half(Random& random) {
  return random.below(2) == 0;
}

ClusterShape draw_shape(Random random) {
  ClusterShape shape;
  shape.nodes = static_cast<std::uint32_t>(random.between(3, half(random) ? 5 : 9));
  shape.zones = random.below(4) == 0 ? static_cast<std::uint32_t>(random.between(2, 3)) : 1;
  shape.partitions = pick(random, std::array<std::uint32_t, 3>{4, 8, 16});
  // Mostly 3, which is what people run.
  shape.replicas = pick(random, std::array<std::uint32_t, 8>{1, 2, 3, 3, 3, 3, 4, 5});
  shape.record_cache_bytes = pick(random, std::array<std::size_t, 3>{1, 2000, 1U << 20U});
  const bool all_sync = random.below(4) != 0;
  for (std::uint32_t i = 0; i < shape.nodes; ++i) {
    const std::array<DurabilityMode, 3> modes{DurabilityMode::Sync, DurabilityMode::Interval,
                                              DurabilityMode::None};
    shape.durability.push_back(all_sync ? DurabilityMode::Sync : pick(random, modes));
  }
  return shape;
}

// One run in six meets the real LevelDB: on all nodes, or on some beside the map, so that a
// difference between the two shows as well. It takes several times the time of the map.
std::vector<SimEngine> draw_engines(std::uint32_t nodes, Random random) {
  std::vector<SimEngine> engines(nodes, SimEngine::Map);
  if (random.below(6) != 0) return engines;
  const bool all = half(random);
  for (SimEngine& engine : engines) {
    if (all || half(random)) engine = SimEngine::LevelDb;
  }
  // Whoever counts runs on LevelDB counts this one.
  engines.front() = SimEngine::LevelDb;
  return engines;
}

// Each node's monotonic clock begins somewhere else, as after its own start of the machine; in half
// of the runs they also run at speeds of their own, and show dates of their own.
std::vector<ClockError> draw_clocks(std::uint32_t nodes, Random random) {
  std::vector<ClockError> clocks(nodes);
  const bool all_wrong = half(random);
  for (ClockError& clock : clocks) {
    clock.ahead = random.between(Duration(0), Duration(hours(1000)));
    const auto drift = static_cast<std::int64_t>(random.below(2 * kDriftPpmMax + 1));
    const Duration wall = random.between(Duration(0), 2 * kWallErrorMax);
    if (!all_wrong) continue;
    clock.drift_ppm = drift - kDriftPpmMax;
    clock.wall = wall - kWallErrorMax;
  }
  return clocks;
}

NetworkWeather draw_network(Random random, bool rough) {
  NetworkWeather weather;
  weather.latency_fastest = microseconds(random.between(50, 500));
  weather.latency_slowest = weather.latency_fastest + microseconds(random.between(100, 5000));
  if (half(random)) weather.spike_ppm = static_cast<std::uint32_t>(random.between(500, 20'000));
  weather.spike_max = milliseconds(random.between(10, 3000));
  if (!rough) return weather;
  Random crowd = random.fork("crowd");
  if (half(crowd)) weather.crowded_messages = static_cast<std::uint32_t>(crowd.between(1, 20));
  if (half(random)) weather.loss_ppm = static_cast<std::uint32_t>(random.between(500, 50'000));
  if (half(random)) weather.duplicate_ppm = static_cast<std::uint32_t>(random.between(500, 50'000));
  if (half(random)) weather.reorder_ppm = static_cast<std::uint32_t>(random.between(500, 100'000));
  if (half(random)) weather.replay_ppm = static_cast<std::uint32_t>(random.between(500, 30'000));
  weather.replay_max = seconds(random.between(1, 180));
  return weather;
}

// In most runs no bound is met: what is refused can not go wrong in another way. In the others each
// is tiny or not, for one that is always met hides what lies behind it.
NodeBounds draw_bounds(Random random) {
  NodeBounds bounds;
  const bool tight = random.below(4) == 0;
  const auto tiny = [&](auto& bound, std::uint64_t least, std::uint64_t most) {
    const bool chosen = half(random);
    const std::uint64_t drawn = random.between(least, most);
    if (tight && chosen) bound = static_cast<std::remove_reference_t<decltype(bound)>>(drawn);
  };
  tiny(bounds.operations_max, 2, 12);
  tiny(bounds.operation_bytes_max, 1, 4000);
  tiny(bounds.draining_bytes_max, 1, 2000);
  tiny(bounds.waiting_reply_bytes_max, 1, 2000);
  tiny(bounds.commit_queue_bytes_max, 200, 10'000);
  tiny(bounds.listings_max, 1, 2);
  tiny(bounds.siblings_max, 2, 4);
  return bounds;
}

// Large enough for a hint or two, where they are tiny.
void draw_hint_bounds(NodeBounds& bounds, Random random) {
  if (random.below(4) != 0) return;
  if (half(random)) bounds.hint_bytes_max = random.between(300, 4000);
  if (half(random)) bounds.hints_max = random.between(1, 6);
}

// Pages of a few records, for a run has few; and moves that are given up within it.
void draw_fill_bounds(NodeBounds& bounds, Random random) {
  bounds.fill_tokens_max = static_cast<std::uint32_t>(random.between(1, 3));
  bounds.fill_sinks_max = random.between(1, 2);
  if (half(random))
    bounds.move_patience = random.between(Duration(seconds(1)), Duration(seconds(10)));
}

WorkloadPlan draw_workload(Random random) {
  WorkloadPlan plan;
  plan.clients = static_cast<std::uint32_t>(random.between(2, 6));
  plan.outstanding = static_cast<std::uint32_t>(random.between(1, 3));
  plan.keys = static_cast<std::uint32_t>(random.between(1, half(random) ? 4 : 16));
  plan.value_bytes_max = pick(random, std::array<std::uint32_t, 3>{60, 200, 2000});
  plan.think_shortest = milliseconds(random.between(1, 20));
  plan.think_longest = plan.think_shortest + milliseconds(random.between(20, 1000));
  plan.deadline_shortest = milliseconds(random.between(20, 1000));
  plan.deadline_longest = plan.deadline_shortest + milliseconds(random.between(10, 6000));
  plan.blind_put = static_cast<std::uint32_t>(random.between(0, 3));
  plan.informed_put = static_cast<std::uint32_t>(random.between(1, 5));
  plan.remove = static_cast<std::uint32_t>(random.below(3));
  plan.get = static_cast<std::uint32_t>(random.between(2, 5));
  plan.session_get = static_cast<std::uint32_t>(random.below(3));
  plan.list_keys = static_cast<std::uint32_t>(random.below(3) == 0 ? 1 : 0);
  plan.quorum_percent = static_cast<std::uint32_t>(random.between(30, 100));
  if (half(random)) plan.hang_up_ppm = static_cast<std::uint32_t>(random.below(20'000));
  return plan;
}

bool needs_one_copy_to_spare(FaultKind kind) {
  return kind == FaultKind::LoseDisk || kind == FaultKind::RollBack ||
         kind == FaultKind::RotRecords || kind == FaultKind::RemoveMember;
}

// How many faults of one kind a run has when it has any. What interrupts requests comes often.
std::uint64_t draw_count(FaultKind kind, Random& random) {
  using enum FaultKind;
  switch (kind) {
    case LoseDisk:
    case RollBack:
    case RotRecords:
    case RemoveMember:
      return 1;
    case PowerLossAll:
    case DiskError:
    case LeaveMember:
    case JoinMember:
      return random.between(1, 2);
    case ChangeConfiguration:
      return random.between(3, 40);
    case SetAims:
      return random.between(1, 10);
    case Kill:
    case PowerLoss:
    case DamageReads:
      return random.between(1, 8);
    default:
      return random.between(1, 6);
  }
}

Duration draw_lasting(FaultKind kind, Random& random) {
  using enum FaultKind;
  switch (kind) {
    case JumpClock:
      return random.between(Duration(milliseconds(1)), kJumpForwardMax);
    case RollBack:
      // Long enough for the start in between to count, and to acknowledge something.
      return random.between(Duration(seconds(1)), Duration(seconds(12)));
    default:
      return random.below(3) == 0 ? random.between(Duration(seconds(1)), Duration(seconds(15)))
                                  : random.between(Duration(milliseconds(5)), Duration(seconds(2)));
  }
}

Fault draw_fault(FaultKind kind, const FaultPlan& plan, Random& random) {
  Fault fault;
  fault.kind = kind;
  fault.at = random.between(kQuietStart, std::max(kQuietStart, plan.safety));
  fault.node = static_cast<std::uint32_t>(random.below(plan.shape.nodes));
  const auto step = static_cast<std::uint32_t>(random.between(1, plan.shape.nodes - 1));
  fault.other = (fault.node + step) % plan.shape.nodes;
  fault.lasting = draw_lasting(kind, random);
  fault.detail = random.next();
  return fault;
}

void draw_faults(FaultPlan& plan, const Scenario& scenario, const Random& seed) {
  Random selection = seed.fork("selection");
  // One disk at most is destroyed, in one way.
  Random way = seed.fork("way to destroy a disk");
  const FaultKind destroying = pick(
      way,
      std::array<FaultKind, 3>{FaultKind::LoseDisk, FaultKind::RollBack, FaultKind::RotRecords});
  for (std::uint32_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    // Drawn whether it is used or not, so that scenarios differ in nothing else.
    const bool chosen = half(selection);
    if (!scenario.offers(kind) || (!scenario.always && !chosen)) continue;
    const bool destroys = needs_one_copy_to_spare(kind);
    // Who is removed takes a copy along; it comes last, where no disk was destroyed.
    const bool is_way =
        kind == FaultKind::RemoveMember ? !plan.destroys_a_disk() : kind == destroying;
    if (destroys && (!is_way || plan.shape.replicas_in_force() < 3)) continue;
    Random random = seed.fork("faults", number);
    const std::uint64_t count = draw_count(kind, random);
    for (std::uint64_t i = 0; i < count; ++i) {
      plan.faults.push_back(draw_fault(kind, plan, random));
    }
  }
  std::stable_sort(plan.faults.begin(), plan.faults.end(),
                   [](const Fault& left, const Fault& right) { return left.at < right.at; });
}

// One for each that is to join, like the founders in all that is drawn for a node. Each may be
// killed, before it is joined or behind it.
void draw_spares(FaultPlan& plan, Random random) {
  for (Fault& fault : plan.faults) {
    if (fault.kind != FaultKind::JoinMember) continue;
    fault.other = plan.shape.nodes + plan.shape.spares++;
    plan.shape.durability.push_back(plan.shape.durability.front());
    plan.shape.engines.push_back(plan.shape.engines.front());
    plan.shape.clocks.push_back({.ahead = random.between(Duration(0), Duration(hours(1000)))});
  }
  const std::uint32_t founders = plan.shape.nodes;
  for (std::uint32_t spare = founders; spare < plan.shape.all_nodes(); ++spare) {
    if (half(random)) continue;
    plan.faults.push_back(
        {.at = random.between(kQuietStart, plan.safety),
         .kind = FaultKind::Kill,
         .node = spare,
         .other = 0,
         .lasting = random.between(Duration(milliseconds(5)), Duration(seconds(5))),
         .detail = random.next()});
  }
  std::stable_sort(plan.faults.begin(), plan.faults.end(),
                   [](const Fault& left, const Fault& right) { return left.at < right.at; });
}

std::string milliseconds_of(Duration duration) {
  return std::to_string(duration_cast<milliseconds>(duration).count()) + "ms";
}

}  // namespace

std::string_view fault_kind_name(FaultKind kind) {
  return kFaultKindNames.at(static_cast<std::size_t>(kind));
}

std::string_view engine_name(SimEngine engine) {
  return engine == SimEngine::Map ? "map" : "leveldb";
}

std::uint32_t ClusterShape::nodes_on_leveldb() const {
  return static_cast<std::uint32_t>(std::count(engines.begin(), engines.end(), SimEngine::LevelDb));
}

std::int64_t ClusterShape::drift_ppm_max() const {
  std::int64_t most = 0;
  for (const ClockError& clock : clocks) most = std::max(most, std::abs(clock.drift_ppm));
  return most;
}

bool FaultPlan::may_lose_acknowledged() const {
  const bool all_sync = std::all_of(shape.durability.begin(), shape.durability.end(),
                                    [](DurabilityMode m) { return m == DurabilityMode::Sync; });
  if (all_sync) return false;
  // A failed sync under LevelDB may drop what was only written before.
  const bool errors_cost = shape.nodes_on_leveldb() > 0;
  return std::any_of(faults.begin(), faults.end(), [errors_cost](const Fault& fault) {
    return fault.kind == FaultKind::PowerLoss || fault.kind == FaultKind::PowerLossAll ||
           (errors_cost && fault.kind == FaultKind::DiskError);
  });
}

bool FaultPlan::destroys_a_disk() const {
  return std::any_of(faults.begin(), faults.end(),
                     [](const Fault& fault) { return needs_one_copy_to_spare(fault.kind); });
}

bool FaultPlan::rots_records() const {
  return std::any_of(faults.begin(), faults.end(),
                     [](const Fault& fault) { return fault.kind == FaultKind::RotRecords; });
}

std::string FaultPlan::describe() const {
  std::string modes;
  for (const DurabilityMode mode : shape.durability) {
    modes += mode == DurabilityMode::Sync ? 's' : mode == DurabilityMode::Interval ? 'i' : 'n';
  }
  std::string text = "nodes=" + std::to_string(shape.nodes) + "+" + std::to_string(shape.spares) +
                     " zones=" + std::to_string(shape.zones) +
                     " partitions=" + std::to_string(shape.partitions) +
                     " replicas=" + std::to_string(shape.replicas) + " durability=" + modes +
                     " leveldb=" + std::to_string(shape.nodes_on_leveldb()) +
                     " drift=" + std::to_string(shape.drift_ppm_max()) +
                     "ppm cache=" + std::to_string(shape.record_cache_bytes);
  text += " clients=" + std::to_string(workload.clients) + "x" +
          std::to_string(workload.outstanding) + " keys=" + std::to_string(workload.keys) +
          " repair=" + milliseconds_of(repair_cycle) + " safety=" + milliseconds_of(safety);
  text += " spikes=" + std::to_string(network.spike_ppm) +
          "ppm loss=" + std::to_string(network.loss_ppm) +
          "ppm duplicates=" + std::to_string(network.duplicate_ppm) +
          "ppm reordered=" + std::to_string(network.reorder_ppm) +
          "ppm replays=" + std::to_string(network.replay_ppm) + "ppm";
  text += " crowd=" + std::to_string(network.crowded_messages) +
          " operations=" + std::to_string(bounds.operations_max) + "/" +
          std::to_string(bounds.operation_bytes_max) +
          "B draining=" + std::to_string(bounds.draining_bytes_max) +
          "B waiting=" + std::to_string(bounds.waiting_reply_bytes_max) +
          "B commits=" + std::to_string(bounds.commit_queue_bytes_max) +
          "B listings=" + std::to_string(bounds.listings_max) +
          " siblings=" + std::to_string(bounds.siblings_max) +
          " sloppy=" + std::to_string(workload.sloppy_percent) +
          "% hints=" + std::to_string(bounds.hints_max) + "/" +
          std::to_string(bounds.hint_bytes_max) +
          "B page=" + std::to_string(bounds.fill_tokens_max) + "/" +
          std::to_string(bounds.fill_sinks_max) + " moves=" + milliseconds_of(bounds.move_patience);
  for (std::uint32_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    const auto count = std::count_if(faults.begin(), faults.end(),
                                     [kind](const Fault& fault) { return fault.kind == kind; });
    if (count == 0) continue;
    text += " " + std::string(fault_kind_name(kind)) + "=" + std::to_string(count);
  }
  return text;
}

FaultPlan draw_plan(std::uint64_t seed, std::string_view scenario,
                    std::optional<SimEngine> engine) {
  const Scenario* const chosen = scenario_of(scenario);
  STARLING_CHECK(chosen != nullptr);
  const Random root(seed);
  FaultPlan plan;
  plan.shape = draw_shape(root.fork("shape"));
  plan.shape.engines = draw_engines(plan.shape.nodes, root.fork("engines"));
  plan.shape.clocks = draw_clocks(plan.shape.nodes, root.fork("clocks"));
  if (!chosen->offers(FaultKind::JumpClock)) plan.shape.clocks.assign(plan.shape.nodes, {});
  if (engine.has_value()) plan.shape.engines.assign(plan.shape.nodes, *engine);
  if (chosen->rough_network) plan.bounds = draw_bounds(root.fork("bounds"));
  plan.network = draw_network(root.fork("network"), chosen->rough_network);
  plan.workload = draw_workload(root.fork("workload"));
  Random hints = root.fork("hints");
  if (half(hints)) plan.workload.sloppy_percent = static_cast<std::uint32_t>(hints.between(5, 100));
  draw_hint_bounds(plan.bounds, hints.fork("bounds"));
  draw_fill_bounds(plan.bounds, root.fork("fills"));
  Random timing = root.fork("timing");
  plan.safety = timing.between(Duration(seconds(10)), Duration(seconds(40)));
  plan.commit_fastest = microseconds(timing.between(50, 500));
  plan.commit_slowest = plan.commit_fastest + microseconds(timing.between(100, 20'000));
  plan.repair_cycle = root.fork("repair").between(kRepairCycleLeast, kRepairCycleMost);
  draw_faults(plan, *chosen, root);
  draw_spares(plan, root.fork("spares"));
  return plan;
}

}  // namespace starling::sim

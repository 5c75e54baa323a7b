#pragma once

// FaultPlan: everything that one seed decides before the run begins: the cluster's shape, what the
// clients do, how the network and the disks behave, and an explicit list of faults with times.
// Which kinds of fault exist at all is drawn first, then their rates (swarm testing: leaving
// features out finds other bugs than everything at once). Times are counted from the start of the
// run.
//
// The plan is an atlas as well: it never destroys more than the cluster promises to survive.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "node/node_options.h"
#include "sim/sim_clock.h"

namespace starling::sim {

// What the nodes' stores are made of.
enum class SimEngine : std::uint8_t {
  Map,      // quick
  LevelDb,  // the real one, on simulated files
};
[[nodiscard]] std::string_view engine_name(SimEngine engine);

struct ClusterShape {
  std::uint32_t nodes = 3;   // founders
  std::uint32_t spares = 0;  // behind them: nodes that wait to be joined
  std::uint32_t zones = 1;
  std::uint32_t partitions = 8;
  std::uint32_t replicas = 3;              // N in force: min(replicas, nodes)
  std::vector<DurabilityMode> durability;  // one a node
  std::vector<SimEngine> engines;          // one a node
  std::vector<ClockError> clocks;          // one a node
  std::size_t record_cache_bytes = 0;      // small ones make reads meet the disk

  [[nodiscard]] std::uint32_t all_nodes() const { return nodes + spares; }
  [[nodiscard]] std::uint32_t replicas_in_force() const {
    return replicas < nodes ? replicas : nodes;
  }
  [[nodiscard]] std::uint32_t nodes_on_leveldb() const;
  [[nodiscard]] std::int64_t drift_ppm_max() const;
};

struct NetworkWeather {
  Duration latency_fastest{};
  Duration latency_slowest{};
  // Parts per million of the messages.
  std::uint32_t spike_ppm = 0;  // delayed by up to `spike_max`
  Duration spike_max{};
  std::uint32_t loss_ppm = 0;
  std::uint32_t duplicate_ppm = 0;
  std::uint32_t reorder_ppm = 0;  // overtaken by later ones
  std::uint32_t replay_ppm = 0;   // delivered once more, up to `replay_max` later
  Duration replay_max{};
  // Messages that may wait for one node before it counts as crowded: real ones count bytes.
  std::uint32_t crowded_messages = 2048;
};

struct WorkloadPlan {
  std::uint32_t clients = 3;
  std::uint32_t outstanding = 1;  // requests of one client under way at most
  std::uint32_t keys = 5;
  std::uint32_t value_bytes_max = 100;
  Duration think_shortest{};
  Duration think_longest{};
  Duration deadline_shortest{};
  Duration deadline_longest{};
  // Weights of what a client does next.
  std::uint32_t blind_put = 1;
  std::uint32_t informed_put = 1;  // with the context of its last get or put
  std::uint32_t remove = 0;
  std::uint32_t get = 1;
  std::uint32_t session_get = 0;
  std::uint32_t list_keys = 0;
  // How many of a hundred requests are at quorum; the rest is at mixed levels.
  std::uint32_t quorum_percent = 60;
  std::uint32_t sloppy_percent = 0;  // of the writes
  std::uint32_t hang_up_ppm = 0;     // the client drops its connection behind a request
};

enum class FaultKind : std::uint8_t {
  Kill,          // the process dies; what was written stays
  PowerLoss,     // the machine dies; only what was synced must stay
  PowerLossAll,  // every machine at once
  LoseDisk,      // dies, and comes back with an empty disk
  RollBack,      // restarts now; at the end restarts once more with today's disk
  DiskError,     // commits fail, and the node must step aside
  SlowDisk,
  DamageReads,  // some entries can not be read, or not correctly, for a while
  JumpClock,    // the monotonic clock leaps forward
  JumpWall,     // the date is wrong, either way
  Pause,        // stops for a while with all connections open
  CutOneWay,    // node -> other carries nothing
  CutTwoWay,
  Isolate,              // the node can reach nobody
  Split,                // the nodes fall into two halves
  Reset,                // the connection breaks, the tail of what was sent is lost
  ChangeConfiguration,  // the node proposes a next configuration, perhaps the other one as well
  DiskFull,             // little room, none, or none when the next commit comes; for a while
  RotRecords,    // bytes of stored records change, and stay so until somebody writes them anew
  SetAims,       // the node proposes other weights, and so other owners of rows
  LeaveMember,   // an operator lets `other` leave, and asks the node first
  RemoveMember,  // `other` dies, and an operator gives it up
  JoinMember,    // an operator has a spare node join
};
inline constexpr std::uint32_t kFaultKinds = 23;
[[nodiscard]] std::string_view fault_kind_name(FaultKind kind);

struct Fault {
  Duration at{};
  FaultKind kind = FaultKind::Kill;
  std::uint32_t node = 0;
  std::uint32_t other = 0;  // for links
  Duration lasting{};
  std::uint64_t detail = 0;  // seeds whatever else the fault must choose
};

// Bounds of every node, tiny in some runs: what is refused at a bound must not have been applied,
// and must pass later.
struct NodeBounds {
  std::size_t operations_max = 16384;
  std::size_t operation_bytes_max = std::size_t{256} << 20U;
  std::size_t draining_bytes_max = std::size_t{32} << 20U;
  std::size_t waiting_reply_bytes_max = std::size_t{64} << 20U;
  std::uint64_t commit_queue_bytes_max = std::uint64_t{64} << 20U;
  std::size_t listings_max = 16;
  std::uint32_t siblings_max = 64;
  std::uint64_t hint_bytes_max = std::uint64_t{1} << 30U;
  std::size_t hints_max = 1'000'000;
  std::uint32_t fill_tokens_max = 128;
  std::size_t fill_sinks_max = 2;
  Duration move_patience = std::chrono::seconds(60);
};

struct FaultPlan {
  ClusterShape shape;
  NodeBounds bounds;
  NetworkWeather network;
  Duration commit_fastest{};
  Duration commit_slowest{};
  WorkloadPlan workload;
  // How often replicas compare what they hold, if nothing speaks for doing it sooner.
  Duration repair_cycle{};
  Duration safety{};          // how long clients and faults are at it
  std::vector<Fault> faults;  // by time

  // A machine loses power, or its disk what it could not sync, while some node does not sync each
  // write: what such a node acknowledged may then be gone, as documented, and the checkers must not
  // ask for it.
  [[nodiscard]] bool may_lose_acknowledged() const;
  // A disk was lost or rolled back: one copy of each of its writes is gone.
  [[nodiscard]] bool destroys_a_disk() const;
  // Records on a disk are lost, and come back from the other copies.
  [[nodiscard]] bool rots_records() const;
  // One line with every drawn option.
  [[nodiscard]] std::string describe() const;
};

// `engine`, where it is told, goes for all nodes instead of what the seed draws; nothing else
// changes. REQUIRES: is_scenario(scenario).
[[nodiscard]] FaultPlan draw_plan(std::uint64_t seed, std::string_view scenario,
                                  std::optional<SimEngine> engine = std::nullopt);

}  // namespace starling::sim

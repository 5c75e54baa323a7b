#pragma once

// RepairService: keeps this node's replicas equal to the others' without anybody reading: it runs
// the exchanges of the partitions that it owns with their other owners, by the age of their last
// agreement, within the background budget; and it sees to the trees that they compare. The machines
// are in repair/; here their actions become messages and reads of the store.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "node/cluster_view.h"
#include "node/latency_meter.h"
#include "node/outbox.h"
#include "repair/background_budget.h"
#include "repair/merkle_exchange.h"
#include "repair/ordered_run.h"
#include "repair/repair_schedule.h"
#include "replica/replica_store.h"

namespace starling {

// For one answer; its sender asks again after that.
inline constexpr Duration kRepairPatience = std::chrono::seconds(3);

// What all exchanges that ended so far came to; for people and metrics.
struct RepairTotals {
  std::uint64_t exchanges = 0;
  std::uint64_t agreed = 0;
  std::uint64_t keys_compared = 0;  // entries of lists: where nothing differs, none
  std::uint64_t keys_differing = 0;
  std::uint64_t records_merged = 0;  // here
  std::uint64_t records_pushed = 0;  // to others
  std::uint64_t bytes = 0;           // both ways, without frames
};

class RepairService {
 public:
  struct Neighbours {
    const ClusterView& cluster;
    const BootConfirmation& confirmation;
    ReplicaStore& store;
    LatencyMeter& read_latencies;
    Outbox& outbox;
    Log& log;
  };
  struct Options {
    RepairSchedule::Options schedule;
    BackgroundBudget::Options budget;
    // A node that has just started serves first.
    Duration first_rest = std::chrono::seconds(1);
    // Exchanges begun and not ended, most of which wait before their second look.
    std::size_t exchanges_max = 256;
    std::uint64_t first_operation = 0;  // ids count up from there, where no other process's did
    PlantedBug planted = PlantedBug::None;
  };

  RepairService(const Neighbours& neighbours, const Options& options, Instant now);

  // At each new ring, before anything is written under it.
  void look_at_ring(Instant now);
  // A peer is connected anew: it may have missed something, or this node.
  void on_peer_up(NodeId peer) { watch_.returned.insert(peer); }
  void on_tree_reply(NodeId from, const TreeReadReply& reply, Instant now);
  void on_key_list_reply(NodeId from, const KeyListReply& reply, Instant now);
  void on_records_reply(NodeId from, const RecordsReply& reply, Instant now);
  // Whether it answers a push of an exchange; else it is somebody else's.
  [[nodiscard]] bool on_write_reply(NodeId from, const ReplicaWriteReply& reply, Instant now);
  // Begins the run, unless it is known, and says how far it is.
  void on_ordered(NodeId from, const OrderedRepair& ordered, Instant now);
  // Of an ordered run that is not over.
  [[nodiscard]] std::optional<RepairProgress> ordered_progress() const;
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return wake_; }

  // What all background work of this node draws on.
  [[nodiscard]] BackgroundBudget& budget() { return budget_; }
  [[nodiscard]] const RepairSchedule& schedule() const { return schedule_; }
  [[nodiscard]] const RepairTotals& totals() const { return totals_; }
  void check_invariants() const;

 private:
  using Reply = std::variant<TreeReadReply, KeyListReply, RecordsReply>;
  struct Running {
    RepairSchedule::Pair pair;
    bool ordered = false;  // by the run: a dry one, if that is dry
    MerkleExchange exchange;
    std::optional<Instant> timer;
    std::optional<Reply> held;  // until the budget allows the next step
    std::uint64_t merged = 0;
    std::uint64_t not_merged = 0;
  };
  struct FinishedRun {
    Hash128 run;
    RepairProgress progress;
  };
  // What it looks after once a second.
  struct Watch {
    Epoch epoch;  // whose rows the schedule has
    std::set<NodeId> present;
    std::set<NodeId> returned;  // since the last look
    Instant next_tick;
    Instant next_retry;
  };
  // By the first of its operations' ids.
  using Exchanges = std::map<std::uint64_t, Running>;

  void tick(Instant now);
  void look_at_peers();
  void begin_due(Instant now);
  void begin(const RepairSchedule::Work& work, bool ordered, Instant now);
  [[nodiscard]] std::size_t active() const;
  [[nodiscard]] Exchanges::iterator exchange_of(NodeId from, OperationId operation);
  void on_reply(NodeId from, OperationId operation, Reply reply, Instant now);
  void step(Exchanges::iterator at, Instant now);
  void perform(Exchanges::iterator at, ExchangeActions actions, Instant now);
  void perform_one(Running& running, ExchangeAction& action, ExchangeActions& more, Instant now);
  void merge_here(Running& running, const KeyedRecord& record);
  void push_there(Running& running, PushThere& push, ExchangeActions& more, Instant now);
  void list_own(Running& running, const ListOwnKeys& list, ExchangeActions& more, Instant now);
  void read_own(Running& running, const ReadOwnRecords& read, ExchangeActions& more, Instant now);
  void end(Exchanges::iterator at, Instant now);
  [[nodiscard]] OrderedRepairReply answer_of(const OrderedRepair& ordered, Instant now);
  void begin_run(const RepairOrder& order);
  // The next pair of the run that can be compared now.
  [[nodiscard]] std::optional<RepairSchedule::Work> next_of_run(Instant now);
  void end_run_if_finished();
  void build_trees(Instant now);
  void fire_timers(Instant now);
  void set_wake(Instant now);
  [[nodiscard]] Envelope envelope_of(PartitionId partition, OperationId operation) const;

  Neighbours neighbours_;
  Options options_;
  RepairSchedule schedule_;
  BackgroundBudget budget_;
  Exchanges running_;  // at most exchanges_max
  std::uint64_t next_operation_;
  Watch watch_;
  std::optional<OrderedRun> run_;
  std::deque<FinishedRun> finished_runs_;  // the last few, the oldest first
  std::optional<Instant> wake_;
  RepairTotals totals_;
};

}  // namespace starling

#pragma once

// SimStorage: a StorageEngine over a SimStore, in virtual time. What was queued while the last
// group was on its way to the disk goes as one group, as a storage lane does it (group commit); a
// process that dies loses its queue, and of the group on its way a part may have arrived.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "sim/event_queue.h"
#include "sim/sim_store.h"

namespace starling::sim {

class SimStorage final : public StorageEngine {
 public:
  // How long a group takes; the slow end can be raised while the engine runs.
  struct Speed {
    Duration fastest{};
    Duration slowest{};
  };
  struct Host {
    // Of the disk, for timing_of. May be empty: then nothing is known.
    std::function<Instant()> now;
    // Runs an action later, unless the process is gone by then.
    std::function<void(Duration, EventQueue::Action)> later;
    std::function<void(CommitTicket, const Status&)> completed;
    // Sees every group just before it is written: for monitors. May be empty.
    std::function<void(const SimStore::Batches&)> observed;
    // The power went while the store was at work: the process is dead. May be empty where it can
    // not happen.
    std::function<void()> struck;
  };

  SimStorage(SimStore& store, Host host, Random random, Speed speed);

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override {
    return store_->get(key);
  }
  [[nodiscard]] Status scan(std::string_view from, std::string_view to,
                            const Visitor& visit) override {
    return store_->scan(from, to, visit);
  }
  CommitTicket commit(std::vector<StorageWrite> batch, CommitDemand demand) override;
  [[nodiscard]] Status commit_now(std::vector<StorageWrite> batch) override;
  [[nodiscard]] std::uint64_t queued_bytes() const override { return queued_bytes_; }
  // Of the last group that was written.
  [[nodiscard]] std::optional<CommitTiming> timing_of(CommitTicket ticket) const override;

  void set_speed(Speed speed) { speed_ = speed; }
  // An error stopped it: nothing is written until it is opened again.
  [[nodiscard]] bool is_stopped() const { return stopped_; }
  // Goes on with `store`, opened anew; what was queued behind the error is lost.
  void reopen(SimStore& store);
  // The process dies: of the group under way a drawn part still reaches the disk.
  void abandon();

 private:
  struct Group {
    SimStore::Batches batches;
    CommitDemand demand = CommitDemand::Written;  // the strictest of them
    CommitTicket last;
    std::uint64_t bytes = 0;
    Instant begun{};
  };

  void begin_group();
  void finish_group();
  void rest();

  SimStore* store_;  // never nullptr
  Host host_;
  Random random_;
  Speed speed_;
  Group waiting_;
  Group under_way_;
  CommitTicket through_;
  // Of the last group: its commits lie behind `written_behind_`, up to `through_`.
  CommitTicket written_behind_;
  Instant written_begun_{};
  Instant written_done_{};
  bool stopped_ = false;
  std::uint64_t tickets_ = 0;
  std::uint64_t queued_bytes_ = 0;
};

}  // namespace starling::sim

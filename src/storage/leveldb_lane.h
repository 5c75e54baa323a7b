#pragma once

// LevelDbLane: the thread that commits, and does nothing else. All that queued up while the last
// sync ran goes into one batch (group commit): a sync costs a hundred times what a write does, and
// a batch of thirty is four times cheaper than thirty threads that write one each.
//
// Every batch with a commit that demands Synced is synced itself: that a later sync reaches back is
// the Env's doing, not LevelDB's, and only the interval relies on it. The first error is final.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "starling/status.h"

#include "base/time.h"
#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/storage_metrics.h"

namespace starling {

class LevelDbDatabase;

// One batch of the engine at most, though always at least one commit: about a millisecond of
// writing, so that a large one does not keep many small ones waiting.
inline constexpr std::size_t kLaneBatchBytesMax = 1U << 20U;

struct LaneCompletions {
  CommitTicket through;  // the last that is complete; 0: none yet
  Status status;         // not ok: nothing behind `through` was, or will be, written
};

class LevelDbLane {
 public:
  // `sync_interval`: how long what was only written may stay unsynced; nothing: for ever.
  // Tickets go on behind `last_ticket`. `database` and `notifier` outlive the lane.
  LevelDbLane(LevelDbDatabase& database, CommitNotifier& notifier,
              std::optional<Duration> sync_interval, CommitTicket last_ticket = {});
  // As end().
  ~LevelDbLane();
  LevelDbLane(const LevelDbLane&) = delete;
  LevelDbLane& operator=(const LevelDbLane&) = delete;
  LevelDbLane(LevelDbLane&&) = delete;
  LevelDbLane& operator=(LevelDbLane&&) = delete;

  // The three below: on the loop's thread only.
  CommitTicket commit(std::vector<StorageWrite> batch, CommitDemand demand);
  [[nodiscard]] LaneCompletions drain_completions();
  [[nodiscard]] std::uint64_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] CommitTicket last_ticket() const { return CommitTicket{last_ticket_}; }

  // On any thread: as StorageEngine::timing_of, of the last kTurnsRemembered turns.
  [[nodiscard]] std::optional<CommitTiming> timing_of(CommitTicket ticket) const;
  // On any thread: what was counted so far.
  [[nodiscard]] LaneMetrics metrics() const;

  // Writes all that is queued unless the lane is broken, and ends its thread.
  void end();
  // A key that was in the last synced write, and has not been written since.
  struct Witness {
    std::string key;
    std::optional<std::uint64_t> value;  // its hash; nothing: it was erased
  };
  // What must be there when the database is opened again, if anything that was synced is.
  // REQUIRES: end() was called.
  [[nodiscard]] const std::vector<Witness>& witnesses() const { return witnesses_; }

 private:
  struct Commit {
    CommitTicket ticket;
    CommitDemand demand = CommitDemand::Written;
    std::size_t bytes = 0;
    std::vector<StorageWrite> batch;
  };
  // What one turn of the lane writes; empty: a sync of what was written before.
  struct Turn {
    std::vector<Commit> commits;
    bool sync = false;
  };
  // When the commits of one turn were written.
  struct TurnTimes {
    CommitTicket first{};
    CommitTicket last{};  // 0: no turn
    Instant begun{};
    Instant done{};
  };
  // More turns than end between two looks of the loop at what is complete.
  static constexpr std::size_t kTurnsRemembered = 64;
  using Lock = std::unique_lock<std::mutex>;

  void run();
  // Waits for work. Nothing: the lane shall end.
  [[nodiscard]] std::optional<Turn> next_turn(Lock& lock);
  [[nodiscard]] Turn take_turn();
  [[nodiscard]] Status write(Turn& turn);
  void remember(const std::vector<std::vector<StorageWrite>>& written, bool synced);
  void doubt(const std::vector<std::vector<StorageWrite>>& failed);
  void count(const Turn& turn, Duration took);
  void begin_times(const Turn& turn);
  // Returns how long it took.
  Duration end_times();
  // Returns whether the loop must be woken.
  [[nodiscard]] bool complete(const Turn& turn, const Status& status);

  LevelDbDatabase& database_;
  CommitNotifier& notifier_;
  const std::optional<Duration> sync_interval_;

  // The loop's alone.
  std::uint64_t last_ticket_ = 0;
  std::uint64_t queued_bytes_ = 0;

  // The lane's alone: when the oldest unsynced write must be synced.
  std::optional<Instant> sync_due_;
  std::vector<Witness> witnesses_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<Commit> queue_;
  LaneCompletions completions_;
  std::uint64_t completed_bytes_ = 0;
  LaneMetrics metrics_;
  std::array<TurnTimes, kTurnsRemembered> times_{};  // a ring
  std::size_t next_times_ = 0;
  TurnTimes under_way_;    // `done` means nothing in it
  bool asleep_ = false;    // the lane: only then it is woken
  bool notified_ = false;  // the loop: it has not drained since
  bool ending_ = false;
  std::condition_variable work_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace starling

#include "storage/leveldb_lane.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/hash.h"
#include "base/time.h"
#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/leveldb_database.h"
#include "storage/storage_metrics.h"

namespace starling {
namespace {

std::size_t bytes_of(const std::vector<StorageWrite>& batch) {
  std::size_t bytes = 0;
  for (const StorageWrite& write : batch) {
    bytes += write.key.size() + (write.value.has_value() ? write.value->size() : 0);
  }
  return bytes;
}

Instant lane_now() {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

std::chrono::steady_clock::time_point on_steady_clock(Instant instant) {
  return std::chrono::steady_clock::time_point(instant.time_since_epoch());
}

}  // namespace

LevelDbLane::LevelDbLane(LevelDbDatabase& database, CommitNotifier& notifier,
                         std::optional<Duration> sync_interval, CommitTicket last_ticket)
    : database_(database),
      notifier_(notifier),
      sync_interval_(sync_interval),
      last_ticket_(last_ticket.value),
      thread_([this] { run(); }) {}

LevelDbLane::~LevelDbLane() {
  end();
}

void LevelDbLane::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_.join();
}

CommitTicket LevelDbLane::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  const CommitTicket ticket{++last_ticket_};
  const std::size_t bytes = bytes_of(batch);
  bool must_wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // A broken lane writes nothing, so it need not remember anything either.
    if (!completions_.status.ok()) return ticket;
    queue_.push_back(
        {.ticket = ticket, .demand = demand, .bytes = bytes, .batch = std::move(batch)});
    must_wake = std::exchange(asleep_, false);
  }
  queued_bytes_ += bytes;
  if (must_wake) work_.notify_one();
  return ticket;
}

LaneCompletions LevelDbLane::drain_completions() {
  const std::lock_guard<std::mutex> lock(mutex_);
  notified_ = false;
  queued_bytes_ -= std::exchange(completed_bytes_, 0);
  return completions_;
}

void LevelDbLane::run() {
  Lock lock(mutex_);
  while (std::optional<Turn> turn = next_turn(lock)) {
    begin_times(*turn);
    lock.unlock();
    const Status status = write(*turn);
    lock.lock();
    count(*turn, end_times());
    if (!complete(*turn, status)) continue;
    lock.unlock();
    notifier_.notify();
    lock.lock();
  }
}

std::optional<LevelDbLane::Turn> LevelDbLane::next_turn(Lock& lock) {
  while (queue_.empty()) {
    const bool broken = !completions_.status.ok();
    if (ending_ && (!sync_due_.has_value() || broken)) return std::nullopt;
    if (sync_due_.has_value() && (ending_ || lane_now() >= *sync_due_)) return take_turn();
    asleep_ = true;
    if (sync_due_.has_value()) {
      work_.wait_until(lock, on_steady_clock(*sync_due_));
    } else {
      work_.wait(lock);
    }
    asleep_ = false;
  }
  return take_turn();
}

LevelDbLane::Turn LevelDbLane::take_turn() {
  Turn turn;
  turn.sync = sync_due_.has_value() && (ending_ || lane_now() >= *sync_due_);
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    const Commit& next = queue_.front();
    if (!turn.commits.empty() && bytes + next.bytes > kLaneBatchBytesMax) break;
    bytes += next.bytes;
    turn.sync = turn.sync || next.demand == CommitDemand::Synced;
    turn.commits.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return turn;
}

Status LevelDbLane::write(Turn& turn) {
  std::vector<std::vector<StorageWrite>> batches;
  batches.reserve(turn.commits.size());
  for (Commit& commit : turn.commits) batches.push_back(std::move(commit.batch));
  Status written =
      database_.write(batches, turn.sync ? CommitDemand::Synced : CommitDemand::Written);
  if (written.ok()) {
    remember(batches, turn.sync);
  } else {
    doubt(batches);
  }
  return written;
}

// One commit is enough: what lies before it in the log is read before it.
void LevelDbLane::remember(const std::vector<std::vector<StorageWrite>>& written, bool synced) {
  if (written.empty()) return;
  witnesses_.clear();
  if (!synced) return;
  for (const StorageWrite& write : written.back()) {
    std::erase_if(witnesses_, [&](const Witness& one) { return one.key == write.key; });
    Witness witness{.key = write.key, .value = std::nullopt};
    if (write.value.has_value()) witness.value = hash64(*write.value);
    witnesses_.push_back(std::move(witness));
  }
}

// Nobody knows which of its values a key has then.
void LevelDbLane::doubt(const std::vector<std::vector<StorageWrite>>& failed) {
  for (const std::vector<StorageWrite>& batch : failed) {
    for (const StorageWrite& write : batch) {
      std::erase_if(witnesses_, [&](const Witness& one) { return one.key == write.key; });
    }
  }
}

void LevelDbLane::count(const Turn& turn, Duration took) {
  (turn.sync ? metrics_.synced_writes : metrics_.written_only).record(took);
  if (turn.commits.empty()) return;
  std::size_t bytes = 0;
  for (const Commit& commit : turn.commits) bytes += commit.bytes;
  metrics_.batch_commits.record(std::uint64_t{turn.commits.size()});
  metrics_.batch_bytes.record(std::uint64_t{bytes});
}

void LevelDbLane::begin_times(const Turn& turn) {
  under_way_ = {.begun = lane_now()};
  if (turn.commits.empty()) return;
  under_way_.first = turn.commits.front().ticket;
  under_way_.last = turn.commits.back().ticket;
}

Duration LevelDbLane::end_times() {
  TurnTimes turn = std::exchange(under_way_, {});
  turn.done = lane_now();
  if (turn.last != CommitTicket{}) {
    times_[next_times_] = turn;
    next_times_ = (next_times_ + 1) % kTurnsRemembered;
  }
  return turn.done - turn.begun;
}

std::optional<CommitTiming> LevelDbLane::timing_of(CommitTicket ticket) const {
  if (ticket == CommitTicket{}) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  const Instant now = lane_now();
  if (ticket >= under_way_.first && ticket <= under_way_.last) {
    return CommitTiming{.begun_ago = now - under_way_.begun, .done_ago = std::nullopt};
  }
  if (ticket > completions_.through) return std::nullopt;
  for (std::size_t back = 1; back <= kTurnsRemembered; ++back) {
    const TurnTimes& turn = times_[(next_times_ + kTurnsRemembered - back) % kTurnsRemembered];
    if (ticket > turn.last) return std::nullopt;
    if (ticket < turn.first) continue;
    return CommitTiming{.begun_ago = now - turn.begun, .done_ago = now - turn.done};
  }
  return std::nullopt;
}

LaneMetrics LevelDbLane::metrics() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return metrics_;
}

bool LevelDbLane::complete(const Turn& turn, const Status& status) {
  if (turn.sync) sync_due_.reset();
  if (!turn.sync && sync_interval_.has_value() && !sync_due_.has_value()) {
    sync_due_ = lane_now() + *sync_interval_;
  }
  for (const Commit& commit : turn.commits) completed_bytes_ += commit.bytes;
  if (status.ok()) {
    if (!turn.commits.empty()) completions_.through = turn.commits.back().ticket;
  } else {
    completions_.status = status;
    sync_due_.reset();
    for (const Commit& commit : queue_) completed_bytes_ += commit.bytes;
    queue_.clear();
  }
  const bool has_news = !turn.commits.empty() || !status.ok();
  return has_news && !std::exchange(notified_, true);
}

}  // namespace starling

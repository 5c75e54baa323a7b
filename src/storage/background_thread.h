#pragma once

// BackgroundThread: one thread that runs what it is given, in order. Each database has its own for
// its compactions: with LevelDB's single one for all, the slowest database stalls the others. The
// queue is short by nature: a database schedules its next piece when the last one ends.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace starling {

class BackgroundThread {
 public:
  BackgroundThread() = default;
  // Runs all that is queued, then ends.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;
  BackgroundThread(BackgroundThread&&) = delete;
  BackgroundThread& operator=(BackgroundThread&&) = delete;

  // The thread starts with the first one.
  void schedule(std::function<void()> work);

 private:
  void run();

  std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<std::function<void()>> queue_;
  bool ending_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace starling

#pragma once

// CountingNotifier: a CommitNotifier that a test can wait for.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "env/commit_notifier.h"

namespace starling {

class CountingNotifier final : public CommitNotifier {
 public:
  void notify() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }

  // Waits until there were `count` notifications in all; false when that takes unreasonably long.
  [[nodiscard]] bool wait_for(std::uint64_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
  }
  [[nodiscard]] std::uint64_t count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

}  // namespace starling

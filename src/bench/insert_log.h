#pragma once

// InsertLog: which of one client's new keys are there for others to read: those up to the first
// that is not acknowledged yet. One thread inserts, any thread asks.

#include <atomic>
#include <cstdint>
#include <set>

namespace starling::bench {

class InsertLog {
 public:
  // The number of the next new key: 0, 1, 2, ...
  [[nodiscard]] std::uint64_t begin();
  // An insert ended, whatever came of it: a key that failed is a hole that readers may meet.
  void end(std::uint64_t number);
  // All numbers below it have ended.
  [[nodiscard]] std::uint64_t ended() const { return ended_.load(std::memory_order_relaxed); }

 private:
  std::uint64_t next_ = 0;
  std::set<std::uint64_t> under_way_;  // as many as the pipeline is deep
  std::atomic<std::uint64_t> ended_ = 0;
};

}  // namespace starling::bench

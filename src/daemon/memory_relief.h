#pragma once

// MemoryRelief: gives memory that was freed back to the system when the process holds more than it
// was given. The allocator keeps freed blocks for whoever needs some next; among small records that
// stay, large values that come and go leave gaps that nothing else fits in. Sending
// every large block back at once would be simpler, and was measured to halve what a node takes of
// large values: each page is then mapped and cleared again for every one of them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/time.h"

namespace starling {

// What this process keeps in memory. Nothing: the system does not say.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes();
// Looks through all heaps, which takes some milliseconds per 100 MiB.
void return_freed_memory();

class MemoryRelief {
 public:
  // How often to look: between two looks at most some tens of MiB are taken in.
  static constexpr Duration kInterval = std::chrono::milliseconds(250);
  // Giving back is worth its time when so much more is held than after the last time: a 16th.
  static constexpr std::uint64_t kGrowthPart = 16;

  struct System {
    std::function<std::optional<std::uint64_t>()> resident = resident_bytes;
    std::function<void()> give_back = return_freed_memory;
  };

  explicit MemoryRelief(std::uint64_t limit_bytes) : MemoryRelief(limit_bytes, System()) {}
  MemoryRelief(std::uint64_t limit_bytes, System system);

  void look();

 private:
  [[nodiscard]] std::uint64_t worth_it_above(std::uint64_t held) const;

  std::uint64_t limit_bytes_;
  System system_;
  // Up to it nothing is done: what is in use may be more than the limit for good.
  std::uint64_t threshold_bytes_;
};

}  // namespace starling

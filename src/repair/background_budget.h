#pragma once

// BackgroundBudget: how much anti-entropy, scrubbing and other work that nobody waits for may take,
// in bytes and reads a second and in exchanges at a time. Foreground latency steers it: over its
// limit the rates are halved, down to a trickle, so that repair never stops altogether; below it
// they grow back by a tenth (as TCP does, for the same reason: it finds the room there is).

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "repair/token_bucket.h"

namespace starling {

class BackgroundBudget {
 public:
  struct Options {
    std::uint64_t bytes_per_second = std::uint64_t{8} << 20U;
    std::uint64_t reads_per_second = 500;
    std::size_t exchanges_max = 2;
    // Of foreground reads, 99th percentile.
    Duration latency_max = std::chrono::milliseconds(20);
    // How often a latency is taken into account at most.
    Duration steering_interval = std::chrono::seconds(1);
  };

  explicit BackgroundBudget(Options options);

  // The 99th percentile of foreground reads lately. Without any, say zero.
  void on_foreground_latency(Duration p99, Instant now);

  [[nodiscard]] bool may_exchange(std::size_t running, Instant now);
  // Whether the next step of something that runs already may be made.
  [[nodiscard]] bool may_step(Instant now);
  // When to ask again.
  [[nodiscard]] Instant next_at(Instant now);
  // What a step took. It is known afterwards only; the next step waits for it.
  void spend(std::uint64_t bytes, std::uint64_t reads, Instant now);

  // In parts of a thousand of the full rates; for metrics.
  [[nodiscard]] std::uint32_t permille() const { return permille_; }

 private:
  [[nodiscard]] std::uint64_t scaled(std::uint64_t rate) const;

  Options options_;
  TokenBucket bytes_;
  TokenBucket reads_;
  std::uint32_t permille_ = 1000;
  Instant steered_at_;
  bool steered_ = false;
};

}  // namespace starling

#pragma once

// Fence: a partition's generation at one replica or hint holder, and what was reaped in the last
// generations. Every message with a record carries the fence of the replica where that state was
// read or minted. A reaped key leaves nothing behind that could win against an older message on its
// way, so such a message is refused here; states only grow, hence what is refused was contained in
// what all had agreed to forget.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "message/repair_messages.h"
#include "ring/token.h"

namespace starling {

// Generations that are remembered: a state that is older is refused whatever its key. Reaping goes
// by minutes, messages live seconds, so what is refused without need is as good as nothing.
inline constexpr std::size_t kFenceGenerations = 16;
// Keys in one generation; with 8 bytes each, at most 64 KiB a partition.
inline constexpr std::size_t kReapKeysMax = 512;

class Fence {
 public:
  explicit Fence(std::size_t generations_max = kFenceGenerations)
      : generations_max_(generations_max) {}

  [[nodiscard]] FenceStamp stamp() const { return stamp_; }
  // Whether a state from under `stamp` may be merged. No: answer StaleFence, and the sender catches
  // up, reads again and sends again.
  [[nodiscard]] bool accepts(FenceStamp stamp, Token key) const;

  // A committed batch. REQUIRES: to > stamp(), at most kReapKeysMax keys.
  void advance(FenceStamp to, std::vector<Token> keys);
  // Without knowing what was reaped: nothing from below `to` is accepted any more, which costs
  // retries and never a write. Does nothing when `to` is not higher.
  void raise(FenceStamp to);

  // What a replica under `since` lacks, oldest first; nothing: that is too long ago.
  [[nodiscard]] std::optional<std::vector<FenceGeneration>> since(FenceStamp since) const;
  // Takes over another's fence: with its generations where they join ours, else by raise. Records
  // that were written under an older stamp stay, and travel under the new one from here on: whoever
  // voted for a reaping holds what it reaped, or more.
  void catch_up(FenceStamp to, const std::optional<std::vector<FenceGeneration>>& missed);

  friend bool operator==(const Fence&, const Fence&) = default;

  // For table 5 of the store, under the store key of the partition's fence.
  [[nodiscard]] std::string encode(std::string_view store_key) const;
  // Corruption: not what encode writes under this key.
  [[nodiscard]] static Result<Fence> decode(std::string_view store_key, std::string_view bytes);

 private:
  void forget_oldest();

  FenceStamp stamp_;
  FenceStamp known_from_;  // all that was reaped here after this stamp is in generations_
  std::deque<FenceGeneration> generations_;  // ascending; at most generations_max_
  std::size_t generations_max_;
};

[[nodiscard]] std::string fence_store_key(PartitionId partition);

}  // namespace starling

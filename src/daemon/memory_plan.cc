#include "daemon/memory_plan.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace starling {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
// One value of the greatest size with its context, and one record of the greatest size: a message
// that is larger than a bound would never pass it.
constexpr std::uint64_t kLargestRequest = 18 * kMebibyte;
constexpr std::uint64_t kLargestRecord = 34 * kMebibyte;

// A part in 64ths of the limit, within bounds of its own: below the least it would not work, above
// the most it would not work better.
std::uint64_t part(std::uint64_t limit, std::uint64_t in_64ths, std::uint64_t least,
                   std::uint64_t most) {
  return std::clamp(limit / 64 * in_64ths, least, most);
}

}  // namespace

std::uint64_t MemoryPlan::sum() const {
  return kMemoryOfItself + block_cache_bytes + 2 * write_buffer_bytes + record_cache_bytes +
         2 * commit_queue_bytes + request_bytes + answer_bytes + operation_bytes +
         waiting_reply_bytes + peer_output_bytes + listings * kListingBytes +
         replays * kReplayBytes;
}

MemoryPlan divide_memory(std::uint64_t limit) {
  STARLING_CHECK(limit >= kMemoryLimitMin);
  MemoryPlan plan{
      .block_cache_bytes = part(limit, 5, 0, 1024 * kMebibyte),
      // Larger ones lengthen the recovery after a crash and gain nothing.
      .write_buffer_bytes = part(limit, 3, 0, 16 * kMebibyte),
      .record_cache_bytes = part(limit, 5, 0, 1024 * kMebibyte),
      // About a second of a slow disk.
      .commit_queue_bytes = part(limit, 4, 0, 64 * kMebibyte),
      .request_bytes = part(limit, 6, kLargestRequest, 256 * kMebibyte),
      .answer_bytes = part(limit, 8, kLargestRecord, 256 * kMebibyte),
      .operation_bytes = part(limit, 8, kLargestRecord, 256 * kMebibyte),
      .draining_bytes = part(limit, 1, 0, 32 * kMebibyte),
      .waiting_reply_bytes = part(limit, 1, 0, 64 * kMebibyte),
      .peer_output_bytes = part(limit, 4, 0, 512 * kMebibyte),
      .listings = part(limit, 4, 0, 16 * kListingBytes) / kListingBytes,
      // As many as come within the time a put may be repeated, at 1700 a second.
      .replays = std::min<std::uint64_t>(limit / 64 / kReplayBytes, 200'000),
      // Half a megabyte each: far more than an idle one costs, and twice what each may hold of
      // requests and answers whatever the others do (ByteBudget::kFloorBytes), four times over.
      .clients = std::clamp<std::uint64_t>(limit / (kMebibyte / 2), 64, 10'000),
      // As much again for all of them together, though each may hold one portion more that came
      // while it waited.
      .http_clients = std::clamp<std::uint64_t>(limit / (2 * kMebibyte), 64, 1024)};
  // What the other parts have no use for is best spent on caches.
  const std::uint64_t rest = limit - std::min(plan.sum(), limit);
  plan.block_cache_bytes = std::min(plan.block_cache_bytes + rest / 2, 1024 * kMebibyte);
  plan.record_cache_bytes = std::min(plan.record_cache_bytes + rest / 2, 1024 * kMebibyte);
  STARLING_CHECK(plan.sum() <= limit);
  return plan;
}

std::uint64_t default_memory_limit(std::uint64_t usable_bytes) {
  return std::max(usable_bytes / 4, kMemoryLimitMin);
}

}  // namespace starling

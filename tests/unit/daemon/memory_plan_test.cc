#include "daemon/memory_plan.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "wire/frame.h"

namespace starling {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

TEST_CASE("MemoryPlan: the parts never add up to more than the limit") {
  for (std::uint64_t limit = kMemoryLimitMin; limit < 100'000 * kMebibyte;
       limit += limit / 7 + 12'345) {
    CAPTURE(limit);
    CHECK(divide_memory(limit).sum() <= limit);
  }
}

TEST_CASE("MemoryPlan: little is left over while there is use for it") {
  for (const std::uint64_t limit : {256 * kMebibyte, 1024 * kMebibyte, 2048 * kMebibyte}) {
    CAPTURE(limit);
    CHECK(divide_memory(limit).sum() >= limit - limit / 10);
  }
}

TEST_CASE("MemoryPlan: the least limit lets the greatest messages pass") {
  const MemoryPlan plan = divide_memory(kMemoryLimitMin);
  CHECK(plan.request_bytes >= kFrameHeaderBytes + kValueBodyBytesMax);
  CHECK(plan.answer_bytes >= kFrameHeaderBytes + kRecordBodyBytesMax);
  CHECK(plan.operation_bytes >= kRecordBodyBytesMax);
  CHECK(plan.listings >= 1);
  CHECK(plan.clients >= 500);
  CHECK(plan.http_clients >= 100);
}

TEST_CASE("MemoryPlan: more memory makes no part smaller") {
  MemoryPlan before = divide_memory(kMemoryLimitMin);
  for (std::uint64_t limit = kMemoryLimitMin; limit < 100'000 * kMebibyte; limit += limit / 5) {
    const MemoryPlan plan = divide_memory(limit);
    CAPTURE(limit);
    CHECK(plan.block_cache_bytes >= before.block_cache_bytes);
    CHECK(plan.write_buffer_bytes >= before.write_buffer_bytes);
    CHECK(plan.record_cache_bytes >= before.record_cache_bytes);
    CHECK(plan.commit_queue_bytes >= before.commit_queue_bytes);
    CHECK(plan.request_bytes >= before.request_bytes);
    CHECK(plan.peer_output_bytes >= before.peer_output_bytes);
    CHECK(plan.clients >= before.clients);
    CHECK(plan.http_clients >= before.http_clients);
    before = plan;
  }
}

TEST_CASE("MemoryPlan: by default a quarter of the memory, and never too little") {
  CHECK(default_memory_limit(8192 * kMebibyte) == 2048 * kMebibyte);
  CHECK(default_memory_limit(0) == kMemoryLimitMin);
}

}  // namespace
}  // namespace starling

#include "daemon/memory_relief.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

constexpr std::uint64_t kLimit = 1600;
constexpr std::uint64_t kStep = kLimit / MemoryRelief::kGrowthPart;

// Holds what the test says, of which giving back leaves what the test says.
struct Process {
  std::optional<std::uint64_t> held = 0;
  std::uint64_t in_use = 0;
  int times = 0;

  MemoryRelief::System system() {
    return {.resident = [this] { return held; },
            .give_back =
                [this] {
                  held = in_use;
                  ++times;
                }};
  }
};

TEST_CASE("MemoryRelief: memory is given back once more than the limit is held") {
  Process process;
  MemoryRelief relief(kLimit, process.system());
  process.held = kLimit;
  relief.look();
  CHECK(process.times == 0);
  process.held = kLimit + 1;
  relief.look();
  CHECK(process.times == 1);
  CHECK(process.held == 0U);
}

TEST_CASE("MemoryRelief: what is in use is not looked through again and again") {
  Process process{.held = kLimit * 2, .in_use = kLimit * 2};
  MemoryRelief relief(kLimit, process.system());
  relief.look();
  process.held = *process.held + kStep;
  relief.look();
  CHECK(process.times == 1);
  process.held = *process.held + 1;
  relief.look();
  CHECK(process.times == 2);
}

TEST_CASE("MemoryRelief: less in use brings the limit back into force") {
  Process process{.held = kLimit * 2, .in_use = kLimit * 2};
  MemoryRelief relief(kLimit, process.system());
  relief.look();
  process.held = kLimit / 2;
  process.in_use = kLimit / 2;
  relief.look();
  process.held = kLimit + 1;
  relief.look();
  CHECK(process.times == 2);
}

TEST_CASE("MemoryRelief: a system that does not say what is held is left alone") {
  Process process{.held = std::nullopt};
  MemoryRelief(kLimit, process.system()).look();
  CHECK(process.times == 0);
}

// Sanitizers bring an allocator of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnAllocator = true;
#elif defined(__has_feature)
constexpr bool kOwnAllocator = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kOwnAllocator = false;
#endif

// As values do: every other one stays, and the gaps are of no use to anybody.
TEST_CASE("MemoryRelief: what is freed between blocks that stay is given back" *
          doctest::skip(kOwnAllocator)) {
  constexpr std::size_t kBlockBytes = 64 * 1024;
  constexpr std::size_t kBlocks = 1024;
  const std::optional<std::uint64_t> before = resident_bytes();
  REQUIRE(before.has_value());
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(std::make_unique<char[]>(kBlockBytes));
    std::memset(blocks.back().get(), 'x', kBlockBytes);
  }
  for (std::size_t i = 0; i < kBlocks; i += 2) blocks[i].reset();
  const std::uint64_t fragmented = resident_bytes().value_or(0);
  return_freed_memory();
  const std::uint64_t left = resident_bytes().value_or(0);
  CAPTURE(*before);
  CAPTURE(fragmented);
  CHECK(left + kBlocks * kBlockBytes / 4 < fragmented);
}

}  // namespace
}  // namespace starling

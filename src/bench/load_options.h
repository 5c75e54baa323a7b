#pragma once

// LoadOptions: what a benchmark is to do.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "bench/workload.h"

namespace starling::bench {

// One connection and one thread each.
inline constexpr std::uint32_t kClientsMax = 1000;
// What one connection may have under way; beyond a thousand nothing gets cheaper.
inline constexpr std::uint32_t kPipelineMax = 4096;
// All clients together: the memory of their requests.
inline constexpr std::uint32_t kOutstandingMax = 65'536;
// The context of each record is kept, some 100 bytes.
inline constexpr std::uint64_t kRecordsMax = 20'000'000;
// Faster than anybody can ask, and slower than an hour an operation.
inline constexpr double kRateMax = 1e8;
inline constexpr double kRateMin = 1.0 / 3600;

struct LoadOptions {
  std::vector<std::string> endpoints{};
  std::chrono::milliseconds timeout = kTimeoutDefault;  // of each operation
  std::string bucket = "bench";
  Workload workload{};
  std::uint64_t records = 10'000;  // loaded beforehand
  std::size_t value_size = 100;
  std::uint32_t clients = 16;
  std::uint32_t pipeline = 1;  // requests that each client keeps under way
  // Whichever is reached first ends the run; nothing: it does not.
  std::optional<std::chrono::nanoseconds> duration = std::chrono::seconds(10);
  std::optional<std::uint64_t> operations{};
  std::optional<double> rate{};  // operations a second, all together; nothing: a closed loop
  Level r{};
  Level w{};
};

// Usage error that names what can not be done.
[[nodiscard]] Status check(const LoadOptions& options);

}  // namespace starling::bench

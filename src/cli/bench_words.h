#pragma once

// BenchWords: the options of `starling bench` as they were typed, and what they mean.

#include <cstdint>
#include <optional>
#include <string>

#include "starling/result.h"

#include "bench/load_options.h"

namespace starling::cli {

struct BenchWords {
  std::string workload = "a";
  std::string bucket = "bench";
  std::string distribution;  // empty: the workload's own
  std::uint64_t records = 10'000;
  std::string value_size = "100";
  std::uint32_t clients = 16;
  std::uint32_t pipeline = 1;
  std::string duration;  // empty: 10s, or until --ops
  std::optional<std::uint64_t> operations;
  std::optional<double> rate;
};

// Without endpoints and timeout, which belong to every command. Usage error that names the option.
[[nodiscard]] Result<bench::LoadOptions> load_options_of(const BenchWords& words);

}  // namespace starling::cli

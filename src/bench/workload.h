#pragma once

// Workload: which operations a benchmark asks for, in which proportions: YCSB's A, B, C, D and F,
// and each operation alone.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/random.h"

namespace starling::bench {

enum class OperationKind : std::uint8_t {
  Get,
  Put,              // an informed update: with the context of the client's last write of the key
  Insert,           // a key that nobody has written before
  ReadModifyWrite,  // a get, and a put with the context it returned
};
inline constexpr std::size_t kOperationKinds = 4;
// "get", "put", "insert", "read_modify_write".
[[nodiscard]] std::string_view operation_name(OperationKind kind);

enum class Distribution : std::uint8_t {
  Uniform,
  Zipfian,  // scrambled
  Latest,   // zipfian, the newest record first
};

struct Workload {
  std::string name;
  // Percent of each kind, in the order of OperationKind.
  std::array<std::uint32_t, kOperationKinds> percent{};
  Distribution distribution = Distribution::Uniform;  // unless another is asked for

  [[nodiscard]] OperationKind draw(Random& random) const;
  // Whether it asks for records that were there before; else nothing has to be loaded for it.
  [[nodiscard]] bool needs_records() const;
};

// Usage error that lists the names.
[[nodiscard]] Result<Workload> workload_of(std::string_view name);

}  // namespace starling::bench

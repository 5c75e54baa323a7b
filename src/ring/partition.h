#pragma once

// Partition: one of the Q equal ranges of the token space (Dynamo's strategy 3). Q is a power of
// two, fixed when the cluster is founded; the partition of a token is its top bits.

#include <cstdint>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/token.h"

namespace starling {

inline constexpr std::uint32_t kPartitionsMin = 1;
inline constexpr std::uint32_t kPartitionsMax = 32768;  // a PartitionId has 16 bits; one stays free
inline constexpr std::uint32_t kPartitionsDefault = 1024;

// Usage error unless `partitions` is a power of two within the bounds.
[[nodiscard]] Status check_partition_count(std::uint64_t partitions);
// REQUIRES: check_partition_count(partitions).ok().
[[nodiscard]] PartitionId partition_of(Token token, std::uint32_t partitions);

}  // namespace starling

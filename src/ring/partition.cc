#include "ring/partition.h"

#include <bit>
#include <cstdint>
#include <string>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/token.h"

namespace starling {

Status check_partition_count(std::uint64_t partitions) {
  const bool within = partitions >= kPartitionsMin && partitions <= kPartitionsMax;
  if (within && std::has_single_bit(partitions)) return Status::success();
  return {StatusCode::Usage, std::to_string(partitions) + " is not a power of two from " +
                                 std::to_string(kPartitionsMin) + " to " +
                                 std::to_string(kPartitionsMax) + "; " +
                                 std::to_string(kPartitionsDefault) + " suits most clusters"};
}

PartitionId partition_of(Token token, std::uint32_t partitions) {
  const int bits = std::countr_zero(partitions);
  // A shift by all 64 bits is undefined, and a ring of one partition would ask for it.
  if (bits == 0) return PartitionId{0};
  return PartitionId{static_cast<std::uint16_t>(token.value >> (64 - bits))};
}

}  // namespace starling

#pragma once

// FoundingConfig: what was fixed for good when the cluster was founded, as the data directory
// remembers it. The place of every record follows from it, so a start with another one would look
// for records where they are not. The cluster's name stands in the store's identity; its secret
// stays in its own file. FORMAT.md shows the bytes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

#include "env/storage_engine.h"
#include "ring/cluster_config.h"
#include "ring/member.h"

namespace starling {

struct FoundingConfig {
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;        // as configured
  std::vector<RingMember> founders;  // ascending by name; empty: it was joined, or waits to be
  friend bool operator==(const FoundingConfig&, const FoundingConfig&) = default;
};

// The order of the list says nothing: it is sorted here.
[[nodiscard]] FoundingConfig founding_of(const ClusterConfig& config);

[[nodiscard]] StorageWrite write_of_founding(const FoundingConfig& founding);
// Where the entry above stands in the store.
[[nodiscard]] std::string founding_store_key();
// Corruption: `bytes` are not what was written there, or are of a newer format.
[[nodiscard]] Result<FoundingConfig> parse_founding(std::string_view bytes);

}  // namespace starling

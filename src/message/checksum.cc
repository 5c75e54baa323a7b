#include "message/checksum.h"

#include <cstdint>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "message/client_messages.h"

namespace starling {

// Chained: each hash is the seed of the next, so no boundary between two parts can move unseen.
std::uint64_t checksum_of(std::string_view key, std::string_view value) {
  return hash64(value, hash64(key));
}

std::uint64_t checksum_of(std::string_view key, std::span<const SiblingReply> siblings) {
  std::uint64_t checksum = hash64(key);
  for (const SiblingReply& sibling : siblings) checksum = hash64(sibling.value, checksum);
  return checksum;
}

}  // namespace starling

#include "message/checksum.h"

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"
#include "message/client_messages.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

std::uint64_t chained(std::uint64_t checksum, std::uint64_t value_hash) {
  ByteWriter writer;
  writer.u64(value_hash);
  return hash64(writer.bytes(), checksum);
}

}  // namespace

// Chained: each hash is the seed of the next, so no boundary between two parts can move unseen.
std::uint64_t checksum_of(std::string_view key, std::string_view content_type,
                          std::string_view value) {
  return hash64(value, hash64(content_type, hash64(key)));
}

std::uint64_t checksum_of(std::string_view key, std::span<const Sibling> siblings) {
  std::uint64_t checksum = hash64(key);
  for (const Sibling& sibling : siblings) {
    if (sibling.is_live_value()) checksum = chained(checksum, sibling.value_hash);
  }
  return checksum;
}

std::uint64_t checksum_of(std::string_view key, std::span<const SiblingReply> siblings) {
  std::uint64_t checksum = hash64(key);
  for (const SiblingReply& sibling : siblings) {
    checksum =
        chained(checksum, hash_of_value(SiblingKind::Value, sibling.content_type, sibling.value));
  }
  return checksum;
}

}  // namespace starling

#include "base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"

namespace starling {

NodeId node_id_of(std::string_view name) {
  // A constant of its own, so that a member's id is no other hash of the same text.
  constexpr std::uint64_t kNodeIdSeed = 0x6E6F64652D696421;
  return NodeId{hash64(name, kNodeIdSeed)};
}

std::string to_text(std::uint64_t number) {
  ByteWriter writer;
  writer.u64_big_endian(number);
  return to_hex(writer.bytes());
}

std::string to_text(const Hash128& hash) {
  return to_text(hash.high) + to_text(hash.low);
}

}  // namespace starling

#include "base/ids.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

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

std::optional<std::uint64_t> number_named(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && to_text(number) == text ? std::optional(number) : std::nullopt;
}

std::optional<Hash128> hash128_named(std::string_view text) {
  const std::size_t half = text.size() / 2;
  const std::optional<std::uint64_t> high = number_named(text.substr(0, half));
  const std::optional<std::uint64_t> low = number_named(text.substr(half));
  if (!high.has_value() || !low.has_value()) return std::nullopt;
  return Hash128{.high = *high, .low = *low};
}

}  // namespace starling

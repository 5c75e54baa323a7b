#include "base/seal.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"

namespace starling {
namespace {

constexpr std::size_t kChecksumBytes = 8;

}  // namespace

std::string sealed(std::string_view store_key, ByteWriter payload) {
  payload.u64(hash64(payload.bytes(), hash64(store_key)));
  return std::move(payload).bytes();
}

std::optional<std::string_view> unsealed(std::string_view store_key, std::string_view bytes) {
  if (bytes.size() < kChecksumBytes) return std::nullopt;
  const std::string_view payload = bytes.substr(0, bytes.size() - kChecksumBytes);
  const std::uint64_t expected = ByteReader(bytes.substr(payload.size())).u64();
  if (hash64(payload, hash64(store_key)) != expected) return std::nullopt;
  return payload;
}

}  // namespace starling

#pragma once

// The checksum in LevelDB's logs: CRC-32C, "masked" so that a checksum of bytes which hold
// checksums is not a weak one. LevelDB computes it but does not offer it.

#include <cstdint>
#include <string_view>

namespace starling {

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);
[[nodiscard]] std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace starling

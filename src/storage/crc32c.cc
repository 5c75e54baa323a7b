#include "storage/crc32c.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace starling {
namespace {

// Castagnoli's polynomial, bits reversed.
constexpr std::uint32_t kPolynomial = 0x82f63b78;
constexpr std::uint32_t kMaskDelta = 0xa282ead8;  // leveldb/util/crc32c.h

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    table.at(byte) = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc = (crc >> 8U) ^ kTable.at((crc ^ static_cast<unsigned char>(byte)) & 0xffU);
  }
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15U) | (crc << 17U)) + kMaskDelta;
}

}  // namespace starling

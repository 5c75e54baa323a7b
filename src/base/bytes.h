#pragma once

// ByteWriter and ByteReader: the one way in which Starling lays numbers and strings out in its own
// formats (stored records, contexts, digests). Fixed-width numbers are little-endian unless the
// name says otherwise; varints are LEB128. A reader never reads past its end: the first read that
// would makes it fail, and it stays failed, so a decoder checks once, at the end.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"

namespace starling {

class ByteWriter {
 public:
  ByteWriter() = default;
  // Makes room for `bytes_expected` at once; more is still taken.
  explicit ByteWriter(std::size_t bytes_expected) { bytes_.reserve(bytes_expected); }

  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { append<std::endian::little>(value); }
  void u32(std::uint32_t value) { append<std::endian::little>(value); }
  void u64(std::uint64_t value) { append<std::endian::little>(value); }
  // Big-endian, so that the order of the bytes is the order of the numbers (LevelDB keys).
  void u16_big_endian(std::uint16_t value) { append<std::endian::big>(value); }
  void u64_big_endian(std::uint64_t value) { append<std::endian::big>(value); }
  void varint(std::uint64_t value) {
    if (value < 0x80U) return u8(static_cast<std::uint8_t>(value));
    long_varint(value);
  }
  // As it is, without its length.
  void raw(std::string_view bytes) { bytes_.append(bytes); }
  // Its length as a varint, then the bytes.
  void sized(std::string_view bytes) {
    varint(bytes.size());
    raw(bytes);
  }

  [[nodiscard]] const std::string& bytes() const& { return bytes_; }
  [[nodiscard]] std::string bytes() && { return std::move(bytes_); }

 private:
  template <std::endian kOrder, typename Number>
  void append(Number value) {
    // At once: byte by byte the string would be asked for room eight times.
    std::array<char, sizeof(Number)> encoded;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      const std::size_t place = kOrder == std::endian::little ? i : sizeof(Number) - 1 - i;
      encoded[place] = static_cast<char>((value >> (8 * i)) & 0xFFU);
    }
    bytes_.append(encoded.data(), encoded.size());
  }
  void long_varint(std::uint64_t value);

  std::string bytes_;
};

class ByteReader {
 public:
  // `bytes` must outlive the reader and every view that it returns.
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8();
  [[nodiscard]] std::uint16_t u16();
  [[nodiscard]] std::uint32_t u32();
  [[nodiscard]] std::uint64_t u64();
  [[nodiscard]] std::uint16_t u16_big_endian();
  [[nodiscard]] std::uint64_t u64_big_endian();
  [[nodiscard]] std::uint64_t varint();
  // Empty once failed.
  [[nodiscard]] std::string_view raw(std::size_t size);
  [[nodiscard]] std::string_view sized();

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  // Whether all was read and nothing failed.
  [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size);

  std::string_view rest_;
  bool failed_ = false;
};

// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);
// Base64 as in RFC 4648: the standard alphabet with padding (values in JSON), and the URL-safe one
// without (contexts, which stand in headers and on command lines).
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::string to_base64_url(std::string_view bytes);
// Usage error when `text` is not what the function above it would have written.
[[nodiscard]] Result<std::string> from_base64(std::string_view text);
[[nodiscard]] Result<std::string> from_base64_url(std::string_view text);
// Whether `bytes` are valid UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace starling

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

template <typename Number>
Number little_endian(std::string_view bytes) {
  Number value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = static_cast<Number>((value << 8U) | static_cast<std::uint8_t>(bytes[i - 1]));
  }
  return value;
}

template <typename Number>
Number big_endian(std::string_view bytes) {
  Number value = 0;
  for (const char byte : bytes) {
    value = static_cast<Number>((value << 8U) | static_cast<std::uint8_t>(byte));
  }
  return value;
}

constexpr unsigned kDigitBits = 6;
constexpr std::uint8_t kNoDigit = 0xFF;

// The value of each character of `alphabet`; kNoDigit: it is none of them.
constexpr std::array<std::uint8_t, 256> values_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  std::uint8_t value = 0;
  for (const char digit : alphabet) values.at(static_cast<std::uint8_t>(digit)) = value++;
  return values;
}

constexpr std::array<std::uint8_t, 256> kBase64Values = values_of(kBase64);
constexpr std::array<std::uint8_t, 256> kBase64UrlValues = values_of(kBase64Url);

std::string encode_base64(std::string_view bytes, std::string_view alphabet) {
  std::string text((bytes.size() * 8 + kDigitBits - 1) / kDigitBits, '\0');
  auto place = text.begin();
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    buffer = (buffer << 8U) | static_cast<std::uint8_t>(byte);
    bits += 8;
    while (bits >= kDigitBits) {
      bits -= kDigitBits;
      *place++ = alphabet[(buffer >> bits) & 0x3FU];
    }
  }
  if (bits > 0) *place = alphabet[(buffer << (kDigitBits - bits)) & 0x3FU];
  return text;
}

Result<std::string> decode_base64(std::string_view text,
                                  const std::array<std::uint8_t, 256>& values) {
  std::string bytes(text.size() * kDigitBits / 8, '\0');
  auto place = bytes.begin();
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char digit : text) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(digit)];
    if (value == kNoDigit) {
      return Status(StatusCode::Usage, "not valid base64: a character of another alphabet");
    }
    buffer = (buffer << kDigitBits) | value;
    bits += kDigitBits;
    if (bits >= 8) {
      bits -= 8;
      *place++ = static_cast<char>((buffer >> bits) & 0xFFU);
    }
  }
  const bool canonical = bits < kDigitBits && (buffer & ((1U << bits) - 1U)) == 0;
  if (!canonical) return Status(StatusCode::Usage, "not valid base64: cut short or not canonical");
  return bytes;
}

}  // namespace

void ByteWriter::long_varint(std::uint64_t value) {
  while (value >= 0x80U) {
    u8(static_cast<std::uint8_t>((value & 0x7FU) | 0x80U));
    value >>= 7U;
  }
  u8(static_cast<std::uint8_t>(value));
}

std::string_view ByteReader::take(std::size_t size) {
  if (failed_ || size > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t ByteReader::u8() {
  return little_endian<std::uint8_t>(take(1));
}
std::uint16_t ByteReader::u16() {
  return little_endian<std::uint16_t>(take(2));
}
std::uint32_t ByteReader::u32() {
  return little_endian<std::uint32_t>(take(4));
}
std::uint64_t ByteReader::u64() {
  return little_endian<std::uint64_t>(take(8));
}
std::uint16_t ByteReader::u16_big_endian() {
  return big_endian<std::uint16_t>(take(2));
}
std::uint64_t ByteReader::u64_big_endian() {
  return big_endian<std::uint64_t>(take(8));
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    const std::uint64_t low_bits = byte & 0x7FU;
    // The tenth byte has room for one bit, and a last byte of zero would be a second spelling.
    const bool overflows = shift == 63 && low_bits > 1;
    const bool padded = shift > 0 && byte == 0;
    if (failed_ || overflows || padded) break;
    value |= low_bits << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  failed_ = true;
  rest_ = {};
  return 0;
}

std::string_view ByteReader::raw(std::size_t size) {
  return take(size);
}

std::string_view ByteReader::sized() {
  const std::uint64_t size = varint();
  return take(size);
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<std::uint8_t>(byte) >> 4U]);
    text.push_back(kDigits[static_cast<std::uint8_t>(byte) & 0x0FU]);
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text = encode_base64(bytes, kBase64);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

std::string to_base64_url(std::string_view bytes) {
  return encode_base64(bytes, kBase64Url);
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return Status(StatusCode::Usage, "not valid base64: its length is not a multiple of 4");
  }
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode_base64(text, kBase64Values);
}

Result<std::string> from_base64_url(std::string_view text) {
  return decode_base64(text, kBase64UrlValues);
}

namespace {

struct Utf8Lead {
  std::size_t length;      // of the whole sequence; 0 when the byte can not begin one
  std::uint32_t bits;      // the lead's share of the code point
  std::uint32_t smallest;  // a smaller code point would be an overlong form
};

Utf8Lead utf8_lead(std::uint8_t byte) {
  if (byte < 0x80U) return {.length = 1, .bits = byte, .smallest = 0};
  if ((byte & 0xE0U) == 0xC0U) return {.length = 2, .bits = byte & 0x1FU, .smallest = 0x80};
  if ((byte & 0xF0U) == 0xE0U) return {.length = 3, .bits = byte & 0x0FU, .smallest = 0x800};
  if ((byte & 0xF8U) == 0xF0U) return {.length = 4, .bits = byte & 0x07U, .smallest = 0x10000};
  return {.length = 0, .bits = 0, .smallest = 0};
}

// The length of the valid sequence that `bytes` begin with, or 0.
std::size_t utf8_sequence(std::string_view bytes) {
  const Utf8Lead lead = utf8_lead(static_cast<std::uint8_t>(bytes.front()));
  if (lead.length == 0 || lead.length > bytes.size()) return 0;
  std::uint32_t code_point = lead.bits;
  for (const char raw : bytes.substr(1, lead.length - 1)) {
    const auto byte = static_cast<std::uint8_t>(raw);
    if ((byte & 0xC0U) != 0x80U) return 0;
    code_point = (code_point << 6U) | (byte & 0x3FU);
  }
  const bool surrogate = code_point >= 0xD800U && code_point <= 0xDFFFU;
  const bool in_range = code_point >= lead.smallest && code_point <= 0x10FFFFU;
  return in_range && !surrogate ? lead.length : 0;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace starling

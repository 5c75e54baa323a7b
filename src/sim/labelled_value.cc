#include "sim/labelled_value.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/hash.h"
#include "base/ids.h"

namespace starling::sim {
namespace {

// Hexadecimal digits of the checksum, which stands last.
constexpr std::size_t kChecksumDigits = 16;

}  // namespace

std::string make_labelled_value(std::string_view key, std::uint32_t write, std::uint32_t padding) {
  std::string value = std::to_string(write) + " of " + std::string(key) + " ";
  value.append(padding, '.');
  return value + starling::to_text(hash64(value));
}

std::optional<std::uint32_t> write_of_value(std::string_view key, std::string_view value) {
  if (value.size() < kChecksumDigits) return std::nullopt;
  const std::string_view content = value.substr(0, value.size() - kChecksumDigits);
  if (starling::to_text(hash64(content)) != value.substr(content.size())) return std::nullopt;
  std::uint32_t write = 0;
  const char* const end = content.data() + content.size();
  const auto [rest, error] =
      std::from_chars(content.data(), content.data() + content.size(), write);
  if (error != std::errc{}) return std::nullopt;
  const std::string label = " of " + std::string(key) + " ";
  const std::string_view behind(rest, static_cast<std::size_t>(end - rest));
  if (!behind.starts_with(label)) return std::nullopt;
  return write;
}

}  // namespace starling::sim

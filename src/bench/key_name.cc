#include "bench/key_name.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace starling::bench {
namespace {

std::string padded(std::uint64_t number, int base, std::size_t width) {
  std::array<char, 64> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, base);
  const auto length = static_cast<std::size_t>(end - digits.begin());
  std::string text(length < width ? width - length : 0, '0');
  return text.append(digits.data(), length);
}

}  // namespace

std::string record_key(std::uint64_t record) {
  return "user" + padded(record, 10, 12);
}

std::string inserted_key(std::uint32_t run, std::uint64_t number) {
  return "i" + padded(run, 16, 8) + padded(number, 16, 7);
}

}  // namespace starling::bench

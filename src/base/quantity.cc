#include "base/quantity.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"

namespace starling {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kTimeUnits{{{"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 5> kSizeUnits{
    {{"", 1}, {"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};

template <std::size_t Count>
Result<std::uint64_t> parse_with_units(std::string_view text, const std::array<Unit, Count>& units,
                                       std::string_view expected) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit_name =
      text.substr(static_cast<std::size_t>(end - text.data()), std::string_view::npos);
  if (error == std::errc()) {
    for (const Unit& unit : units) {
      const auto limit =
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor;
      if (unit.name == unit_name && number <= limit) return number * unit.factor;
    }
  }
  return Status(StatusCode::Usage, "'" + std::string(text) + "' is not a " + std::string(expected));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  const Result<std::uint64_t> parsed = parse_with_units(
      text, kTimeUnits, "duration: write a whole number and a unit (us, ms, s, m, h), like 10s");
  if (!parsed.ok()) return parsed.status();
  return Duration(static_cast<Duration::rep>(*parsed));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_units(text, kSizeUnits,
                          "size: write a whole number and a unit (B, KiB, MiB, GiB), like 64MiB");
}

std::string format_size(std::uint64_t bytes) {
  std::size_t unit = 1;
  while (unit + 1 < kSizeUnits.size() && bytes >= kSizeUnits.at(unit + 1).factor) ++unit;
  const std::uint64_t factor = kSizeUnits.at(unit).factor;
  const std::uint64_t tenths = (bytes % factor) * 10 / factor;
  std::string text = std::to_string(bytes / factor);
  if (tenths != 0) text += "." + std::to_string(tenths);
  return text + " " + std::string(kSizeUnits.at(unit).name);
}

}  // namespace starling

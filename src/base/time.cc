#include "base/time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace starling {
namespace {

// The years 0000 to 9999, which four digits can say. Servers and records may hold any number, and
// the calendar of <chrono> ends at 32767.
constexpr WallTime kEarliest{.milliseconds = -62'167'219'200'000};
constexpr WallTime kLatest{.milliseconds = 253'402'300'799'999};

}  // namespace

std::string to_iso8601(WallTime time) {
  using std::chrono::milliseconds;
  using std::chrono::sys_days;
  using std::chrono::sys_time;
  const sys_time<milliseconds> point{
      milliseconds(std::clamp(time, kEarliest, kLatest).milliseconds)};
  // NOLINTNEXTLINE(misc-include-cleaner): <chrono> has both, the check does not know it.
  const sys_days day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02lld.%03lldZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
      static_cast<long>(clock.minutes().count()), static_cast<long long>(clock.seconds().count()),
      static_cast<long long>(clock.subseconds().count()));
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace starling

#include "daemon/flag.h"

#include <algorithm>
#include <string_view>

namespace starling {

bool is_flag(std::string_view name) {
  return std::ranges::any_of(kFlags, [name](const Flag& flag) { return flag.name == name; });
}

GivenValues merged(GivenValues higher, const GivenValues& lower) {
  higher.insert(lower.begin(), lower.end());
  return higher;
}

}  // namespace starling

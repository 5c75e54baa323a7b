#include "daemon/memory_share.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace starling {
namespace {

// Inside a container this is the limit of the container; elsewhere there is no such file.
constexpr const char* kMemoryLimitFile = "/sys/fs/cgroup/memory.max";

std::uint64_t memory_of_the_machine() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return 0;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

}  // namespace

std::uint64_t usable_memory_bytes() {
  std::ifstream file(kMemoryLimitFile);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::uint64_t limit = parse_memory_limit(text);
  const std::uint64_t machine = memory_of_the_machine();
  return limit == 0 ? machine : std::min(machine, limit);
}

std::uint64_t parse_memory_limit(std::string_view text) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() ? bytes : 0;
}

}  // namespace starling

#include "daemon/descriptor_limit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <sys/resource.h>

namespace starling {
namespace {

// Tables that LevelDB keeps open; connections of the HTTP port; those that have not greeted yet;
// and, with peers and logs, what else a process has.
constexpr std::uint64_t kOfOthers = 1000 + 1024 + 256 + 128;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::size_t clients_within(std::uint64_t descriptors, std::size_t clients) {
  const std::uint64_t beside = descriptors - std::min(descriptors, kOfOthers);
  return std::min<std::uint64_t>(clients, std::max(beside, descriptors / 4));
}

}  // namespace starling

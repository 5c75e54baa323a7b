#include "cli/progress.h"

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "cli/console.h"

namespace starling::cli {
namespace {

// Often enough to look alive, seldom enough to cost nothing.
constexpr std::chrono::milliseconds kInterval{200};

}  // namespace

Progress::Progress(Console& console, std::string verb)
    : console_(console), verb_(std::move(verb)), started_(std::chrono::steady_clock::now()) {}

void Progress::show(std::uint64_t done, std::uint64_t failed) {
  const auto now = std::chrono::steady_clock::now();
  if (!console_.err_is_terminal || now - shown_ < kInterval) return;
  shown_ = now;
  visible_ = true;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  console_.err << fmt::format("\r{} {}, failed {}, {:.0f} a second\x1b[K", verb_, done, failed,
                              rate)
               << std::flush;
}

void Progress::finish() {
  if (visible_) console_.err << "\r\x1b[K" << std::flush;
}

}  // namespace starling::cli

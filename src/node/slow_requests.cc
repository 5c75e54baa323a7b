#include "node/slow_requests.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/time.h"

namespace starling {
namespace {

constexpr std::size_t kShownBytesMax = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// A key may be anything; a line of a log may not.
std::string shown(std::string_view text) {
  std::string shown;
  for (const char byte : text.substr(0, kShownBytesMax)) {
    const bool printable = byte > ' ' && byte <= '~' && byte != '\\';
    if (printable) {
      shown += byte;
      continue;
    }
    const auto number = static_cast<unsigned char>(byte);
    shown += "\\x";
    shown += kHexDigits[number >> 4U];
    shown += kHexDigits[number & 15U];
  }
  if (text.size() > kShownBytesMax) shown += "...";
  return shown;
}

// "1203.4", in milliseconds.
std::string milliseconds_text(Duration duration) {
  const auto tenths =
      std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>>(
          duration)
          .count();
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void add_event(std::string& line, const TraceEvent& event, const std::string& first_node) {
  line += milliseconds_text(event.at);
  if (event.node != first_node) line += " at " + shown(event.node);
  line += " ";
  line += trace_event_name(event.kind);
  for (const std::string* const word : {&event.peer, &event.result}) {
    if (!word->empty()) line += " " + shown(*word);
  }
  if (!event.home.empty()) line += " for " + shown(event.home);
}

// Several questions at once read as one.
bool continues(const TraceEvent& event, const TraceEvent& before) {
  return event.kind == before.kind && event.node == before.node && event.result.empty() &&
         event.home.empty() && before.home.empty() && !event.peer.empty() &&
         event.at - before.at < std::chrono::microseconds(100);
}

}  // namespace

bool SlowRequests::takes_line(Instant now) {
  if (now - second_begun_ >= std::chrono::seconds(1)) {
    second_begun_ = now;
    lines_ = 0;
  }
  const bool takes = lines_ < kLinesPerSecondMax;
  if (takes) {
    ++lines_;
  } else {
    ++left_out_;
  }
  return takes;
}

void SlowRequests::tell(const Request& request, const Trace& trace) {
  std::string line = slow_request_line(request, trace);
  const std::uint64_t left_out = std::exchange(left_out_, 0);
  if (left_out > 0) line += "; " + std::to_string(left_out) + " more before it were not logged";
  log_.warning(line);
}

std::string slow_request_line(const SlowRequests::Request& request, const Trace& trace) {
  std::string line = "slow request: ";
  line.append(request.kind).append(" ").append(shown(request.address.bucket)).append("/");
  line.append(shown(request.address.key)).append(" at ").append(request.level.to_text());
  line.append(" took ").append(milliseconds_text(request.took)).append(" ms, ");
  line.append(status_code_name(request.result));
  const TraceEvent* before = nullptr;
  for (const TraceEvent& event : trace.events) {
    if (before != nullptr && continues(event, *before)) {
      line += " " + shown(event.peer);
    } else {
      line += before == nullptr ? ": " : ", ";
      add_event(line, event, trace.events.front().node);
    }
    before = &event;
  }
  if (trace.left_out > 0) line += ", and " + std::to_string(trace.left_out) + " more";
  return line;
}

}  // namespace starling

#pragma once

// SlowRequests: the log of requests that took long, one line each with what happened when, so that
// the cause can be seen afterwards, when nobody asked for a trace. At most kLinesPerSecondMax lines
// a second: where everything is slow, the first of them tell enough.

#include <cstdint>
#include <string>
#include <string_view>

#include "starling/options.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/log.h"
#include "base/time.h"
#include "message/client_messages.h"

namespace starling {

class SlowRequests {
 public:
  static constexpr std::uint32_t kLinesPerSecondMax = 10;

  struct Request {
    std::string_view kind;  // "put", ...
    const KeyAddress& address;
    Level level;
    StatusCode result = StatusCode::Ok;
    Duration took{};
  };

  // `threshold`: what takes as long is slow; zero: nothing is. The log outlives this.
  SlowRequests(Log& log, Duration threshold) : log_(log), threshold_(threshold) {}

  [[nodiscard]] bool is_on() const { return threshold_ > Duration::zero(); }
  [[nodiscard]] bool is_slow(Duration took) const { return is_on() && took >= threshold_; }
  // Whether a slow request that ended `now` gets a line; the others are counted, and the next line
  // says how many they were.
  [[nodiscard]] bool takes_line(Instant now);
  // REQUIRES: takes_line() said so.
  void tell(const Request& request, const Trace& trace);

 private:
  Log& log_;
  Duration threshold_;
  Instant second_begun_{};
  std::uint32_t lines_ = 0;  // of that second
  std::uint64_t left_out_ = 0;
};

// The line. What comes from outside is cut, and shown as printable ASCII.
[[nodiscard]] std::string slow_request_line(const SlowRequests::Request& request,
                                            const Trace& trace);

}  // namespace starling

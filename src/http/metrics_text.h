#pragma once

// MetricsText: writes metrics in Prometheus' text format (version 0.0.4). Own code, for the format
// is a few lines, and the usual library locks a mutex and looks up strings at each observation:
// here the counting is an increment in a plain struct, and the text is only made when it is asked
// for.
//
//   # HELP starling_requests_in_flight Requests that are not answered yet.
//   # TYPE starling_requests_in_flight gauge
//   starling_requests_in_flight 3

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/histogram.h"

namespace starling {

class MetricsText {
 public:
  enum class Kind : std::uint8_t { Counter, Gauge, Histogram };
  struct Label {
    std::string_view name;
    std::string_view value;  // escaped when it is written
  };
  using Labels = std::initializer_list<Label>;

  // Which of a histogram's bounds are written, and in which unit. What is beyond them counts as
  // more than the last.
  struct Scale {
    double divisor = 1;  // so many of what was recorded are one of what is written
    std::size_t first = 0;
    std::size_t last = 0;  // buckets of Histogram
    std::size_t step = 1;  // 2: whole doublings only
  };
  // From 33 microseconds to 17 seconds, of nanoseconds.
  static constexpr Scale kSeconds{.divisor = 1e9, .first = 29, .last = 67, .step = 1};
  // From 1 to 4096.
  static constexpr Scale kNumbers{.divisor = 1, .first = 0, .last = 23, .step = 1};
  // From 64 bytes to 16 MiB.
  static constexpr Scale kBytes{.divisor = 1, .first = 11, .last = 47, .step = 2};

  // Begins a family: the samples that follow are its own. Every family is written, also one without
  // samples, so that whoever looks for a name finds it. REQUIRES: each name once.
  void family(std::string_view name, Kind kind, std::string_view help);
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  void sample(Labels labels, const Histogram& histogram, const Scale& scale);

  // A family with one sample without labels.
  template <typename Value>
  void single(std::string_view name, Kind kind, std::string_view help, Value value) {
    family(name, kind, help);
    sample({}, value);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, Labels labels, std::string_view bound, std::string_view value);

  std::string text_;
  std::string family_;
};

}  // namespace starling

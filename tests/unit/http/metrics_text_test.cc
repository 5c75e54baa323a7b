#include "http/metrics_text.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "base/histogram.h"
#include "base/time.h"

namespace starling {
namespace {

using Kind = MetricsText::Kind;

TEST_CASE("MetricsText: a family has its help, its type and its samples") {
  MetricsText text;
  text.family("starling_things_total", Kind::Counter, "Things.");
  text.sample({{.name = "kind", .value = "a"}, {.name = "peer", .value = "node1"}},
              std::uint64_t{7});
  text.single("starling_level", Kind::Gauge, "A level.", 0.25);
  CHECK(text.take() ==
        "# HELP starling_things_total Things.\n"
        "# TYPE starling_things_total counter\n"
        "starling_things_total{kind=\"a\",peer=\"node1\"} 7\n"
        "# HELP starling_level A level.\n"
        "# TYPE starling_level gauge\n"
        "starling_level 0.25\n");
}

TEST_CASE("MetricsText: what stands in a label can not end it") {
  MetricsText text;
  text.family("x", Kind::Gauge, "X.");
  text.sample({{.name = "name", .value = "a\"b\\c\nd"}}, std::uint64_t{1});
  CHECK(text.take().find("x{name=\"a\\\"b\\\\c\\nd\"} 1\n") != std::string::npos);
}

TEST_CASE("MetricsText: a histogram's buckets add up, and end at all that there is") {
  Histogram histogram;
  for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{100'000}}) {
    histogram.record(value);
  }
  MetricsText text;
  text.family("x", Kind::Histogram, "X.");
  text.sample({}, histogram, MetricsText::kNumbers);
  const std::string written = text.take();
  for (const char* const line : {"x_bucket{le=\"1\"} 1\n", "x_bucket{le=\"2\"} 1\n",
                                 "x_bucket{le=\"3\"} 2\n", "x_bucket{le=\"4096\"} 2\n",
                                 "x_bucket{le=\"+Inf\"} 3\n", "x_sum 100004\n", "x_count 3\n"}) {
    CAPTURE(line);
    CHECK(written.find(line) != std::string::npos);
  }
  CHECK(written.find("8192") == std::string::npos);
}

TEST_CASE("MetricsText: durations are written in seconds, however short or long") {
  Histogram histogram;
  histogram.record(Duration(std::chrono::nanoseconds(10)));
  histogram.record(Duration(std::chrono::microseconds(40)));
  histogram.record(Duration(std::chrono::minutes(1)));
  MetricsText text;
  text.family("x_seconds", Kind::Histogram, "X.");
  text.sample({{.name = "of", .value = "all"}}, histogram, MetricsText::kSeconds);
  const std::string written = text.take();
  CHECK(written.find("x_seconds_bucket{of=\"all\",le=\"3.2768e-05\"} 1\n") != std::string::npos);
  CHECK(written.find("x_seconds_bucket{of=\"all\",le=\"4.9152e-05\"} 2\n") != std::string::npos);
  CHECK(written.find("le=\"17.179869184\"} 2\n") == std::string::npos);  // nine digits
  CHECK(written.find("le=\"17.1798692\"} 2\n") != std::string::npos);
  CHECK(written.find("x_seconds_sum{of=\"all\"} 60.00004001\n") != std::string::npos);
}

TEST_CASE("MetricsText: sizes are written for whole doublings") {
  Histogram histogram;
  histogram.record(std::uint64_t{100});
  MetricsText text;
  text.family("x_bytes", Kind::Histogram, "X.");
  text.sample({}, histogram, MetricsText::kBytes);
  const std::string written = text.take();
  CHECK(written.find("x_bytes_bucket{le=\"64\"} 0\n") != std::string::npos);
  CHECK(written.find("x_bytes_bucket{le=\"128\"} 1\n") != std::string::npos);
  CHECK(written.find("x_bytes_bucket{le=\"16777216\"} 1\n") != std::string::npos);
  CHECK(written.find("le=\"96\"") == std::string::npos);
}

}  // namespace
}  // namespace starling

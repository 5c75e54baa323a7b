#include "node/request_metrics.h"

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

namespace starling {
namespace {

using Label = RequestMetrics::Label;

TEST_CASE("RequestMetrics: what was never recorded has no line") {
  const RequestMetrics metrics;
  CHECK(metrics.lines().empty());
}

TEST_CASE("RequestMetrics: kind, level and result each tell requests apart") {
  const std::vector<Label> labels{
      {.kind = RequestKind::Put, .level = Level::Name::Count, .result = StatusCode::Ok},
      {.kind = RequestKind::Put, .level = Level::Name::Count, .result = StatusCode::InDoubt},
      {.kind = RequestKind::Put, .level = Level::Name::All, .result = StatusCode::Ok},
      {.kind = RequestKind::Keys, .level = Level::Name::All, .result = StatusCode::Corruption}};
  RequestMetrics metrics;
  for (const Label& label : labels) metrics.record(label, std::chrono::milliseconds(1));
  metrics.record(labels.front(), std::chrono::milliseconds(2));
  const std::vector<RequestMetrics::Line> lines = metrics.lines();
  REQUIRE(lines.size() == labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    CAPTURE(i);
    CHECK(lines[i].label == labels[i]);
    CHECK(lines[i].latency.count() == (i == 0 ? 2 : 1));
  }
  CHECK(lines.front().latency.sum() == 3'000'000);
}

TEST_CASE("RequestMetrics: names are those of the command line") {
  CHECK(request_kind_name(RequestKind::Delete) == "delete");
  CHECK(level_label(Level::Name::Quorum) == "quorum");
  CHECK(level_label(Level::Name::Count) == "number");
}

}  // namespace
}  // namespace starling

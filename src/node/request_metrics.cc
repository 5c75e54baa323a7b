#include "node/request_metrics.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

namespace starling {

std::string_view request_kind_name(RequestKind kind) {
  switch (kind) {
    case RequestKind::Put:
      return "put";
    case RequestKind::Get:
      return "get";
    case RequestKind::Delete:
      return "delete";
    case RequestKind::Keys:
      return "keys";
  }
  return "unknown";
}

std::string_view level_label(Level::Name name) {
  switch (name) {
    case Level::Name::Count:
      return "number";
    case Level::Name::One:
      return "one";
    case Level::Name::Two:
      return "two";
    case Level::Name::Three:
      return "three";
    case Level::Name::Quorum:
      return "quorum";
    case Level::Name::All:
      return "all";
  }
  return "unknown";
}

std::vector<RequestMetrics::Line> RequestMetrics::lines() const {
  std::vector<Line> lines;
  for (std::size_t index = 0; index < histograms_.size(); ++index) {
    if (histograms_[index] == nullptr) continue;
    const std::size_t kind_and_level = index / kResults;
    lines.push_back({.label = {.kind = static_cast<RequestKind>(kind_and_level / kLevels),
                               .level = static_cast<Level::Name>(kind_and_level % kLevels),
                               .result = static_cast<StatusCode>(index % kResults)},
                     .latency = *histograms_[index]});
  }
  return lines;
}

}  // namespace starling

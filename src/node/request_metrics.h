#pragma once

// RequestMetrics: how long the requests of clients took at this node, by what they asked, at which
// level, and how they ended. From the request's arrival in the node to its answer's departure; a
// request that was refused before it began is not among them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "base/histogram.h"
#include "base/time.h"

namespace starling {

enum class RequestKind : std::uint8_t { Put, Get, Delete, Keys };
// "put", "get", ...
[[nodiscard]] std::string_view request_kind_name(RequestKind kind);
// "quorum", "all", ...; "number" for a level that was given as one.
[[nodiscard]] std::string_view level_label(Level::Name name);

class RequestMetrics {
 public:
  struct Label {
    RequestKind kind = RequestKind::Get;
    Level::Name level = Level::Name::Quorum;
    StatusCode result = StatusCode::Ok;
    friend bool operator==(const Label&, const Label&) = default;
  };
  struct Line {
    Label label;
    const Histogram& latency;
  };

  void record(const Label& label, Duration latency) {
    std::unique_ptr<Histogram>& histogram = histograms_[index_of(label)];
    if (histogram == nullptr) histogram = std::make_unique<Histogram>();
    histogram->record(latency);
  }
  // What was recorded at all. The histograms live as long as this does.
  [[nodiscard]] std::vector<Line> lines() const;

 private:
  static constexpr std::size_t kKinds = 4;
  static constexpr std::size_t kLevels = 6;
  static constexpr std::size_t kResults = static_cast<std::size_t>(StatusCode::Corruption) + 1;

  [[nodiscard]] static constexpr std::size_t index_of(const Label& label) {
    const std::size_t kind_and_level =
        static_cast<std::size_t>(label.kind) * kLevels + static_cast<std::size_t>(label.level);
    return kind_and_level * kResults + static_cast<std::size_t>(label.result);
  }

  // Made when they are first needed: a kilobyte each, and most are never.
  std::array<std::unique_ptr<Histogram>, kKinds * kLevels * kResults> histograms_;
};

}  // namespace starling

#include "http/metrics_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/histogram.h"

namespace starling {
namespace {

std::string_view name_of(MetricsText::Kind kind) {
  switch (kind) {
    case MetricsText::Kind::Counter:
      return "counter";
    case MetricsText::Kind::Gauge:
      return "gauge";
    case MetricsText::Kind::Histogram:
      return "histogram";
  }
  return "untyped";
}

// The shortest text that reads as the same number, whatever the locale.
std::string text_of(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(error);  // 32 characters hold every double
  return {digits.data(), end};
}

// A bound is a round number times a power of ten: nine digits say it without the dust.
std::string bound_text(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                          std::chars_format::general, 9);
  static_cast<void>(error);
  return {digits.data(), end};
}

std::string escaped(std::string_view value) {
  std::string text;
  for (const char character : value) {
    if (character == '\n') {
      text += "\\n";
      continue;
    }
    if (character == '\\' || character == '"') text += '\\';
    text += character;
  }
  return text;
}

}  // namespace

void MetricsText::family(std::string_view name, Kind kind, std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(name_of(kind)).append("\n");
}

void MetricsText::sample(Labels labels, std::uint64_t value) {
  line("", labels, {}, std::to_string(value));
}

void MetricsText::sample(Labels labels, double value) {
  line("", labels, {}, text_of(value));
}

void MetricsText::sample(Labels labels, const Histogram& histogram, const Scale& scale) {
  std::uint64_t below = 0;
  std::size_t counted = 0;
  for (std::size_t bucket = scale.first; bucket <= scale.last; bucket += scale.step) {
    for (; counted <= bucket; ++counted) below += histogram.count_in(counted);
    const double bound = static_cast<double>(Histogram::bound_of(bucket)) / scale.divisor;
    line("_bucket", labels, bound_text(bound), std::to_string(below));
  }
  const std::string count = std::to_string(histogram.count());
  line("_bucket", labels, "+Inf", count);
  line("_sum", labels, {}, text_of(static_cast<double>(histogram.sum()) / scale.divisor));
  line("_count", labels, {}, count);
}

void MetricsText::line(std::string_view suffix, Labels labels, std::string_view bound,
                       std::string_view value) {
  text_.append(family_).append(suffix);
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view label) {
    text_.append(1, before).append(name).append("=\"").append(escaped(label)).append("\"");
    before = ',';
  };
  for (const Label& label : labels) add(label.name, label.value);
  if (!bound.empty()) add("le", bound);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace starling

#include "http/target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/quantity.h"
#include "base/time.h"

namespace starling {
namespace {

// What the tool has or will have, and HTTP does not yet.
constexpr std::array<std::string_view, 6> kLaterOptions{"ttl",        "if-absent",  "if_absent",
                                                        "if-context", "if_context", "trace"};

Status refuse_target(std::string why) {
  return {StatusCode::Usage, std::move(why)};
}

// The value of a hexadecimal digit; nothing for another character.
std::optional<unsigned> digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return std::nullopt;
}

Result<std::string> query_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

Result<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      bytes += text[at];
      continue;
    }
    const auto high = at + 2 < text.size() ? digit_of(text[at + 1]) : std::nullopt;
    const auto low = high.has_value() ? digit_of(text[at + 2]) : std::nullopt;
    if (!low.has_value()) {
      return refuse_target("'" + std::string(text.substr(at, 3)) +
                           "' in the address is no percent-encoded byte: write '%' itself as %25");
    }
    bytes += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return bytes;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view option = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(option.size() + 1, text.size()));
    if (option.empty()) continue;
    const std::size_t sign = std::min(option.find('='), option.size());
    STARLING_ASSIGN_OR_RETURN(named, std::string name, query_decoded(option.substr(0, sign)));
    const std::string_view rest = option.substr(std::min(sign + 1, option.size()));
    STARLING_ASSIGN_OR_RETURN(valued, const std::string value, query_decoded(rest));
    if (query.options_.size() == kOptionsMax)
      return refuse_target("the query has too many options");
    const auto [place, is_new] = query.options_.try_emplace(std::move(name), value);
    if (!is_new) return refuse_target("the option '" + place->first + "' is given twice");
  }
  return query;
}

std::optional<std::string> Query::take(const std::string& name) {
  auto found = options_.extract(name);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

Result<Level> Query::take_level(const std::string& name, Level otherwise) {
  const std::optional<std::string> text = take(name);
  if (!text.has_value()) return otherwise;
  Result<Level> level = parse_level(*text);
  if (level.ok()) return level;
  return refuse_target(name + ": " + level.status().message());
}

Result<bool> Query::take_flag(const std::string& name) {
  const std::optional<std::string> text = take(name);
  if (!text.has_value() || *text == "false") return false;
  if (text->empty() || *text == "true") return true;
  return refuse_target(name + ": '" + *text + "' is neither true nor false");
}

Result<Duration> Query::take_timeout() {
  const std::optional<std::string> text = take("timeout");
  if (!text.has_value()) return Duration(kTimeoutDefault);
  Result<Duration> timeout = parse_duration(*text);
  if (!timeout.ok()) return refuse_target("timeout: " + timeout.status().message());
  if (*timeout > Duration::zero() && *timeout <= kTimeoutMax) return timeout;
  return refuse_target("the timeout must be more than 0 and at most 60s");
}

Result<std::uint32_t> Query::take_number(const std::string& name, std::uint32_t otherwise,
                                         std::uint32_t most) {
  const std::optional<std::string> text = take(name);
  if (!text.has_value()) return otherwise;
  std::uint32_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, number);
  const bool whole = error == std::errc() && stopped == end;
  if (whole && number >= 1 && number <= most) return number;
  return refuse_target(name + ": '" + *text + "' is no number from 1 to " + std::to_string(most));
}

Status Query::check_empty() const {
  if (options_.empty()) return Status::success();
  const std::string& name = options_.begin()->first;
  if (std::ranges::find(kLaterOptions, name) != kLaterOptions.end()) {
    return refuse_target("the option '" + name + "' is not in this version");
  }
  return refuse_target("'" + name + "' is no option of this request");
}

}  // namespace starling

#pragma once

// What stands in a request's target: parts of a path and options of a query, both percent-encoded,
// for a key may be any bytes (RFC 3986; in a query '+' is a space, as forms and most libraries
// write it).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"

namespace starling {

// Usage error where a '%' is not followed by two hexadecimal digits.
[[nodiscard]] Result<std::string> percent_decoded(std::string_view text);

// The options of one request. Whoever reads them takes them out; what is left is known to nobody.
class Query {
 public:
  // More than any request has; so a query costs little to refuse.
  static constexpr std::size_t kOptionsMax = 32;

  // Usage error: an encoding that is none, an option that is given twice, more than kOptionsMax.
  [[nodiscard]] static Result<Query> parse(std::string_view text);

  // Nothing where it was not given. Errors are Usage, and name the option.
  [[nodiscard]] std::optional<std::string> take(const std::string& name);
  [[nodiscard]] Result<Level> take_level(const std::string& name, Level otherwise);
  // Given without a value, or with "true" or "false".
  [[nodiscard]] Result<bool> take_flag(const std::string& name);
  // A time with its unit, more than 0 and at most kTimeoutMax; kTimeoutDefault if not given.
  [[nodiscard]] Result<Duration> take_timeout();
  // A whole number from 1 to `most`.
  [[nodiscard]] Result<std::uint32_t> take_number(const std::string& name, std::uint32_t otherwise,
                                                  std::uint32_t most);
  // Usage error that names what nobody took, and says so where a later version may know it.
  [[nodiscard]] Status check_empty() const;

 private:
  std::map<std::string, std::string> options_;
};

}  // namespace starling

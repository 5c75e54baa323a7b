#pragma once

// Endpoint: where a node is reached, as people write it: "host:port", "[::1]:7400".

#include <string>
#include <string_view>

#include "starling/result.h"

namespace starling {

struct Endpoint {
  std::string host;  // without brackets
  std::string port;  // 1 to 65535
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "host:port", as parse_endpoint reads it.
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

// Usage error that quotes the text.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace starling

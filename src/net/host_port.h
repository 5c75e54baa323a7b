#pragma once

// HostPort: "HOST:PORT" as flags and founding lists spell it, IPv6 in brackets: "[::1]:7400".

#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

namespace starling {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string to_text() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Usage error that says what is wrong with `text`. Port 0 (any free one) is refused: nobody could
// be told where to dial.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

// "localhost", 127.0.0.0/8 or ::1: only this machine can reach it.
[[nodiscard]] bool is_loopback(std::string_view host);
// "0.0.0.0" or "::": fine to listen at, impossible to dial from elsewhere.
[[nodiscard]] bool is_wildcard(std::string_view host);

}  // namespace starling

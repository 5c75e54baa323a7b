#include "net/host_port.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

// The longest name that DNS knows.
constexpr std::size_t kHostBytesMax = 253;

Status bad_address(std::string_view text, const std::string& why) {
  return {StatusCode::Usage,
          "'" + std::string(text) + "' is no address: " + why + " (write HOST:PORT)"};
}

bool is_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool has_foreign_characters(std::string_view host, bool bracketed) {
  const std::string_view allowed = bracketed ? "0123456789abcdefABCDEF:.%"
                                             : "abcdefghijklmnopqrstuvwxyz"
                                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  // A zone id ("%eth0") names an interface in letters.
  return host.substr(0, host.find('%')).find_first_not_of(allowed) != std::string_view::npos;
}

}  // namespace

std::string HostPort::to_text() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad_address(text, "the host is missing");
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return bad_address(text, "an IPv6 host stands in brackets");
  }
  if (host.size() > kHostBytesMax || has_foreign_characters(host, bracketed)) {
    return bad_address(text, "the host is neither a name nor an IP address");
  }
  HostPort result{.host = std::string(host)};
  if (!is_port(text.substr(colon + 1), result.port)) {
    return bad_address(text, "the port is not a number from 1 to 65535");
  }
  return result;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return numeric && host.starts_with("127.");
}

bool is_wildcard(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

}  // namespace starling

#include "client/endpoint.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

Status refuse(std::string_view text) {
  return {StatusCode::Usage,
          "endpoint '" + std::string(text) + "': an endpoint is HOST:PORT, like 127.0.0.1:7400"};
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && stopped == text.data() + text.size() && port > 0;
}

}  // namespace

std::string to_text(const Endpoint& endpoint) {
  const bool needs_brackets = endpoint.host.find(':') != std::string::npos;
  const std::string host = needs_brackets ? "[" + endpoint.host + "]" : endpoint.host;
  return host + ":" + endpoint.port;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return refuse(text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Without brackets nobody can say which colon of an IPv6 address begins the port.
  const bool ambiguous = !bracketed && host.find_first_of(":[]") != std::string_view::npos;
  if (host.empty() || ambiguous) return refuse(text);
  return Endpoint{.host = std::string(host), .port = std::string(text.substr(colon + 1))};
}

Result<std::vector<std::string>> parse_endpoints(std::string_view text) {
  std::vector<std::string> endpoints;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    const Result<Endpoint> endpoint = parse_endpoint(entry);
    if (!endpoint.ok()) return endpoint.status();
    endpoints.emplace_back(entry);
    if (comma == std::string_view::npos) return endpoints;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace starling

#pragma once

// HttpRequest and HttpResponse: what the routes see of HTTP.

#include <string>
#include <string_view>

namespace starling {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // path and query, as they were sent
  bool keep_alive = true;

  [[nodiscard]] std::string_view path() const {
    return std::string_view(target).substr(0, target.find('?'));
  }
  // Without the question mark; empty where there is none.
  [[nodiscard]] std::string_view query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view()
                                     : std::string_view(target).substr(mark + 1);
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;  // the methods that exist, where another was asked for
};

// The whole answer. To a HEAD request it has no body, but the length of the one that GET gets.
[[nodiscard]] std::string to_bytes(const HttpResponse& response, const HttpRequest& request);
// The JSON that every error has: {"error":{"code":…,"message":…,…}}. `code` is one of README's
// table. REQUIRES: `message` is plain ASCII without quotes and backslashes.
[[nodiscard]] HttpResponse error_response(int status, std::string_view code,
                                          std::string_view message);

}  // namespace starling

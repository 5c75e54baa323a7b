#pragma once

// HttpRequest and HttpResponse: what is understood of HTTP, and what is answered.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/status.h"

namespace starling {

// The header fields that mean something here; the others are passed over.
enum class HttpField : std::uint8_t {
  Accept,
  ContentEncoding,
  ContentRange,
  ContentType,
  Context,  // X-Starling-Context
  Expect,
  IfMatch,
  IfNoneMatch,
  TransferEncoding,
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // path and query, as they were sent
  bool keep_alive = true;
  std::map<HttpField, std::string> fields{};  // without the space around them
  // Of the body, where it was told; a chunked one tells nothing.
  std::optional<std::uint64_t> content_length{};
  bool chunked = false;

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  // Empty where it was not sent.
  [[nodiscard]] std::string_view field(HttpField name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  }
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

inline constexpr const char* kJsonType = "application/json";
inline constexpr const char* kContextField = "X-Starling-Context";

struct HttpResponse {
  struct Field {
    std::string name;
    std::string value;  // REQUIRES: no control character
  };

  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<Field> fields{};
  // What is told of a node is true for the moment only.
  std::string cache_control = "no-store";

  // Statuses that say all: a body would be taken for the next answer.
  [[nodiscard]] bool has_body() const { return status != 204 && status != 304; }
};

enum class HttpConnectionEnd : std::uint8_t { KeepAlive, Close };

// Everything before the body, the length of the body included. To a HEAD request the body itself is
// not sent.
[[nodiscard]] std::string head_bytes(const HttpResponse& response, HttpConnectionEnd end);

// An error as JSON, with the HTTP status of its code (README's table). Overloaded comes with
// Retry-After, in whole seconds.
[[nodiscard]] HttpResponse error_response(const Status& error);
// The same with a status that only HTTP knows.
[[nodiscard]] HttpResponse error_response(int http_status, const Status& error);

}  // namespace starling

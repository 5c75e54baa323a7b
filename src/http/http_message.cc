#include "http/http_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "starling/status.h"

#include "json/answer_json.h"

namespace starling {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr std::array<Reason, 20> kReasons{{
    {200, "OK"},
    {204, "No Content"},
    {300, "Multiple Choices"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
    {505, "HTTP Version Not Supported"},
}};

std::string_view reason_of(int status) {
  const auto* const found = std::ranges::find(kReasons, status, &Reason::status);
  return found == kReasons.end() ? "Error" : found->phrase;
}

void add_field(std::string& bytes, std::string_view name, std::string_view value) {
  bytes.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string head_bytes(const HttpResponse& response, HttpConnectionEnd end) {
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string(reason_of(response.status)) + "\r\n";
  if (response.has_body()) {
    add_field(bytes, "Content-Type", response.content_type);
    add_field(bytes, "Content-Length", std::to_string(response.body.size()));
  }
  for (const HttpResponse::Field& field : response.fields) {
    add_field(bytes, field.name, field.value);
  }
  add_field(bytes, "Cache-Control", response.cache_control);
  add_field(bytes, "Connection", end == HttpConnectionEnd::Close ? "close" : "keep-alive");
  bytes += "\r\n";
  return bytes;
}

HttpResponse error_response(const Status& error) {
  const int status = http_status_of(error.code());
  return error_response(status == 0 ? 503 : status, error);
}

HttpResponse error_response(int http_status, const Status& error) {
  HttpResponse response{
      .status = http_status, .content_type = kJsonType, .body = json_of(error) + "\n"};
  if (http_status != 429 && error.retry_after().count() == 0) return response;
  // HTTP counts whole seconds; the JSON has what was meant.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(error.retry_after());
  response.fields.push_back(
      {.name = "Retry-After", .value = std::to_string(std::max<long>(seconds.count(), 1))});
  return response;
}

}  // namespace starling

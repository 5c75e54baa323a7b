#include "http/http_message.h"

#include <string>
#include <string_view>

namespace starling {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Payload Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

std::string header(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + std::string(value) + "\r\n";
}

}  // namespace

std::string to_bytes(const HttpResponse& response, const HttpRequest& request) {
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string(reason_of(response.status)) + "\r\n";
  bytes += header("Content-Type", response.content_type);
  bytes += header("Content-Length", std::to_string(response.body.size()));
  if (!response.allow.empty()) bytes += header("Allow", response.allow);
  // What is asked here is true for the moment only.
  bytes += header("Cache-Control", "no-store");
  bytes += header("Connection", request.keep_alive ? "keep-alive" : "close");
  bytes += "\r\n";
  if (request.method != "HEAD") bytes += response.body;
  return bytes;
}

HttpResponse error_response(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .content_type = "application/json",
          .body = R"({"error":{"code":")" + std::string(code) + R"(","message":")" +
                  std::string(message) + R"(","in_doubt":false,"retryable":false}})" + "\n",
          .allow = {}};
}

}  // namespace starling

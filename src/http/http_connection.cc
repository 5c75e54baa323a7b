#include "http/http_connection.h"

#include <optional>
#include <string_view>
#include <vector>

#include "http/http_message.h"
#include "http/request_parser.h"

namespace starling {
namespace {

// What a failure's answer is written for: no method, and no request after it.
const HttpRequest kNotUnderstood{.method = {}, .target = {}, .keep_alive = false};

}  // namespace

void HttpConnection::on_bytes(std::string_view bytes) {
  if (finished_) return;
  std::vector<HttpRequest> requests;
  const std::optional<RequestParser::Failure> failure = parser_.feed(bytes, requests);
  for (const HttpRequest& request : requests) {
    stream_.write(to_bytes(routes_.answer(request), request));
    finished_ = !request.keep_alive;
  }
  if (failure.has_value() && !finished_) {
    const HttpResponse answer = error_response(failure->status, "usage", failure->message);
    stream_.write(to_bytes(answer, kNotUnderstood));
    finished_ = true;
  }
  if (finished_) stream_.finish();
}

}  // namespace starling

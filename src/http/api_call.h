#pragma once

// ApiCall: what a request below /v1/ asks of the node, in the words of the native protocol: an HTTP
// client is a client like any other, and everything it asks is judged where theirs is. Made from
// the head alone, so that what can not be answered is refused before its body costs anything.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "http/http_message.h"
#include "message/client_messages.h"

namespace starling {

// What has to be known of a request when its answer is there.
struct ApiQuestion {
  KeyAddress address;          // of a listing: the bucket alone
  bool wants_json = false;     // by its Accept, where there is a choice
  bool wants_one_row = false;  // of the ring: the owners of one key
  std::string if_none_match;   // of a read; empty: not asked
};

struct ApiCall {
  ApiQuestion question;
  ClientRequest request;  // of a put without its value, its checksum and its number
  [[nodiscard]] bool is_put() const { return std::holds_alternative<ClientPut>(request.body); }
};

// Whether it is this file's affair.
[[nodiscard]] bool is_api_path(std::string_view path);

// The call, or the answer that says why it is none: 400, 405, 413 or 501.
[[nodiscard]] std::variant<ApiCall, HttpResponse> api_call_of(const HttpRequest& head);

// For every route: the methods that it has are named in the answer.
[[nodiscard]] HttpResponse wrong_method(const std::string& allowed);

}  // namespace starling

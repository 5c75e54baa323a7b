#include "http/request_parser.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <llhttp.h>

#include "http/http_message.h"

namespace starling {

struct RequestParser::State {
  llhttp_t parser{};
  llhttp_settings_t settings{};
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
  HttpRequest request;
  std::vector<HttpRequest>* requests = nullptr;  // only within feed()
  std::optional<Failure> failure;

  State();

  static State& of(llhttp_t* parser) { return *static_cast<State*>(parser->data); }
  static int on_begin(llhttp_t* parser);
  static int on_target(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_header(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_body(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_complete(llhttp_t* parser);
  int refuse(int status, std::string message);
  int count_header(std::size_t size);
};

RequestParser::State::State() {
  llhttp_settings_init(&settings);
  settings.on_message_begin = on_begin;
  settings.on_url = on_target;
  settings.on_header_field = on_header;
  settings.on_header_value = on_header;
  settings.on_body = on_body;
  settings.on_message_complete = on_complete;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = this;
}

int RequestParser::State::refuse(int status, std::string message) {
  failure = Failure{.status = status, .message = std::move(message)};
  return HPE_USER;
}

int RequestParser::State::count_header(std::size_t size) {
  header_bytes += size;
  if (header_bytes <= kHttpHeaderBytesMax) return HPE_OK;
  return refuse(431, "target and headers are longer than 32 KiB together");
}

int RequestParser::State::on_begin(llhttp_t* parser) {
  State& state = of(parser);
  state.header_bytes = 0;
  state.body_bytes = 0;
  state.request = {};
  return HPE_OK;
}

int RequestParser::State::on_target(llhttp_t* parser, const char* bytes, std::size_t size) {
  State& state = of(parser);
  state.request.target.append(bytes, size);
  return state.count_header(size);
}

int RequestParser::State::on_header(llhttp_t* parser, const char* /*bytes*/, std::size_t size) {
  return of(parser).count_header(size);
}

int RequestParser::State::on_body(llhttp_t* parser, const char* /*bytes*/, std::size_t size) {
  State& state = of(parser);
  state.body_bytes += size;
  if (state.body_bytes <= kHttpBodyBytesMax) return HPE_OK;
  return state.refuse(413, "the body is longer than 16 MiB");
}

int RequestParser::State::on_complete(llhttp_t* parser) {
  State& state = of(parser);
  state.request.method = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
  state.request.keep_alive = llhttp_should_keep_alive(parser) == 1;
  state.requests->push_back(std::exchange(state.request, {}));
  return HPE_OK;
}

RequestParser::RequestParser() : state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

std::optional<RequestParser::Failure> RequestParser::feed(std::string_view bytes,
                                                          std::vector<HttpRequest>& requests) {
  if (state_->failure.has_value()) return state_->failure;
  state_->requests = &requests;
  const llhttp_errno_t code = llhttp_execute(&state_->parser, bytes.data(), bytes.size());
  state_->requests = nullptr;
  if (code != HPE_OK && !state_->failure.has_value()) {
    state_->failure = Failure{.status = 400, .message = "this is not HTTP/1.1"};
  }
  return state_->failure;
}

}  // namespace starling

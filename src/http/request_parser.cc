#include "http/request_parser.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <llhttp.h>

#include "base/assert.h"
#include "http/http_message.h"

namespace starling {
namespace {

struct FieldName {
  std::string_view name;  // in lower case
  HttpField field;
  bool is_list;  // sent twice, it means both together
};

constexpr std::array<FieldName, 9> kFieldNames{{
    {"accept", HttpField::Accept, true},
    {"content-encoding", HttpField::ContentEncoding, true},
    {"content-range", HttpField::ContentRange, false},
    {"content-type", HttpField::ContentType, false},
    {"x-starling-context", HttpField::Context, false},
    {"expect", HttpField::Expect, true},
    {"if-match", HttpField::IfMatch, true},
    {"if-none-match", HttpField::IfNoneMatch, true},
    {"transfer-encoding", HttpField::TransferEncoding, true},
}};

bool is_same_name(std::string_view sent, std::string_view lower_case) {
  return std::ranges::equal(sent, lower_case, [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == right;
  });
}

// A client that takes this node for a proxy names it in the target; what it asks for is the same.
void strip_authority(std::string& target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return;
  const std::size_t end = target.find_first_of("/?", kScheme.size());
  target.erase(0, end);
  if (!target.starts_with("/")) target.insert(0, "/");
}

}  // namespace

struct RequestParser::State {
  llhttp_t parser{};
  llhttp_settings_t settings{};
  Events& events;
  std::size_t header_bytes = 0;
  bool within_request = false;
  bool has_head = false;
  std::string name;   // of the header field that comes
  std::string value;  // ... and what it holds
  HttpRequest request;
  std::optional<Failure> failure;

  explicit State(Events& listener);

  static State& of(llhttp_t* parser) { return *static_cast<State*>(parser->data); }
  static int on_begin(llhttp_t* parser);
  static int on_target(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_name(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_value(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_value_complete(llhttp_t* parser);
  static int on_head(llhttp_t* parser);
  static int on_body(llhttp_t* parser, const char* bytes, std::size_t size);
  static int on_complete(llhttp_t* parser);
  [[nodiscard]] std::size_t room() const;
  int refuse(int status, std::string message);
  int count_header(std::size_t size);
  int keep_field(const FieldName& known, std::string sent);
};

RequestParser::State::State(Events& listener) : events(listener) {
  llhttp_settings_init(&settings);
  settings.on_message_begin = on_begin;
  settings.on_url = on_target;
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_header_value_complete = on_value_complete;
  settings.on_headers_complete = on_head;
  settings.on_body = on_body;
  settings.on_message_complete = on_complete;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = this;
}

int RequestParser::State::refuse(int status, std::string message) {
  failure = Failure{.status = status, .message = std::move(message)};
  return HPE_USER;
}

// How many bytes may be looked at before what they add to the headers must be counted. Else a fault
// behind the bound would be met first or not, by where the stream was cut.
std::size_t RequestParser::State::room() const {
  if (!within_request) return kHttpHeaderBytesMax + 1;
  const bool has_trailers = request.chunked;
  if (has_head && !has_trailers) return std::string_view::npos;
  return kHttpHeaderBytesMax + 1 - header_bytes;
}

int RequestParser::State::count_header(std::size_t size) {
  header_bytes += size;
  if (header_bytes <= kHttpHeaderBytesMax) return HPE_OK;
  return refuse(431, "target and headers are longer than 32 KiB together");
}

int RequestParser::State::on_begin(llhttp_t* parser) {
  State& state = of(parser);
  state.header_bytes = 0;
  state.within_request = true;
  state.has_head = false;
  state.request = {};
  return HPE_OK;
}

int RequestParser::State::on_target(llhttp_t* parser, const char* bytes, std::size_t size) {
  State& state = of(parser);
  state.request.target.append(bytes, size);
  return state.count_header(size);
}

int RequestParser::State::on_name(llhttp_t* parser, const char* bytes, std::size_t size) {
  State& state = of(parser);
  state.name.append(bytes, size);
  return state.count_header(size);
}

int RequestParser::State::on_value(llhttp_t* parser, const char* bytes, std::size_t size) {
  State& state = of(parser);
  state.value.append(bytes, size);
  return state.count_header(size);
}

// Only what has a meaning is kept; trailers have none.
int RequestParser::State::on_value_complete(llhttp_t* parser) {
  State& state = of(parser);
  const std::string name = std::exchange(state.name, {});
  std::string value = std::exchange(state.value, {});
  if (state.has_head) return HPE_OK;
  const auto* const known = std::ranges::find_if(
      kFieldNames, [&](const FieldName& each) { return is_same_name(name, each.name); });
  if (known == kFieldNames.end()) return HPE_OK;
  return state.keep_field(*known, std::move(value));
}

int RequestParser::State::keep_field(const FieldName& known, std::string sent) {
  while (!sent.empty() && (sent.back() == ' ' || sent.back() == '\t')) sent.pop_back();
  const auto [place, is_new] = request.fields.try_emplace(known.field, sent);
  if (is_new) return HPE_OK;
  if (!known.is_list) return refuse(400, "the header " + std::string(known.name) + " came twice");
  place->second += ", " + sent;
  return HPE_OK;
}

int RequestParser::State::on_head(llhttp_t* parser) {
  State& state = of(parser);
  state.has_head = true;
  HttpRequest& request = state.request;
  request.method = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
  strip_authority(request.target);
  request.keep_alive = llhttp_should_keep_alive(parser) == 1;
  request.chunked = (parser->flags & F_CHUNKED) != 0;
  if ((parser->flags & F_CONTENT_LENGTH) != 0) request.content_length = parser->content_length;
  // An offer to change the protocol may be passed over. CONNECT is none, and ends the stream.
  if (parser->method != HTTP_CONNECT) parser->upgrade = 0;
  state.events.on_head(request);
  return HPE_OK;
}

int RequestParser::State::on_body(llhttp_t* parser, const char* bytes, std::size_t size) {
  of(parser).events.on_body(std::string_view(bytes, size));
  return HPE_OK;
}

int RequestParser::State::on_complete(llhttp_t* parser) {
  of(parser).within_request = false;
  return HPE_PAUSED;
}

RequestParser::RequestParser(Events& events) : state_(std::make_unique<State>(events)) {}
RequestParser::~RequestParser() = default;

bool RequestParser::within_request() const {
  return state_->within_request;
}

bool RequestParser::within_body() const {
  return state_->within_request && state_->has_head;
}

const RequestParser::Failure& RequestParser::failure() const {
  const std::optional<Failure>& failure = state_->failure;
  STARLING_CHECK(failure.has_value());
  return *failure;
}

RequestParser::Progress RequestParser::feed(std::string_view bytes) {
  State& state = *state_;
  if (state.failure.has_value()) return {.outcome = Outcome::Failed, .taken = 0};
  std::size_t taken = 0;
  llhttp_errno_t code = HPE_OK;
  do {
    const std::string_view piece = bytes.substr(taken, state.room());
    llhttp_resume(&state.parser);
    code = llhttp_execute(&state.parser, piece.data(), piece.size());
    if (code == HPE_OK) taken += piece.size();
  } while (code == HPE_OK && taken < bytes.size());
  if (code == HPE_OK) return {.outcome = Outcome::More, .taken = taken};
  if (code == HPE_PAUSED) {
    const char* const end = llhttp_get_error_pos(&state.parser);
    return {.outcome = Outcome::Complete, .taken = static_cast<std::size_t>(end - bytes.data())};
  }
  if (!state.failure.has_value()) {
    state.failure = Failure{.status = 400, .message = "this is not HTTP/1.1"};
  }
  return {.outcome = Outcome::Failed, .taken = 0};
}

}  // namespace starling

#include "http/http_connection.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/status.h"

#include "base/byte_budget.h"
#include "base/time.h"
#include "env/byte_stream.h"
#include "http/api_answer.h"
#include "http/api_call.h"
#include "http/http_message.h"
#include "http/http_service.h"
#include "http/request_parser.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// Within it a client that reads has read a few values of the greatest size.
constexpr std::chrono::milliseconds kAnswersRetry{100};

HttpResponse too_large_body() {
  return error_response(Status(StatusCode::TooLarge, "the body is longer than 16 MiB"));
}

// What this side can not do with a head, whatever it asks for.
std::optional<HttpResponse> refusal_of(const HttpRequest& head) {
  const std::string_view coding = head.field(HttpField::TransferEncoding);
  if (!coding.empty() && coding != "chunked") {
    return error_response(501, Status(StatusCode::Usage, "the only transfer coding is chunked"));
  }
  const std::string_view expected = head.field(HttpField::Expect);
  if (!expected.empty() && expected != "100-continue") {
    return error_response(417,
                          Status(StatusCode::Usage, "all that can be expected is 100-continue"));
  }
  if (head.content_length.value_or(0) > kHttpBodyBytesMax) return too_large_body();
  return std::nullopt;
}

// It waits to hear whether its body is wanted: refused, it may send it or not.
bool waits_to_continue(const HttpRequest& head) {
  return head.has_body() && !head.field(HttpField::Expect).empty();
}

Duration patience_for(const HttpRequest& head) {
  const std::size_t bytes =
      head.chunked ? kHttpBodyBytesMax
                   : std::min<std::size_t>(head.content_length.value_or(0), kHttpBodyBytesMax);
  return HttpConnection::kRequestTimeout +
         std::chrono::seconds(bytes / HttpConnection::kBodyBytesPerSecondMin);
}

}  // namespace

HttpConnection::HttpConnection(HttpService& service, ByteStream& stream)
    : service_(service),
      stream_(stream),
      id_(service.add(*this)),
      requests_(service.requests()),
      answers_(service.answers()),
      parser_(*this) {}

HttpConnection::~HttpConnection() {
  service_.remove(id_);
}

void HttpConnection::on_bytes(std::string_view bytes) {
  if (ended_) return;
  if (unread_.empty()) return read(bytes);
  unread_ += bytes;
  on_wake();
}

void HttpConnection::on_wake() {
  if (ended_) return;
  check_deadline(service_.clock().now());
  const std::string bytes = std::exchange(unread_, {});
  read(bytes);
}

// Request after request, until one waits for its answer.
void HttpConnection::read(std::string_view bytes) {
  while (!bytes.empty() && !ended_ && !blocked()) {
    const RequestParser::Progress progress = parser_.feed(bytes);
    bytes.remove_prefix(progress.taken);
    if (progress.outcome == RequestParser::Outcome::Complete) on_complete();
    if (progress.outcome == RequestParser::Outcome::Failed) on_failure();
  }
  if (ended_) return;
  unread_.assign(bytes);
  if (parser_.within_request() && !deadline_.has_value()) {
    deadline_ = service_.clock().now() + kRequestTimeout;
  }
  settle();
}

void HttpConnection::on_head(const HttpRequest& head) {
  if (ended_) return;
  head_ = head;
  call_.reset();
  dropped_bytes_ = 0;
  deadline_ = service_.clock().now() + patience_for(head);
  if (const std::optional<HttpResponse> refusal = refusal_of(head)) {
    return answer_and_end(*refusal);
  }
  if (is_api_path(head.path())) judge_call(head);
  if (!refused_ && !ended_ && waits_to_continue(head)) stream_.write(kContinue);
}

void HttpConnection::judge_call(const HttpRequest& head) {
  std::variant<ApiCall, HttpResponse> judged = api_call_of(head);
  if (const auto* const refusal = std::get_if<HttpResponse>(&judged)) return refuse(head, *refusal);
  call_ = std::get<ApiCall>(std::move(judged));
  if (!call_->is_put()) return;
  // A chunked body does not say how long it is: room is made as it comes.
  const std::size_t bytes =
      head.chunked ? ByteBudget::kFloorBytes : head.content_length.value_or(0);
  if (!make_room(bytes)) return refuse_for_room(head);
  body_.reserve(bytes);
}

// Promises so much of the budget to the body that comes, in all.
bool HttpConnection::make_room(std::size_t bytes) {
  const std::size_t beside = unread_.size();
  requests_.hold(beside);
  const bool found = requests_.budget().has_room(0, bytes);
  promised_bytes_ = found ? bytes : 0;
  requests_.hold(beside + promised_bytes_);
  return found;
}

void HttpConnection::refuse(const HttpRequest& head, const HttpResponse& response) {
  refused_ = true;
  answer(head, response);
}

void HttpConnection::refuse_for_room(const HttpRequest& head) {
  ++service_.metrics().requests_refused;
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next_pause_);
  refuse(head, error_response(Status(StatusCode::Overloaded,
                                     "this node holds as many bytes of unanswered requests as it "
                                     "may: nothing was applied")
                                  .with_retry_after(wait)));
  if (!ended_) rest();
}

void HttpConnection::rest() {
  resting_until_ = service_.clock().now() + next_pause_;
  next_pause_ = std::min(2 * next_pause_, kRefusalPauseMax);
}

void HttpConnection::on_body(std::string_view portion) {
  if (ended_) return;
  if (refused_ || !call_.has_value() || !call_->is_put()) {
    dropped_bytes_ += portion.size();
    if (dropped_bytes_ <= kHttpBodyBytesMax) return;
    return refused_ ? end() : answer_and_end(too_large_body());
  }
  const std::size_t bytes = body_.size() + portion.size();
  if (bytes > kHttpBodyBytesMax) return answer_and_end(too_large_body());
  if (bytes > promised_bytes_) {
    if (!make_room(std::clamp(2 * promised_bytes_, bytes, kHttpBodyBytesMax))) {
      return refuse_for_room(head_);
    }
    body_.reserve(promised_bytes_);
  }
  body_ += portion;
}

void HttpConnection::on_complete() {
  deadline_.reset();
  if (ended_) return;
  if (std::exchange(refused_, false)) return;
  if (!call_.has_value()) return answer(head_, service_.pages().answer(head_));
  question_ = std::move(call_->question);
  ClientRequest request = std::move(call_->request);
  if (auto* const put = std::get_if<ClientPut>(&request.body)) {
    put->value = std::exchange(body_, {});
    put->checksum = checksum_of(put->address.key, put->content_type, put->value);
    put->request = service_.next_request_id();
  }
  if (auto* const deletion = std::get_if<ClientDelete>(&request.body)) {
    deletion->request = service_.next_request_id();
  }
  working_ = true;
  service_.ask({.connection = id_, .request = ++request_number_}, std::move(request));
}

// A request that was refused has had its answer, whatever its body turns out to be; and a head that
// was answered may be one that the parser does not go beyond.
void HttpConnection::on_failure() {
  if (ended_) return;
  if (refused_) return end();
  const RequestParser::Failure& failure = parser_.failure();
  answer_and_end(error_response(failure.status, Status(StatusCode::Usage, failure.message)));
}

// The node may say this from within ask(), and is not asked anew from here: what waits goes on when
// the stream wakes this connection.
void HttpConnection::on_reply(std::uint64_t request, ClientReply reply) {
  if (!working_ || request != request_number_ || ended_) return;
  working_ = false;
  const bool large = promised_bytes_ > ByteBudget::kFloorBytes;
  const auto* const error = std::get_if<ErrorReply>(&reply);
  const bool overloaded = error != nullptr && error->status.code() == StatusCode::Overloaded;
  // Taking a large body in only to refuse it costs the others as much as serving it.
  answer(head_, answer_within_bounds(std::move(reply)));
  if (ended_) return;
  if (large && overloaded) rest();
  if (large && !overloaded) next_pause_ = kRefusalPause;
  stream_.wake_at(service_.clock().now());
}

// What a write answers is small, and must arrive; a read that is not answered has changed nothing.
HttpResponse HttpConnection::answer_within_bounds(ClientReply reply) {
  const bool of_write =
      std::holds_alternative<PutReply>(reply) || std::holds_alternative<ErrorReply>(reply);
  const std::size_t bytes = api_answer_bytes(question_, reply);
  if (of_write || answers_.budget().has_room(0, bytes)) {
    return api_answer(question_, std::move(reply), service_.draw_boundary());
  }
  ++service_.metrics().answers_refused;
  if (bytes > answers_.budget().bytes_max()) {
    return error_response(Status(StatusCode::TooLarge,
                                 "the answer in this form is longer than this node may hold: ask "
                                 "for another form, or for a smaller page"));
  }
  return error_response(
      Status(StatusCode::Overloaded, "too many bytes of answers wait to be read at this node")
          .with_retry_after(kAnswersRetry));
}

// An answer that comes before the request is whole leaves its rest to be dropped, unless the client
// waits to hear whether it should send that: then nobody can tell what comes next.
void HttpConnection::answer(const HttpRequest& request, const HttpResponse& response) {
  const bool lost = parser_.within_request() && waits_to_continue(request);
  const bool last = lost || !request.keep_alive;
  const bool with_body = response.has_body() && request.method != "HEAD";
  const std::string head =
      head_bytes(response, last ? HttpConnectionEnd::Close : HttpConnectionEnd::KeepAlive);
  stream_.write(head);
  if (with_body) stream_.write(response.body);
  answers_.hold(answers_.held() + head.size() + (with_body ? response.body.size() : 0));
  service_.metrics().count_answer(response.status);
  promised_bytes_ = 0;
  body_ = {};
  requests_.hold(unread_.size());
  // What comes of a body that nobody waits for is read on: closing over it would take the answer
  // back.
  if (last) end();
}

// Where the head has not come, nobody knows whether a body may follow the answer's.
void HttpConnection::answer_and_end(const HttpResponse& response) {
  const std::string method = parser_.within_body() ? head_.method : std::string();
  answer({.method = method, .target = {}, .keep_alive = false}, response);
}

void HttpConnection::end() {
  ended_ = true;
  unread_ = {};
  body_ = {};
  promised_bytes_ = 0;
  deadline_.reset();
  resting_until_.reset();
  requests_.hold(0);
  stream_.finish();
}

void HttpConnection::check_deadline(Instant now) {
  if (resting_until_.has_value() && now >= *resting_until_) {
    resting_until_.reset();
    // It could not go on meanwhile.
    if (deadline_.has_value()) deadline_ = now + patience_for(head_);
  }
  if (blocked() || !deadline_.has_value() || now < *deadline_) return;
  if (refused_) return end();
  answer_and_end(error_response(
      408, Status(StatusCode::Usage, "the request was begun and did not arrive in time")));
}

void HttpConnection::on_output(std::size_t queued_bytes) {
  const bool was_blocked = blocked();
  answers_.hold(queued_bytes);
  if (!ended_ && was_blocked && !blocked()) stream_.wake_at(service_.clock().now());
}

StreamUse HttpConnection::use() const {
  if (working_) return StreamUse::Working;
  return deadline_.has_value() || !unread_.empty() ? StreamUse::Receiving : StreamUse::Idle;
}

// Besides waiting for the node, and resting: whoever does not read what it asked for is not asked
// what else it wants.
bool HttpConnection::blocked() const {
  return working_ || resting_until_.has_value() || answers_.held() > ByteBudget::kFloorBytes;
}

void HttpConnection::settle() {
  if (ended_) return;
  requests_.hold(unread_.size() + promised_bytes_);
  if (!blocked()) {
    stream_.resume_reading();
    if (deadline_.has_value()) stream_.wake_at(*deadline_);
    return;
  }
  stream_.pause_reading();
  if (resting_until_.has_value()) stream_.wake_at(*resting_until_);
}

}  // namespace starling

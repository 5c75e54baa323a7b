#pragma once

// HttpConnection: HTTP/1.1 on one byte stream. One request at a time, the others wait in the order
// in which they came (pipelining); after each answer the stream stays open unless either side says
// otherwise, and over what it does not understand it closes with a last answer.
//
// A request is judged by its head: one that no room is found for, or that can not be answered, is
// refused before its body costs any memory, and the body is dropped as it comes. Whoever was
// refused for want of room is not read for a moment, as on the native protocol: so a refusal costs
// the greedy client its speed.
//
//   idle -> receiving -> working -> idle
//
//   idle      -> receiving  the first byte of a request
//   receiving -> working    the request is whole, and asks the node
//   receiving -> idle       it is whole and was answered here: a page, or a refusal
//   working   -> idle       the node replied
//   any       -> ended      rubbish, a request that does not arrive in time, "Connection: close"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_budget.h"
#include "base/time.h"
#include "env/byte_stream.h"
#include "http/api_call.h"
#include "http/http_message.h"
#include "http/http_service.h"
#include "http/request_parser.h"
#include "message/client_messages.h"

namespace starling {

// A value of the greatest size.
inline constexpr std::size_t kHttpBodyBytesMax = std::size_t{16} << 20U;

class HttpConnection final : public StreamHandler, private RequestParser::Events {
 public:
  // A request must be whole in this time, and one second more for each so many bytes of its body.
  static constexpr Duration kRequestTimeout = std::chrono::seconds(10);
  static constexpr std::size_t kBodyBytesPerSecondMin = std::size_t{1} << 20U;
  // How long nothing is read after a refusal for want of room. Doubled with each that follows.
  static constexpr Duration kRefusalPause = std::chrono::milliseconds(50);
  static constexpr Duration kRefusalPauseMax = std::chrono::seconds(1);

  // Both outlive the connection.
  HttpConnection(HttpService& service, ByteStream& stream);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  HttpConnection(HttpConnection&&) = delete;
  HttpConnection& operator=(HttpConnection&&) = delete;
  ~HttpConnection() override;

  void on_bytes(std::string_view bytes) override;
  void on_wake() override;
  void on_output(std::size_t queued_bytes) override;
  [[nodiscard]] StreamUse use() const override;
  // What the node says to the request with this number; nothing if that was answered.
  void on_reply(std::uint64_t request, ClientReply reply);

 private:
  // RequestParser::Events.
  void on_head(const HttpRequest& head) override;
  void on_body(std::string_view portion) override;

  void read(std::string_view bytes);
  void on_complete();
  void on_failure();
  void judge_call(const HttpRequest& head);
  [[nodiscard]] bool make_room(std::size_t bytes);
  void refuse(const HttpRequest& head, const HttpResponse& response);
  void refuse_for_room(const HttpRequest& head);
  void rest();
  void answer(const HttpRequest& request, const HttpResponse& response);
  void answer_and_end(const HttpResponse& response);
  void end();
  [[nodiscard]] HttpResponse answer_within_bounds(ClientReply reply);
  void check_deadline(Instant now);
  // Nothing is read on for the moment.
  [[nodiscard]] bool blocked() const;
  void settle();

  HttpService& service_;
  ByteStream& stream_;
  const std::uint64_t id_;
  ByteShare requests_;
  ByteShare answers_;
  RequestParser parser_;
  std::string unread_;               // came while blocked, in one portion of the stream
  std::optional<Instant> deadline_;  // while a request arrives
  // Of the request that arrives, or is worked on.
  HttpRequest head_;
  std::optional<ApiCall> call_;
  ApiQuestion question_;  // while it is worked on
  std::string body_;
  std::size_t promised_bytes_ = 0;  // of the budget, for its body
  std::size_t dropped_bytes_ = 0;   // of its body
  bool refused_ = false;            // it was answered, and what comes of it is dropped
  bool working_ = false;
  std::uint64_t request_number_ = 0;

  Duration next_pause_ = kRefusalPause;
  std::optional<Instant> resting_until_;
  bool ended_ = false;
};

}  // namespace starling

#pragma once

// RequestParser: cuts a byte stream into HTTP/1.1 requests, with llhttp (Node's parser). It tells
// each head as soon as it is there, before the body, so that whoever listens can judge what the
// body would cost; the body is handed on in the portions in which it comes, and kept nowhere here.
// It stops behind each request: what follows stays with the caller until the answer is written.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/http_message.h"

namespace starling {

// Target and header fields of one request together, trailers included.
inline constexpr std::size_t kHttpHeaderBytesMax = 32U << 10U;

class RequestParser {
 public:
  class Events {
   public:
    Events() = default;
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    Events(Events&&) = delete;
    Events& operator=(Events&&) = delete;
    virtual ~Events() = default;
    virtual void on_head(const HttpRequest& head) = 0;
    virtual void on_body(std::string_view portion) = 0;
  };

  enum class Outcome : std::uint8_t {
    More,      // everything was taken, and the request goes on
    Complete,  // a request ends here; what was not taken follows it
    Failed,    // the stream can not be understood any more: answer failure() and close
  };
  struct Progress {
    Outcome outcome = Outcome::More;
    std::size_t taken = 0;  // bytes
  };
  struct Failure {
    int status = 400;
    std::string message;
  };

  // `events` outlive the parser.
  explicit RequestParser(Events& events);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  RequestParser(RequestParser&&) = delete;
  RequestParser& operator=(RequestParser&&) = delete;
  ~RequestParser();

  // REQUIRES: bytes is not empty.
  [[nodiscard]] Progress feed(std::string_view bytes);
  // Some of a request has come, and not all.
  [[nodiscard]] bool within_request() const;
  // ... and its head has been told.
  [[nodiscard]] bool within_body() const;
  // REQUIRES: it failed.
  [[nodiscard]] const Failure& failure() const;

 private:
  struct State;  // llhttp's, with the addresses it keeps of it
  std::unique_ptr<State> state_;
};

}  // namespace starling

#pragma once

// RequestParser: cuts a byte stream into HTTP/1.1 requests, with llhttp (Node's parser). Bodies are
// counted and dropped: no route takes one yet.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_message.h"

namespace starling {

// Target and headers of one request together.
inline constexpr std::size_t kHttpHeaderBytesMax = 32U << 10U;
// A value of the greatest size.
inline constexpr std::size_t kHttpBodyBytesMax = 16U << 20U;

class RequestParser {
 public:
  struct Failure {
    int status = 400;  // what to answer before closing
    std::string message;
  };

  RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  RequestParser(RequestParser&&) = delete;
  RequestParser& operator=(RequestParser&&) = delete;
  ~RequestParser();

  // Appends every request that is complete now, in order, those before a failure included. After a
  // failure the stream can not be understood any more: answer and close.
  [[nodiscard]] std::optional<Failure> feed(std::string_view bytes,
                                            std::vector<HttpRequest>& requests);

 private:
  struct State;  // llhttp's, with the addresses it keeps of it
  std::unique_ptr<State> state_;
};

}  // namespace starling

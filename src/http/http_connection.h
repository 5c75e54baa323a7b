#pragma once

// HttpConnection: HTTP/1.1 on one byte stream: keep-alive, pipelined requests in order, and a last
// answer before it closes over what it does not understand.

#include <string_view>

#include "env/byte_stream.h"
#include "http/request_parser.h"
#include "http/routes.h"

namespace starling {

class HttpConnection final : public StreamHandler {
 public:
  // Both outlive the connection.
  HttpConnection(const Routes& routes, ByteStream& stream) : routes_(routes), stream_(stream) {}

  void on_bytes(std::string_view bytes) override;

 private:
  const Routes& routes_;
  ByteStream& stream_;
  RequestParser parser_;
  bool finished_ = false;
};

}  // namespace starling

#pragma once

// ByteStream: an ordered stream of bytes to one other side, so that a protocol on top of it (HTTP)
// need not know what carries it. StreamHandler is the protocol's side of it.

#include <string>
#include <string_view>

namespace starling {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  ByteStream(ByteStream&&) = delete;
  ByteStream& operator=(ByteStream&&) = delete;
  virtual ~ByteStream() = default;

  // Queues bytes. Never blocks and calls nobody back; a stream whose queue overflows closes itself.
  virtual void write(std::string_view bytes) = 0;
  // Closes once everything queued is written. Nothing that still arrives is handed on.
  virtual void finish() = 0;
};

class StreamHandler {
 public:
  StreamHandler() = default;
  StreamHandler(const StreamHandler&) = delete;
  StreamHandler& operator=(const StreamHandler&) = delete;
  StreamHandler(StreamHandler&&) = delete;
  StreamHandler& operator=(StreamHandler&&) = delete;
  virtual ~StreamHandler() = default;

  // What arrived, in any portions. The view ends with the call.
  virtual void on_bytes(std::string_view bytes) = 0;
};

}  // namespace starling

#pragma once

// ByteStream: an ordered stream of bytes to one other side, so that a protocol on top of it (HTTP)
// need not know what carries it. StreamHandler is the protocol's side of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace starling {

// None of these calls the handler back from within.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  ByteStream(ByteStream&&) = delete;
  ByteStream& operator=(ByteStream&&) = delete;
  virtual ~ByteStream() = default;

  // Queues bytes. Never blocks; a stream whose queue overflows closes itself.
  virtual void write(std::string_view bytes) = 0;
  // Closes once everything queued is written. Nothing that still arrives is handed on.
  virtual void finish() = 0;
  // Nothing is handed on until resume_reading(); the other side soon can not send any more.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  // Calls on_wake() once: at `when`, or soon where that has passed. Replaces what an earlier call
  // asked for.
  virtual void wake_at(Instant when) = 0;
};

// What a stream is to its handler at the moment: whoever needs its place asks.
enum class StreamUse : std::uint8_t {
  Idle,       // between two requests
  Receiving,  // within one, for which the handler keeps a deadline of its own
  Working,    // the other side has said all and waits for the answer
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
  virtual void on_wake() {}
  // What waits to be sent, whenever that may have changed.
  virtual void on_output(std::size_t /*queued_bytes*/) {}
  [[nodiscard]] virtual StreamUse use() const { return StreamUse::Idle; }
};

}  // namespace starling

#pragma once

// UvSocket: one TCP connection as a stream of bytes. What is written in one turn of the loop goes
// out with one system call at its end. The queue behind it is bounded: a receiver that does not
// read loses its connection, never this node's memory.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <uv.h>

#include "env/byte_stream.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_turn.h"

namespace starling {

class UvSocket final : public ByteStream, private TurnTask {
 public:
  // REQUIRES: whoever implements it does not destroy the socket from within these calls, but at the
  // end of the turn at the earliest.
  class Events {
   public:
    Events() = default;
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    Events(Events&&) = delete;
    Events& operator=(Events&&) = delete;
    virtual ~Events() = default;
    virtual void on_bytes(std::string_view bytes) = 0;
    // The queue fell below half of its limit after it had been above.
    virtual void on_output_relief() = 0;
    // Exactly once, unless close() was called: `why` in people's words.
    virtual void on_closed(const std::string& why) = 0;
  };

  struct Options {
    // Bytes that may wait to be sent.
    std::size_t output_bytes_max = kOutputBytesMax;
  };
  // Room for a few values of the greatest size.
  static constexpr std::size_t kOutputBytesMax = 64U << 20U;

  // `connection` is connected. Reading begins at once.
  UvSocket(UvLoop& loop, UvTurn& turn, UvTcp connection, Events& events, const Options& options);

  // ByteStream. An overflow is told through on_closed at the end of the turn, not from within.
  void write(std::string_view bytes) override;
  void finish() override;

  // Ends the connection for a reason of this side's own: on_closed tells it at the end of the turn.
  void give_up(std::string why) { fail(std::move(why)); }
  // No events any more; what was queued is dropped.
  void close();
  void pause_reading();
  void resume_reading();

  [[nodiscard]] bool open() const { return handle_ != nullptr && failure_.empty(); }
  [[nodiscard]] bool finishing() const { return finishing_; }
  [[nodiscard]] std::size_t queued_bytes() const;
  // More than half full: a reason not to take on more work for the other side.
  [[nodiscard]] bool output_crowded() const {
    return queued_bytes() > options_.output_bytes_max / 2;
  }

 private:
  struct Writing;  // what libuv is busy with; lives until its callback
  void at_turn_end() override;
  void flush();
  void write_rest(std::size_t written);
  void on_written(int code);
  void on_read(ssize_t size, const uv_buf_t& buffer);
  void fail(std::string why);
  void shut_down_when_written();
  void tell_relief();

  UvLoop& loop_;
  Events& events_;
  Options options_;
  UvTcp handle_;
  std::string output_;          // not yet given to libuv
  Writing* writing_ = nullptr;  // at most one
  std::string failure_;         // to be told at the end of the turn
  bool finishing_ = false;
  bool was_crowded_ = false;
  bool reading_ = false;
};

}  // namespace starling

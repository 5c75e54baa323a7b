#pragma once

// UvSocket: one TCP connection as a stream of bytes. What is written in one turn of the loop goes
// out with one system call at its end. The queue behind it is bounded: a receiver that does not
// read loses its connection, never this node's memory. What is read in one turn is bounded as well:
// a sender that never pauses gets its share of the loop, and no more.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <uv.h>

#include "net/output_queue.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_turn.h"

namespace starling {

class UvSocket final : private TurnTask {
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
    // What waits to be sent, at the end of each turn in which that changed.
    virtual void on_output(std::size_t /*queued_bytes*/) {}
    // The other side sends nothing more. Whether it is still told something: then this side ends
    // with finish(), which waits until that is written. Otherwise the connection closes at once.
    [[nodiscard]] virtual bool on_end() { return false; }
    // The queue fell below half of its limit after it had been above.
    virtual void on_output_relief() = 0;
    // Exactly once, unless close() was called: `why` in people's words.
    virtual void on_closed(const std::string& why) = 0;
  };

  struct Options {
    // Bytes that may wait to be sent, and one message on top: a full queue takes no more.
    std::size_t output_bytes_max = kOutputBytesMax;
    // Bytes after which reading rests until the end of the turn, for the others to have theirs.
    std::size_t read_bytes_per_turn = kReadBytesPerTurn;
  };
  // Room for a few values of the greatest size.
  static constexpr std::size_t kOutputBytesMax = 64U << 20U;
  // One system call's worth. Fifty senders at full speed then hold the loop for a few milliseconds
  // a turn; without it libuv reads 32 times as much from one before it looks at the next.
  static constexpr std::size_t kReadBytesPerTurn = 256U << 10U;

  // `connection` is connected. Reading begins at once.
  UvSocket(UvLoop& loop, UvTurn& turn, UvTcp connection, Events& events, const Options& options);

  // Queues bytes and never blocks. An overflow is told through on_closed at the end of the turn,
  // not from within.
  void write(std::string_view bytes) { write(bytes, OutputClass::Data); }
  // Closes once everything queued is written. Nothing that still arrives is handed on.
  void finish();
  // Whole messages; those of a higher class overtake what has not been handed to the kernel.
  void write(std::string_view messages, OutputClass output_class);

  void set_output_bytes_max(std::size_t bytes) { options_.output_bytes_max = bytes; }

  // Ends the connection for a reason of this side's own: on_closed tells it at the end of the turn.
  void give_up(std::string why) { fail(std::move(why)); }
  // No events any more; what was queued is dropped.
  void close();
  void pause_reading();
  void resume_reading();

  [[nodiscard]] bool open() const { return handle_ != nullptr && failure_.empty(); }
  [[nodiscard]] bool finishing() const { return finishing_; }
  // The other side's address, without its port; empty when it is gone.
  [[nodiscard]] std::string peer_address() const;
  // To the other side and back, as the kernel smooths it; nothing: it is gone, or nothing was
  // measured.
  [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const;
  [[nodiscard]] std::size_t queued_bytes() const { return output_.bytes() + writing_bytes(); }
  // Bytes that the kernel took since the connection began: whether the other side reads.
  [[nodiscard]] std::uint64_t sent_bytes() const { return queued_in_all_ - queued_bytes(); }
  // More than half full: a reason not to take on more work for the other side.
  [[nodiscard]] bool output_crowded() const {
    return queued_bytes() > options_.output_bytes_max / 2;
  }

 private:
  struct Writing;  // what libuv is busy with; lives until its callback
  void at_turn_end() override;
  void flush();
  // Sends what the kernel takes of the next batch. Whether it took all.
  [[nodiscard]] bool flush_batch();
  void write_rest(std::vector<std::string> batch, std::size_t written);
  [[nodiscard]] std::size_t writing_bytes() const;
  void start_reading();
  void stop_reading();
  void on_written(int code);
  void on_read(ssize_t size, const uv_buf_t& buffer);
  void rest_after(std::size_t size);
  void fail(std::string why);
  void shut_down_when_written();
  void tell_relief();

  UvLoop& loop_;
  Events& events_;
  Options options_;
  UvTcp handle_;
  OutputQueue output_;          // not yet given to libuv
  Writing* writing_ = nullptr;  // at most one
  std::uint64_t queued_in_all_ = 0;
  std::string failure_;  // to be told at the end of the turn
  bool finishing_ = false;
  bool was_crowded_ = false;
  bool reading_ = false;  // what the owner wants
  bool resting_ = false;  // until the turn ends: it has read its share
  std::size_t read_since_rest_ = 0;
};

}  // namespace starling

#pragma once

// UvConnection: one connection of the native protocol. It turns bytes into frames and holds the
// other side to the rules: a greeting first, in time and small; a started frame finished in time;
// no more work at once than a bound allows. Whom it talks to, and what the messages mean, is the
// transport's affair.
//
//   Greeting -> Established -> Closed
//
//   Greeting    -> Established  the transport accepted the other side's Hello
//   Greeting    -> Refusing     the transport refused it: the reason is sent, then the end
//   Established -> Refusing     the same, by a side that dialled
//   any         -> Closed       rubbish, a deadline, an overflow, or the other side's end

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/clock.h"
#include "message/hello.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_turn.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling {

struct ConnectionLimits {
  Duration handshake_timeout = std::chrono::seconds(5);
  Duration frame_timeout = std::chrono::seconds(10);
  // A refused side has this long to read why.
  Duration refusal_timeout = std::chrono::seconds(1);
  std::size_t handshake_bytes_max = kFrameHeaderBytes + kHandshakeBodyBytesMax;
  // Of a client's requests that are not answered yet; above it, nothing more is read from it. Twice
  // the greatest value, so that one large put does not stop the line behind it.
  std::size_t in_flight_bytes_max = 32U << 20U;
  std::size_t in_flight_requests_max = 4096;
  UvSocket::Options socket = {};
};

class UvConnection final : private UvSocket::Events, private TurnTask {
 public:
  enum class Side : std::uint8_t { Dialled, Accepted };

  // REQUIRES: as UvSocket::Events.
  class Events {
   public:
    Events() = default;
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    Events(Events&&) = delete;
    Events& operator=(Events&&) = delete;
    virtual ~Events() = default;
    // The first frame. Answer with establish() or refuse().
    virtual void on_hello(UvConnection& connection, const Hello& hello) = 0;
    // A status that is not ok() closes the connection, and is the reason.
    [[nodiscard]] virtual Status on_frame(UvConnection& connection, Frame frame) = 0;
    // Exactly once, unless close() was called.
    virtual void on_connection_closed(UvConnection& connection, const std::string& why) = 0;
  };

  struct Host {
    UvLoop& loop;
    UvTurn& turn;
    const Clock& clock;
    // Bytes of unanswered requests, of all connections together; each adds and takes off its own.
    std::size_t& bytes_in_flight;
  };

  UvConnection(std::uint64_t id, Side side, const Host& host, UvTcp socket, Events& events,
               const ConnectionLimits& limits);
  UvConnection(const UvConnection&) = delete;
  UvConnection& operator=(const UvConnection&) = delete;
  UvConnection(UvConnection&&) = delete;
  UvConnection& operator=(UvConnection&&) = delete;
  ~UvConnection() override { forget_requests(); }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] Side side() const { return side_; }
  // Who it is, once known; clients stay nameless.
  [[nodiscard]] const std::optional<NodeId>& peer() const { return peer_; }
  void set_peer(NodeId peer) { peer_ = peer; }

  [[nodiscard]] bool established() const { return state_ == State::Established; }
  void establish() { state_ = State::Established; }
  [[nodiscard]] bool refused() const { return state_ == State::Refusing; }
  // Says why and closes. Counts as closed by this side: on_connection_closed follows.
  void refuse(const Hello& refusal);
  void close();

  // Bytes of whole frames.
  void write(std::string_view frame) { socket_.write(frame); }
  // What must be written can not be: on_connection_closed follows at the end of the turn.
  void give_up(std::string why) { socket_.give_up(std::move(why)); }
  // The answer to a client's request; nothing if that request is not waiting.
  void reply(std::uint64_t request, std::string_view frame);

  // Called now and then: closes what takes too long.
  void check_deadlines(Instant now);
  [[nodiscard]] std::size_t queued_bytes() const { return socket_.queued_bytes(); }

 private:
  enum class State : std::uint8_t { Greeting, Established, Refusing, Closed };

  void on_bytes(std::string_view bytes) override;
  void on_output_relief() override { schedule(); }
  void on_closed(const std::string& why) override;
  void at_turn_end() override;

  void dispatch();
  [[nodiscard]] Status handle(const RawFrame& raw);
  [[nodiscard]] Status handle_hello(const Hello& hello, std::size_t frame_bytes);
  [[nodiscard]] Status admit(Frame frame, std::size_t frame_bytes);
  [[nodiscard]] bool saturated() const;
  void pause_or_resume();
  void watch_partial_frame(std::uint64_t consumed_before);
  void forget_requests();
  void fail(const std::string& why);

  const std::uint64_t id_;
  const Side side_;
  const Clock& clock_;
  std::size_t& bytes_in_flight_;
  Events& events_;
  const ConnectionLimits limits_;
  State state_ = State::Greeting;
  std::optional<NodeId> peer_;
  Instant state_deadline_;                // of Greeting and Refusing
  std::optional<Instant> frame_started_;  // when the first byte of an unfinished frame came
  std::uint64_t received_ = 0;            // bytes so far, and how many of them whole frames were
  std::uint64_t consumed_ = 0;
  std::optional<Instant> paused_since_;
  Duration waited_{};  // how long what is being dispatched stood behind a pause
  std::unordered_map<std::uint64_t, std::size_t> in_flight_;  // request -> bytes of its frame
  std::size_t own_bytes_in_flight_ = 0;
  FrameAssembler assembler_;
  UvSocket socket_;
};

}  // namespace starling

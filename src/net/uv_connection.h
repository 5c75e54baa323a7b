#pragma once

// UvConnection: one connection of the native protocol. It turns bytes into frames and holds the
// other side to the rules: a greeting first, in time and small; a started frame finished in time;
// no more work at once than a bound allows; answers that are read. Whom it talks to, and what the
// messages mean, is the transport's affair.
//
// A client's request that finds no room is refused as soon as its header is there: its body is
// dropped as it comes, and for a moment nothing more is read from that client. So a refusal costs
// the node no memory and the greedy client its speed, and nothing of the request was applied.
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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "starling/status.h"

#include "base/byte_budget.h"
#include "base/ids.h"
#include "base/time.h"
#include "env/clock.h"
#include "message/hello.h"
#include "net/output_queue.h"
#include "net/transport_report.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling {

struct ConnectionLimits {
  Duration handshake_timeout = std::chrono::seconds(5);
  // A started frame must be finished in this time, and one second more for each so many bytes of
  // it: a large value may come over a thin line, but not a byte at a time.
  Duration frame_timeout = std::chrono::seconds(10);
  std::size_t frame_bytes_per_second_min = std::size_t{1} << 20U;
  // Something waits to be sent, and the other side took nothing for so long: it does not read.
  Duration output_timeout = std::chrono::seconds(10);
  // A peer says something every second (kHeartbeatInterval); one that was silent for so long is
  // gone, whatever its connection looks like. Five beats: a busy disk may cost a node one or two.
  Duration silence_timeout = std::chrono::seconds(5);
  // A refused side has this long to read why.
  Duration refusal_timeout = std::chrono::seconds(1);
  std::size_t handshake_bytes_max = kFrameHeaderBytes + kHandshakeBodyBytesMax;
  // Of a client's requests that are not answered yet; above it, nothing more is read from it. Twice
  // the greatest value, so that one large put does not stop the line behind it.
  std::size_t in_flight_bytes_max = 32U << 20U;
  std::size_t in_flight_requests_max = 4096;
  // Requests of one client that are begun in one turn of the loop: those of the others come in
  // between, however many one client sends together.
  std::size_t requests_per_turn_max = 128;
  // How long nothing is read from a client whose request found no room, and what it is told to wait
  // before it tries again. Doubled with each refusal that follows, up to the maximum.
  Duration refusal_pause = std::chrono::milliseconds(50);
  Duration refusal_pause_max = std::chrono::seconds(1);
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
    // A client's request was refused for want of room, and has been answered.
    virtual void on_request_refused(UvConnection& /*connection*/) {}
    // Exactly once, unless close() was called.
    virtual void on_connection_closed(UvConnection& connection, const std::string& why) = 0;
  };

  struct Host {
    UvLoop& loop;
    UvTurn& turn;
    const Clock& clock;
    // Of all clients' connections together: their unanswered requests, what came of unfinished ones
    // included, and the answers that they have not read yet.
    ByteBudget& requests;
    ByteBudget& answers;
    TransportMetrics& metrics;
  };

  UvConnection(std::uint64_t id, Side side, const Host& host, UvTcp socket, Events& events,
               const ConnectionLimits& limits);
  UvConnection(const UvConnection&) = delete;
  UvConnection& operator=(const UvConnection&) = delete;
  UvConnection(UvConnection&&) = delete;
  UvConnection& operator=(UvConnection&&) = delete;
  ~UvConnection() override = default;

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] Side side() const { return side_; }
  // Who it is, once known; clients stay nameless.
  [[nodiscard]] const std::optional<NodeId>& peer() const { return peer_; }
  // `output_bytes_max`: what may wait to be sent to it; from half of it on it is crowded.
  void set_peer(NodeId peer, std::size_t output_bytes_max);

  [[nodiscard]] bool established() const { return state_ == State::Established; }
  void establish() { state_ = State::Established; }
  [[nodiscard]] bool refused() const { return state_ == State::Refusing; }
  // Says why and closes. Counts as closed by this side: on_connection_closed follows.
  void refuse(const Hello& refusal);
  void close();

  // Bytes of whole frames.
  void write(std::string_view frame, OutputClass output_class = OutputClass::Data) {
    traffic().sent_bytes += frame.size();
    socket_.write(frame, output_class);
  }
  // What must be written can not be: on_connection_closed follows at the end of the turn.
  void give_up(std::string why) { socket_.give_up(std::move(why)); }
  // To be called before a reply that says "overloaded", whoever found no room: a client whose large
  // request was taken in only to be refused is not read for a while, longer each time. Else it
  // would send the next one at once, and taking that in costs the others as much as serving it.
  void rest_after(std::uint64_t request);
  // The answer to a client's request; nothing if that request is not waiting.
  void reply(std::uint64_t request, std::string_view frame);
  // Whether the clients' answers that wait to be read leave room for so large a one.
  [[nodiscard]] bool has_room_for_answer(std::size_t bytes) const {
    return answers_.has_room(bytes);
  }

  // Called now and then: closes what takes too long.
  void check_deadlines(Instant now);
  [[nodiscard]] std::size_t queued_bytes() const { return socket_.queued_bytes(); }
  [[nodiscard]] bool output_crowded() const { return socket_.output_crowded(); }
  // Nothing of it is under way.
  [[nodiscard]] bool idle() const { return in_flight_.empty() && received_ == consumed_; }
  [[nodiscard]] std::string address() const { return socket_.peer_address(); }
  [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const {
    return socket_.round_trip();
  }
  [[nodiscard]] Instant heard_at() const { return heard_at_; }

 private:
  enum class State : std::uint8_t { Greeting, Established, Refusing, Closed };

  [[nodiscard]] TrafficCounts& traffic() {
    return peer_.has_value() ? metrics_.peers : metrics_.clients;
  }
  void on_bytes(std::string_view bytes) override;
  void on_output_relief() override { schedule(); }
  void on_output(std::size_t queued_bytes) override;
  void on_closed(const std::string& why) override;
  void at_turn_end() override;

  void dispatch();
  [[nodiscard]] Status handle(const RawFrame& raw);
  [[nodiscard]] Status handle_hello(const Hello& hello, std::size_t frame_bytes);
  [[nodiscard]] Status admit(Frame frame, std::size_t frame_bytes);
  [[nodiscard]] bool has_room(std::size_t frame_bytes) const;
  // Refuses the frame that has begun, if it is a request without room.
  void judge_started_frame();
  void refuse_request(std::uint64_t request);
  [[nodiscard]] bool saturated() const;
  [[nodiscard]] bool is_unread() const;
  void pause_longer();
  void pause_for(Duration time);
  void pause_or_resume();
  void watch_partial_frame(std::uint64_t consumed_before);
  void note_held_bytes();
  void check_output(Instant now);
  [[nodiscard]] Duration frame_patience() const;
  void forget_requests();
  void fail(const std::string& why);

  const std::uint64_t id_;
  const Side side_;
  UvLoop& loop_;
  const Clock& clock_;
  ByteShare requests_;
  ByteShare answers_;
  TransportMetrics& metrics_;
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
  std::size_t in_flight_bytes_ = 0;
  std::optional<std::uint64_t> admitted_;  // the started frame that found room: its request
  std::size_t admitted_bytes_ = 0;
  std::size_t skipped_bytes_ = 0;  // of the frame that was refused last
  Duration next_pause_;
  std::unique_ptr<UvTimer> pause_;  // armed while a refused client is not read
  Instant heard_at_;
  std::uint64_t sent_bytes_ = 0;         // when it was last looked at
  std::optional<Instant> unsent_since_;  // since when nothing of what waits has gone out
  FrameAssembler assembler_;
  UvSocket socket_;
};

}  // namespace starling

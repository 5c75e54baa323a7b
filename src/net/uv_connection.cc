#include "net/uv_connection.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "net/uv_handle.h"
#include "net/uv_socket.h"
#include "net/uv_turn.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling {
namespace {

Status broken_rule(std::string why) {
  return {StatusCode::Corruption, std::move(why)};
}

}  // namespace

UvConnection::UvConnection(std::uint64_t id, Side side, const Host& host, UvTcp socket,
                           Events& events, const ConnectionLimits& limits)
    : TurnTask(host.turn),
      id_(id),
      side_(side),
      clock_(host.clock),
      bytes_in_flight_(host.bytes_in_flight),
      events_(events),
      limits_(limits),
      state_deadline_(host.clock.now() + limits.handshake_timeout),
      socket_(host.loop, host.turn, std::move(socket), *this, limits.socket) {}

void UvConnection::refuse(const Hello& refusal) {
  state_ = State::Refusing;
  state_deadline_ = clock_.now() + limits_.refusal_timeout;
  socket_.write(encode(refusal));
  socket_.finish();
}

void UvConnection::close() {
  state_ = State::Closed;
  socket_.close();
  forget_requests();
}

void UvConnection::reply(std::uint64_t request, std::string_view frame) {
  const auto waiting = in_flight_.find(request);
  if (waiting == in_flight_.end()) return;
  own_bytes_in_flight_ -= waiting->second;
  bytes_in_flight_ -= waiting->second;
  in_flight_.erase(waiting);
  socket_.write(frame);
  if (paused_since_.has_value()) schedule();
}

void UvConnection::check_deadlines(Instant now) {
  if (state_ == State::Greeting && now >= state_deadline_) {
    return fail("it did not finish its handshake in time");
  }
  if (state_ == State::Refusing && now >= state_deadline_) return fail("it was refused");
  if (frame_started_.has_value() && now - *frame_started_ >= limits_.frame_timeout) {
    fail("it began a message and did not finish it in time");
  }
}

void UvConnection::on_bytes(std::string_view bytes) {
  if (state_ == State::Refusing || state_ == State::Closed) return;
  received_ += bytes.size();
  assembler_.feed(bytes);
  dispatch();
}

void UvConnection::on_closed(const std::string& why) {
  if (state_ == State::Closed) return;
  events_.on_connection_closed(*this, why);
  state_ = State::Closed;
}

// Something was answered or sent: what waited behind a pause may go on.
void UvConnection::at_turn_end() {
  if (!paused_since_.has_value() || state_ != State::Established || saturated()) return;
  const Instant since = *paused_since_;
  waited_ = clock_.now() - since;
  paused_since_.reset();
  dispatch();
  // Nothing was read in between: what is left has waited since then.
  if (paused_since_.has_value()) paused_since_ = since;
  waited_ = {};
}

// All complete frames at once. A frame may close the connection, or fill it up.
void UvConnection::dispatch() {
  const std::uint64_t consumed_before = consumed_;
  while (socket_.open() && !socket_.finishing() && !saturated()) {
    const Result<std::optional<RawFrame>> next = assembler_.next();
    if (!next.ok()) return fail("it sent rubbish: " + next.status().message());
    const std::optional<RawFrame>& raw = next.value();
    if (!raw.has_value()) break;
    const Status handled = handle(*raw);
    if (!handled.ok()) return fail(handled.message());
  }
  if (state_ == State::Greeting && received_ > limits_.handshake_bytes_max) {
    return fail("its handshake is longer than " + std::to_string(limits_.handshake_bytes_max) +
                " bytes");
  }
  pause_or_resume();
  watch_partial_frame(consumed_before);
}

Status UvConnection::handle(const RawFrame& raw) {
  const std::size_t frame_bytes = kFrameHeaderBytes + raw.body.size();
  consumed_ += frame_bytes;
  // No server has asked for one, and a ring of a megabyte unfolds to more than a hundred.
  if (kind_of(raw.header.type) == FrameKind::Reply) {
    return broken_rule("it sent a reply to nobody's request");
  }
  Result<Frame> frame = decode(raw.header, raw.body);
  if (!frame.ok()) return broken_rule("it sent rubbish: " + frame.status().message());
  if (const Hello* const hello = std::get_if<Hello>(&frame->message)) {
    return handle_hello(*hello, frame_bytes);
  }
  if (state_ != State::Established) return broken_rule("it sent a message before its greeting");
  return admit(std::move(*frame), frame_bytes);
}

Status UvConnection::handle_hello(const Hello& hello, std::size_t frame_bytes) {
  if (!hello.refusal.empty() && state_ == State::Established) {
    return broken_rule("refused by the other side: " + hello.refusal);
  }
  if (state_ != State::Greeting) return broken_rule("it greeted twice");
  if (frame_bytes > limits_.handshake_bytes_max) return broken_rule("its greeting is too long");
  events_.on_hello(*this, hello);
  return Status::success();
}

// Counts a client's request as in flight until its reply. One that waited here for too long goes on
// with no time left, so that it gets an answer like any other.
Status UvConnection::admit(Frame frame, std::size_t frame_bytes) {
  if (auto* const request = std::get_if<ClientRequest>(&frame.message)) {
    request->remaining = std::max(request->remaining - waited_, Duration::zero());
    if (!in_flight_.emplace(frame.request, frame_bytes).second) {
      return broken_rule("it used the number of a request that is not answered yet");
    }
    own_bytes_in_flight_ += frame_bytes;
    bytes_in_flight_ += frame_bytes;
  }
  return events_.on_frame(*this, std::move(frame));
}

// A peer is never kept waiting for this: two nodes that wait for each other to read would wait
// forever. Its queue overflows instead.
bool UvConnection::saturated() const {
  if (peer_.has_value()) return false;
  return own_bytes_in_flight_ > limits_.in_flight_bytes_max ||
         in_flight_.size() >= limits_.in_flight_requests_max || socket_.output_crowded();
}

void UvConnection::pause_or_resume() {
  if (!socket_.open()) return;
  if (!saturated()) return socket_.resume_reading();
  socket_.pause_reading();
  paused_since_ = clock_.now();
}

// What is left when no whole frame is, is a frame that was started. While paused, nobody looked.
void UvConnection::watch_partial_frame(std::uint64_t consumed_before) {
  if (received_ == consumed_ || paused_since_.has_value()) return frame_started_.reset();
  if (!frame_started_.has_value() || consumed_ != consumed_before) frame_started_ = clock_.now();
}

void UvConnection::forget_requests() {
  bytes_in_flight_ -= std::exchange(own_bytes_in_flight_, 0);
  in_flight_.clear();
}

void UvConnection::fail(const std::string& why) {
  socket_.close();
  on_closed(why);
}

}  // namespace starling

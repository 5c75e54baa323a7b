#include "net/uv_connection.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/result.h"
#include "starling/status.h"

#include "base/byte_budget.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "net/output_queue.h"
#include "net/uv_handle.h"
#include "net/uv_socket.h"
#include "net/uv_timer.h"
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
      loop_(host.loop),
      clock_(host.clock),
      requests_(host.requests),
      answers_(host.answers),
      metrics_(host.metrics),
      events_(events),
      limits_(limits),
      state_deadline_(host.clock.now() + limits.handshake_timeout),
      next_pause_(limits.refusal_pause),
      heard_at_(host.clock.now()),
      socket_(host.loop, host.turn, std::move(socket), *this, limits.socket) {}

// A peer's memory is bounded by what it is sent, and not by the clients' budgets.
void UvConnection::set_peer(NodeId peer, std::size_t output_bytes_max) {
  peer_ = peer;
  requests_.hold(0);
  answers_.hold(0);
  socket_.set_output_bytes_max(output_bytes_max);
}

void UvConnection::refuse(const Hello& refusal) {
  state_ = State::Refusing;
  state_deadline_ = clock_.now() + limits_.refusal_timeout;
  socket_.write(encode(refusal), OutputClass::Urgent);
  socket_.finish();
}

void UvConnection::close() {
  state_ = State::Closed;
  socket_.close();
  pause_.reset();
  answers_.hold(0);
  forget_requests();
}

void UvConnection::reply(std::uint64_t request, std::string_view frame) {
  const auto waiting = in_flight_.find(request);
  if (waiting == in_flight_.end()) return;
  const bool large = waiting->second > ByteBudget::kFloorBytes;
  if (large && (pause_ == nullptr || !pause_->armed())) next_pause_ = limits_.refusal_pause;
  in_flight_bytes_ -= waiting->second;
  in_flight_.erase(waiting);
  note_held_bytes();
  write(frame);
  on_output(socket_.queued_bytes());
  if (paused_since_.has_value()) schedule();
}

void UvConnection::rest_after(std::uint64_t request) {
  const auto waiting = in_flight_.find(request);
  if (waiting == in_flight_.end() || waiting->second <= ByteBudget::kFloorBytes) return;
  pause_longer();
}

void UvConnection::check_deadlines(Instant now) {
  if (state_ == State::Greeting && now >= state_deadline_) {
    return fail("it did not finish its handshake in time");
  }
  if (state_ == State::Refusing && now >= state_deadline_) return fail("it was refused");
  if (frame_started_.has_value() && now - *frame_started_ >= frame_patience()) {
    return fail("it began a message and did not finish it in time");
  }
  if (peer_.has_value() && established() && now - heard_at_ >= limits_.silence_timeout) {
    return fail("it was silent for too long, though its connection stands");
  }
  check_output(now);
}

// The kernel takes what the other side has room for: an output that does not move is not read.
void UvConnection::check_output(Instant now) {
  const bool moved = std::exchange(sent_bytes_, socket_.sent_bytes()) != socket_.sent_bytes();
  if (socket_.queued_bytes() == 0) return unsent_since_.reset();
  if (moved || !unsent_since_.has_value()) unsent_since_ = now;
  if (now - *unsent_since_ >= limits_.output_timeout) fail("it does not read what it is sent");
}

Duration UvConnection::frame_patience() const {
  const std::optional<FrameHeader>& started = assembler_.started();
  const std::size_t bytes = started.has_value() ? started->body_bytes : skipped_bytes_;
  return limits_.frame_timeout + std::chrono::seconds(bytes / limits_.frame_bytes_per_second_min);
}

void UvConnection::on_bytes(std::string_view bytes) {
  if (state_ == State::Refusing || state_ == State::Closed) return;
  received_ += bytes.size();
  traffic().received_bytes += bytes.size();
  heard_at_ = clock_.now();
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

void UvConnection::on_output(std::size_t queued_bytes) {
  if (peer_.has_value()) return;
  answers_.hold(queued_bytes);
  if (paused_since_.has_value()) schedule();  // it may go on now that it has read
}

// All complete frames at once. A frame may close the connection, or fill it up.
void UvConnection::dispatch() {
  const std::uint64_t consumed_before = consumed_;
  std::size_t begun = 0;
  while (socket_.open() && !socket_.finishing() && !saturated()) {
    const Result<std::optional<RawFrame>> next = assembler_.next();
    if (!next.ok()) return fail("it sent rubbish: " + next.status().message());
    const std::optional<RawFrame>& raw = next.value();
    if (!raw.has_value()) {
      judge_started_frame();
      break;
    }
    const Status handled = handle(*raw);
    if (!handled.ok()) return fail(handled.message());
    if (++begun == limits_.requests_per_turn_max && !peer_.has_value()) pause_for(Duration::zero());
  }
  if (state_ == State::Greeting && received_ > limits_.handshake_bytes_max) {
    return fail("its handshake is longer than " + std::to_string(limits_.handshake_bytes_max) +
                " bytes");
  }
  note_held_bytes();
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
    const bool found_room = admitted_ == frame.request || has_room(frame_bytes);
    admitted_.reset();
    in_flight_bytes_ += frame_bytes;
    note_held_bytes();
    if (!found_room) {
      refuse_request(frame.request);
      return Status::success();
    }
  }
  return events_.on_frame(*this, std::move(frame));
}

// What is in flight counts, and not what this very frame has brought along.
bool UvConnection::has_room(std::size_t frame_bytes) const {
  return requests_.budget().has_room(in_flight_bytes_, frame_bytes);
}

void UvConnection::judge_started_frame() {
  const std::optional<FrameHeader>& header = assembler_.started();
  if (!header.has_value() || peer_.has_value() || state_ != State::Established) return;
  if (admitted_.has_value()) return;
  // What clients do not send is not waited for: it would be kept without having found room.
  if (kind_of(header->type) != FrameKind::Request) {
    return fail("it sent a message that its side does not send");
  }
  const std::size_t frame_bytes = kFrameHeaderBytes + header->body_bytes;
  if (has_room(frame_bytes)) {
    admitted_ = header->request;
    admitted_bytes_ = frame_bytes;
    return;
  }
  // The number may be in use: then the refusal would answer another request.
  if (!in_flight_.emplace(header->request, 0).second) {
    return fail("it used the number of a request that is not answered yet");
  }
  const std::uint64_t request = header->request;
  consumed_ += frame_bytes;
  skipped_bytes_ = frame_bytes;
  assembler_.skip_started();
  refuse_request(request);
}

// Answered like any other request, and at once; then nothing is read for a while.
void UvConnection::refuse_request(std::uint64_t request) {
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next_pause_);
  const Status busy =
      Status(StatusCode::Overloaded,
             "this node holds as many bytes of unanswered requests as it may: nothing was applied")
          .with_retry_after(wait);
  ++metrics_.requests_refused;
  reply(request, encode(request, ClientReply(ErrorReply{.status = busy, .replies = {}})));
  pause_longer();
  events_.on_request_refused(*this);
}

void UvConnection::pause_longer() {
  pause_for(next_pause_);
  next_pause_ = std::min(2 * next_pause_, limits_.refusal_pause_max);
}

// Zero: until the next turn of the loop.
void UvConnection::pause_for(Duration time) {
  if (pause_ == nullptr) {
    pause_ = std::make_unique<UvTimer>(loop_, clock_, [this] { schedule(); });
  }
  pause_->arm(clock_.now() + time);
}

// A peer is never kept waiting for this: two nodes that wait for each other to read would wait
// forever. Its queue overflows instead.
bool UvConnection::saturated() const {
  if (peer_.has_value()) return false;
  return in_flight_bytes_ > limits_.in_flight_bytes_max ||
         in_flight_.size() >= limits_.in_flight_requests_max || socket_.output_crowded() ||
         (pause_ != nullptr && pause_->armed()) || is_unread();
}

// It has been sent more than its share of the answers that clients do not read: what more it asks
// for could not be answered.
bool UvConnection::is_unread() const {
  return answers_.held() > 0 && !answers_.has_room(0);
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

// A frame that found room holds it from its header on, so that it can be finished.
void UvConnection::note_held_bytes() {
  if (peer_.has_value()) return;
  const std::size_t promised = admitted_.has_value() ? admitted_bytes_ : 0;
  requests_.hold(in_flight_bytes_ + std::max(promised, assembler_.buffered_bytes()));
}

void UvConnection::forget_requests() {
  in_flight_.clear();
  in_flight_bytes_ = 0;
  admitted_.reset();
  requests_.hold(0);
}

void UvConnection::fail(const std::string& why) {
  socket_.close();
  on_closed(why);
}

}  // namespace starling

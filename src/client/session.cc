#include "client/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "wire/codec.h"
#include "wire/frame_assembler.h"

namespace starling {

Session::Session(std::string cluster) {
  mine_.role = HelloRole::Client;
  mine_.cluster = std::move(cluster);
}

std::string Session::greeting() const {
  return encode(mine_);
}

std::string Session::request(std::uint64_t number, const ClientRequest& request) {
  STARLING_CHECK(state_ == State::Open);
  std::string bytes = encode(number, request);
  if (!bytes.empty()) waiting_.insert(waiting_.end(), number);
  return bytes;
}

void Session::receive(std::string_view bytes) {
  assembler_.feed(bytes);
  while (state_ != State::Broken) {
    const Result<std::optional<RawFrame>> next = assembler_.next();
    if (!next.ok()) return break_off(next.status());
    if (!next->has_value()) return;
    Result<Frame> frame = decode((*next)->header, (*next)->body);
    if (!frame.ok()) return break_off(frame.status());
    handle(*std::move(frame));
  }
}

std::vector<NumberedReply> Session::take_replies() {
  return std::exchange(replies_, {});
}

void Session::handle(Frame frame) {
  if (const auto* const hello = std::get_if<Hello>(&frame.message)) return greet(*hello);
  auto* const reply = std::get_if<ClientReply>(&frame.message);
  if (reply == nullptr || state_ != State::Open) {
    return break_off(Status(StatusCode::Failure, "the server sent what no server may send"));
  }
  // An answer that nobody waits for would otherwise be kept for ever.
  if (waiting_.erase(frame.request) == 0) {
    return break_off(Status(StatusCode::Failure, "the server answered what was not asked"));
  }
  replies_.push_back({.number = frame.request, .reply = std::move(*reply)});
}

void Session::greet(const Hello& theirs) {
  Status accepted = check_hello(mine_, theirs);
  if (!accepted.ok()) return break_off(std::move(accepted));
  server_ = theirs;
  state_ = State::Open;
}

void Session::break_off(Status why) {
  state_ = State::Broken;
  why_broken_ = std::move(why);
}

}  // namespace starling

#pragma once

// Session: the client's side of one connection as a pure machine: bytes in, replies out. It opens
// no socket and reads no clock, so tests and the simulator drive it as the SDK does.
//
//   Greeting -> Open -> Broken
//
//   Greeting  waits for the server's Hello
//   Open      answers come in any order, each with the number of its request
//   Broken    the server refused, or what it said could not be understood; final

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "starling/status.h"

#include "message/client_messages.h"
#include "message/hello.h"
#include "wire/codec.h"
#include "wire/frame_assembler.h"

namespace starling {

struct NumberedReply {
  std::uint64_t number = 0;
  ClientReply reply;
};

class Session {
 public:
  enum class State : std::uint8_t { Greeting, Open, Broken };

  // `cluster`: refuse servers of any other; empty: any.
  explicit Session(std::string cluster);

  [[nodiscard]] State state() const { return state_; }
  // Why it is broken; ok before.
  [[nodiscard]] const Status& why_broken() const { return why_broken_; }
  // What the server said of itself. REQUIRES: state() was Open.
  [[nodiscard]] const Hello& server() const { return server_; }

  // The bytes to send first.
  [[nodiscard]] std::string greeting() const;
  // The bytes of a request, whose answer take_replies() will give under that number. Empty: larger
  // than a frame. REQUIRES: state() is Open, and the number is greater than all before it.
  [[nodiscard]] std::string request(std::uint64_t number, const ClientRequest& request);
  // What came from the server.
  void receive(std::string_view bytes);
  // The answers that came since the last time, in the order in which they came. Each request has at
  // most one.
  [[nodiscard]] std::vector<NumberedReply> take_replies();

 private:
  void handle(Frame frame);
  void greet(const Hello& theirs);
  void break_off(Status why);

  Hello mine_;
  Hello server_;
  State state_ = State::Greeting;
  Status why_broken_;
  FrameAssembler assembler_;
  std::set<std::uint64_t> waiting_;     // requests without an answer
  std::vector<NumberedReply> replies_;  // at most one a request
};

}  // namespace starling

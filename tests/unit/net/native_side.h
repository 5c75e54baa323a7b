#pragma once

// A hand-driven speaker of the native protocol, for the tests of connections and transports: it
// says what the test tells it, right or wrong, and keeps the frames that it hears.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "loop_fixture.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling {

class NativeSide {
 public:
  NativeSide(LoopFixture& fixture, std::uint16_t port) : raw_(RawSide::dial(fixture, port)) {
    REQUIRE(raw_ != nullptr);
  }

  void say(const std::string& bytes) { raw_->socket.write(bytes); }
  void close() { raw_->socket.close(); }
  [[nodiscard]] RawSide& raw() { return *raw_; }
  [[nodiscard]] bool closed() const { return raw_->closed(); }

  // All frames so far.
  const std::vector<Frame>& frames() {
    assembler_.feed(std::exchange(raw_->heard, {}));
    while (true) {
      const Result<std::optional<RawFrame>> raw = assembler_.next();
      REQUIRE(raw.ok());
      if (!raw->has_value()) return frames_;
      Result<Frame> frame = decode((*raw)->header, (*raw)->body);
      REQUIRE(frame.ok());
      frames_.push_back(std::move(*frame));
    }
  }
  // The Hello that came first, or nothing yet.
  std::optional<Hello> hello() {
    if (frames().empty()) return std::nullopt;
    const Hello* const found = std::get_if<Hello>(&frames_.front().message);
    return found == nullptr ? std::nullopt : std::optional<Hello>(*found);
  }

 private:
  std::unique_ptr<RawSide> raw_;
  FrameAssembler assembler_;
  std::vector<Frame> frames_;
};

inline Hello client_hello() {
  Hello hello;
  hello.role = HelloRole::Client;
  return hello;
}

inline ClientRequest get_request(const std::string& key,
                                 Duration remaining = std::chrono::seconds(5)) {
  return {.remaining = remaining,
          .body = ClientGet{.address = {.bucket = "b", .key = key}, .levels = {}, .context = {}}};
}

inline ClientReply get_reply() {
  return GetReply{};
}

}  // namespace starling

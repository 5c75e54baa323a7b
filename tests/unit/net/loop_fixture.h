#pragma once

// What the tests of net/ stand on: a loop with a bounded wait, and one raw side of a connection on
// loopback with an ephemeral port.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "net/host_port.h"
#include "net/system_clock.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"

namespace starling {

class LoopFixture {
 public:
  // Whether `is_true` became true; it is looked at once a turn.
  [[nodiscard]] bool run_until(const std::function<bool()>& is_true,
                               Duration patience = std::chrono::seconds(10)) {
    const Instant deadline = clock.now() + patience;
    while (!is_true()) {
      if (clock.now() > deadline) return false;
      tick_.arm(clock.now() + std::chrono::milliseconds(2));
      loop.run_once();
    }
    return true;
  }
  void run_for(Duration time) {
    static_cast<void>(run_until([] { return false; }, time));
  }

  UvLoop loop;
  SystemClock clock;
  UvTurn turn{loop};

 private:
  UvTimer tick_{loop, clock, [] {}};
};

// Keeps what it hears.
class RawSide final : public UvSocket::Events {
 public:
  RawSide(LoopFixture& fixture, UvTcp connection, const UvSocket::Options& options = {})
      : socket(fixture.loop, fixture.turn, std::move(connection), *this, options) {}

  // Connects to a port of this machine; null when that failed.
  static std::unique_ptr<RawSide> dial(LoopFixture& fixture, std::uint16_t port) {
    std::optional<Result<UvTcp>> outcome;
    UvDial attempt(fixture.loop, [&](Result<UvTcp> result) { outcome = std::move(result); });
    const Status started = attempt.start({.host = "127.0.0.1", .port = port});
    if (!started.ok() || !fixture.run_until([&] { return outcome.has_value(); })) return nullptr;
    if (!outcome->ok()) return nullptr;
    return std::make_unique<RawSide>(fixture, std::move(**outcome));
  }

  void on_bytes(std::string_view bytes) override { heard += bytes; }
  void on_output_relief() override { ++reliefs; }
  void on_closed(const std::string& why) override {
    ++closings;
    closed_because = why;
  }
  [[nodiscard]] bool closed() const { return closings > 0; }

  std::string heard;
  int reliefs = 0;
  int closings = 0;
  std::string closed_because;
  UvSocket socket;
};

// Two ends of one connection.
struct RawPair {
  explicit RawPair(LoopFixture& fixture, const UvSocket::Options& accepted_options = {}) {
    UvListener listener(fixture.loop, [&](UvTcp socket) {
      accepted = std::make_unique<RawSide>(fixture, std::move(socket), accepted_options);
    });
    if (!listener.listen({.host = "127.0.0.1", .port = 0}).ok()) return;
    dialled = RawSide::dial(fixture, listener.port());
    static_cast<void>(fixture.run_until([&] { return accepted != nullptr; }));
  }
  [[nodiscard]] bool connected() const { return accepted != nullptr && dialled != nullptr; }

  std::unique_ptr<RawSide> accepted;
  std::unique_ptr<RawSide> dialled;
};

}  // namespace starling

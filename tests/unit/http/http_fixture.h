#pragma once

// What the tests of http/ stand on: a stream that keeps what is written to it, a clock that stands
// still until it is told, and a service that keeps what its connections ask of the node.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_budget.h"
#include "base/random.h"
#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "http/http_connection.h"
#include "http/http_service.h"
#include "http/routes.h"
#include "message/client_messages.h"

namespace starling {

class StillClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return instant; }
  [[nodiscard]] WallTime wall_now() const override { return {}; }
  Instant instant{std::chrono::hours(1)};
};

class RecordedStream final : public ByteStream {
 public:
  void write(std::string_view bytes) override { written += bytes; }
  void finish() override { finished = true; }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void wake_at(Instant when) override { wake = when; }

  // How many answers were written, those that ask to go on not counted.
  [[nodiscard]] int answers() const {
    int count = 0;
    for (std::size_t at = written.find("HTTP/1.1 "); at != std::string::npos;
         at = written.find("HTTP/1.1 ", at + 1)) {
      if (written.substr(at, 13) != "HTTP/1.1 100 ") ++count;
    }
    return count;
  }
  [[nodiscard]] std::string take() { return std::exchange(written, {}); }

  std::string written;
  bool finished = false;
  bool paused = false;
  std::optional<Instant> wake;
};

struct HttpFixture {
  struct Asked {
    ClientHandle client;
    ClientRequest request;
  };

  explicit HttpFixture(std::size_t budget_bytes = std::size_t{64} << 20U)
      : requests(budget_bytes), answers(budget_bytes) {}

  // What a stream does when the turn of the loop ends: everything written is sent, and whoever
  // asked to be woken is.
  void end_turn() {
    connection.on_output(0);
    if (stream.wake.has_value() && *stream.wake <= clock.instant) {
      stream.wake.reset();
      connection.on_wake();
    }
  }
  void wait(Duration time) {
    clock.instant += time;
    end_turn();
  }
  // Answers the call that was asked last.
  void reply(ClientReply reply) { service.reply(asked.back().client, std::move(reply)); }

  StillClock clock;
  ByteBudget requests;
  ByteBudget answers;
  std::vector<Asked> asked;
  Routes routes{[] { return Health{.serving = true, .because = {}}; },
                [] { return std::string(); }};
  HttpService service{
      routes,
      {.clock = clock,
       .requests = requests,
       .answers = answers,
       .ask = [this](const ClientHandle& client,
                     ClientRequest request) { asked.push_back({client, std::move(request)}); },
       .random = Random(7)}};
  RecordedStream stream;
  HttpConnection connection{service, stream};
};

}  // namespace starling

#include "net/uv_stream_server.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "loop_fixture.h"

namespace starling {
namespace {

// Says back what it hears; "bye" ends it, "much" is answered at length, "last" the same and ends
// it, "work" takes a while: then it says "done".
class Echo final : public StreamHandler {
 public:
  static constexpr std::chrono::milliseconds kWork{150};
  // More than the kernel takes from a writer whose reader takes nothing.
  static constexpr std::size_t kMuch = 48U << 20U;

  Echo(const Clock& clock, ByteStream& stream) : clock_(clock), stream_(stream) {}
  void on_bytes(std::string_view bytes) override {
    if (bytes == "work") {
      use_ = StreamUse::Working;
      done_at_ = clock_.now() + kWork;
      stream_.pause_reading();
      return stream_.wake_at(done_at_);
    }
    if (bytes == "much" || bytes == "last") stream_.write(std::string(kMuch, 'm'));
    if (bytes == "last") stream_.finish();
    if (bytes == "much" || bytes == "last") return;
    stream_.write(bytes);
    if (bytes == "bye") stream_.finish();
  }
  void on_wake() override {
    if (clock_.now() < done_at_) return stream_.wake_at(done_at_);
    use_ = StreamUse::Idle;
    stream_.write("done");
    stream_.resume_reading();
  }
  [[nodiscard]] StreamUse use() const override { return use_; }

 private:
  const Clock& clock_;
  ByteStream& stream_;
  StreamUse use_ = StreamUse::Idle;
  Instant done_at_;
};

struct EchoServer : LoopFixture {
  explicit EchoServer(const UvStreamServer::Options& options = {})
      : server(
            loop, turn, clock,
            [this](ByteStream& stream) { return std::make_unique<Echo>(clock, stream); }, options) {
    REQUIRE(server.listen({.host = "127.0.0.1", .port = 0}).ok());
  }
  UvStreamServer server;
};

TEST_CASE("UvStreamServer: each connection has a handler of its own") {
  EchoServer fixture;
  const auto first = RawSide::dial(fixture, fixture.server.port());
  const auto second = RawSide::dial(fixture, fixture.server.port());
  first->socket.write("a");
  second->socket.write("b");
  CHECK(fixture.run_until([&] { return first->heard == "a" && second->heard == "b"; }));
  CHECK(fixture.server.size() == 2);
}

TEST_CASE("UvStreamServer: a handler's finish reaches the caller after its last words") {
  EchoServer fixture;
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  caller->socket.write("bye");
  CHECK(fixture.run_until([&] { return caller->closed(); }));
  CHECK(caller->heard == "bye");
  caller->socket.close();
  CHECK(fixture.run_until([&] { return fixture.server.size() == 0; }));
}

TEST_CASE("UvStreamServer: turns callers away beyond its limit") {
  EchoServer fixture({.connections_max = 1});
  const auto first = RawSide::dial(fixture, fixture.server.port());
  first->socket.write("a");
  REQUIRE(fixture.run_until([&] { return first->heard == "a"; }));
  const auto second = RawSide::dial(fixture, fixture.server.port());
  CHECK(fixture.run_until([&] { return second->closed(); }));
  CHECK_FALSE(first->closed());
}

TEST_CASE("UvStreamServer: who is long without an answer gives its place to a newcomer") {
  EchoServer fixture({.connections_max = 2, .place_kept = std::chrono::milliseconds(40)});
  const auto silent = RawSide::dial(fixture, fixture.server.port());
  const auto answered = RawSide::dial(fixture, fixture.server.port());
  fixture.run_for(std::chrono::milliseconds(60));
  answered->socket.write("a");
  REQUIRE(fixture.run_until([&] { return answered->heard == "a"; }));
  const auto newcomer = RawSide::dial(fixture, fixture.server.port());
  newcomer->socket.write("b");
  CHECK(fixture.run_until([&] { return silent->closed() && newcomer->heard == "b"; }));
  CHECK_FALSE(answered->closed());
}

TEST_CASE("UvStreamServer: closes a connection that says nothing for too long") {
  EchoServer fixture({.idle_timeout = std::chrono::milliseconds(40)});
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  CHECK(fixture.run_until([&] { return caller->closed(); }));
  CHECK(fixture.run_until([&] { return fixture.server.size() == 0; }));
}

TEST_CASE("UvStreamServer: whoever waits for an answer is not idle and keeps its place") {
  EchoServer fixture({.connections_max = 1,
                      .place_kept = std::chrono::milliseconds(10),
                      .idle_timeout = std::chrono::milliseconds(40)});
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  caller->socket.write("work");
  fixture.run_for(std::chrono::milliseconds(60));
  const auto newcomer = RawSide::dial(fixture, fixture.server.port());
  CHECK(fixture.run_until([&] { return newcomer->closed(); }));
  CHECK(fixture.run_until([&] { return caller->heard == "done"; }));
}

TEST_CASE("UvStreamServer: a newcomer takes no place of those who wait for an answer") {
  EchoServer fixture({.connections_max = 2, .place_kept = std::chrono::milliseconds(10)});
  const auto working = RawSide::dial(fixture, fixture.server.port());
  working->socket.write("work");
  fixture.run_for(std::chrono::milliseconds(20));
  const auto silent = RawSide::dial(fixture, fixture.server.port());
  fixture.run_for(std::chrono::milliseconds(20));
  const auto newcomer = RawSide::dial(fixture, fixture.server.port());
  CHECK(fixture.run_until([&] { return silent->closed() && working->heard == "done"; }));
  CHECK_FALSE(newcomer->closed());
}

// Says one thing, shuts its sending side down, and takes all that comes until the end.
class HalfClosedSide {
 public:
  HalfClosedSide(std::uint16_t port, std::string_view says)
      : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(send(socket_, says.data(), says.size(), 0) == static_cast<ssize_t>(says.size()));
    REQUIRE(shutdown(socket_, SHUT_WR) == 0);
  }
  HalfClosedSide(const HalfClosedSide&) = delete;
  HalfClosedSide& operator=(const HalfClosedSide&) = delete;
  ~HalfClosedSide() { close(socket_); }

  // Whether the end has come.
  bool hear() {
    std::array<char, 1U << 16U> bytes{};
    ssize_t size = 0;
    while ((size = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0) {
      heard.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return size == 0;
  }
  std::string heard;

 private:
  int socket_;
};

TEST_CASE("UvStreamServer: a side that has said all still gets its whole answer") {
  EchoServer fixture;
  HalfClosedSide working(fixture.server.port(), "work");
  CHECK(fixture.run_until([&] { return working.hear(); }));
  CHECK(working.heard == "done");
  for (const char* const word : {"much", "last"}) {
    HalfClosedSide large(fixture.server.port(), word);
    CHECK(fixture.run_until([&] { return large.hear(); }));
    CHECK(large.heard.size() == Echo::kMuch);
  }
  CHECK(fixture.run_until([&] { return fixture.server.size() == 0; }));
}

TEST_CASE("UvStreamServer: closes a connection that does not read what it is sent") {
  EchoServer fixture({.output_timeout = std::chrono::milliseconds(60)});
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  caller->socket.pause_reading();
  const std::string much(8U << 20U, 'x');
  caller->socket.write(much);
  CHECK(fixture.run_until([&] { return fixture.server.queued_bytes() > 0; }));
  CHECK(fixture.run_until([&] { return fixture.server.size() == 0; }));
}

TEST_CASE("UvStreamServer: after its last word it does not wait for the other side for ever") {
  EchoServer fixture({.last_word_timeout = std::chrono::milliseconds(40)});
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  caller->socket.pause_reading();  // it will not see the end
  caller->socket.write("bye");
  CHECK(fixture.run_until([&] { return fixture.server.size() == 1; }));
  CHECK(fixture.run_until([&] { return fixture.server.size() == 0; }));
}

TEST_CASE("UvStreamServer: closing it ends its connections") {
  EchoServer fixture;
  const auto caller = RawSide::dial(fixture, fixture.server.port());
  caller->socket.write("a");
  REQUIRE(fixture.run_until([&] { return caller->heard == "a"; }));
  fixture.server.close();
  CHECK(fixture.run_until([&] { return caller->closed(); }));
}

}  // namespace
}  // namespace starling

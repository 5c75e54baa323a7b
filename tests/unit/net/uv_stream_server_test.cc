#include "net/uv_stream_server.h"

#include <chrono>
#include <memory>
#include <string_view>

#include <doctest/doctest.h>

#include "env/byte_stream.h"
#include "loop_fixture.h"

namespace starling {
namespace {

// Says back what it hears; "bye" ends it.
class Echo final : public StreamHandler {
 public:
  explicit Echo(ByteStream& stream) : stream_(stream) {}
  void on_bytes(std::string_view bytes) override {
    stream_.write(bytes);
    if (bytes == "bye") stream_.finish();
  }

 private:
  ByteStream& stream_;
};

struct EchoServer : LoopFixture {
  explicit EchoServer(const UvStreamServer::Options& options = {})
      : server(
            loop, turn, clock, [](ByteStream& stream) { return std::make_unique<Echo>(stream); },
            options) {
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

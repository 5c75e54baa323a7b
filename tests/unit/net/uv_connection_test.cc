#include "net/uv_connection.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/time.h"
#include "loop_fixture.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "native_side.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"
#include "wire/codec.h"

namespace starling {
namespace {

constexpr auto kShort = std::chrono::milliseconds(50);

// One accepted connection, whose side greets back at once and keeps everything.
class Accepting final : public LoopFixture, public UvConnection::Events {
 public:
  explicit Accepting(const ConnectionLimits& limits = {})
      : listener_(loop, [this, limits](UvTcp socket) {
          connection = std::make_unique<UvConnection>(
              7, UvConnection::Side::Accepted,
              UvConnection::Host{
                  .loop = loop, .turn = turn, .clock = clock, .bytes_in_flight = bytes_in_flight},
              std::move(socket), *this, limits);
        }) {
    REQUIRE(listener_.listen({.host = "127.0.0.1", .port = 0}).ok());
    other = std::make_unique<NativeSide>(*this, listener_.port());
    REQUIRE(run_until([&] { return connection != nullptr; }));
  }

  // Past the handshake.
  void greet() {
    other->say(encode(client_hello()));
    REQUIRE(run_until([&] { return connection->established() && other->hello().has_value(); }));
  }
  // Lets deadlines be noticed while waiting for the end.
  [[nodiscard]] bool ends_by_deadline() {
    return run_until([&] {
      if (closings == 0) connection->check_deadlines(clock.now());
      return closings > 0;
    });
  }

  std::size_t bytes_in_flight = 0;
  std::unique_ptr<UvConnection> connection;
  std::unique_ptr<NativeSide> other;
  std::vector<Frame> frames;
  int closings = 0;
  std::string why;
  bool refuse_greetings = false;

 private:
  void on_hello(UvConnection& from, const Hello& /*hello*/) override {
    Hello answer = client_hello();
    answer.refusal = "for a test";
    if (refuse_greetings) return from.refuse(answer);
    answer.refusal.clear();
    from.write(encode(answer));
    from.establish();
  }
  Status on_frame(UvConnection& /*from*/, Frame frame) override {
    frames.push_back(std::move(frame));
    return Status::success();
  }
  void on_connection_closed(UvConnection& from, const std::string& reason) override {
    ++closings;
    why = reason;
    from.close();
  }

  UvListener listener_;
};

TEST_CASE("UvConnection: frames sent together are handed on in order") {
  Accepting fixture;
  std::string bytes = encode(client_hello());
  for (std::uint64_t request = 1; request <= 100; ++request) {
    bytes += encode(request, get_request("k" + std::to_string(request)));
  }
  fixture.other->say(bytes);
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 100; }));
  CHECK(fixture.frames.front().request == 1);
  CHECK(fixture.frames.back().request == 100);
}

TEST_CASE("UvConnection: a reply goes out once, for a request that waits") {
  Accepting fixture;
  fixture.greet();
  fixture.other->say(encode(std::uint64_t{5}, get_request("k")));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 1; }));
  CHECK(fixture.bytes_in_flight > 0);
  const std::string reply = encode(std::uint64_t{5}, get_reply());
  fixture.connection->reply(5, reply);
  fixture.connection->reply(5, reply);
  fixture.connection->reply(6, reply);
  CHECK(fixture.bytes_in_flight == 0);
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK(fixture.other->frames().size() == 2);  // with the greeting
}

TEST_CASE("UvConnection: rubbish ends it, at any time") {
  for (const bool greeted : {false, true}) {
    CAPTURE(greeted);
    Accepting fixture;
    if (greeted) fixture.greet();
    fixture.other->say(std::string(64, 'x'));
    REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
    CHECK(fixture.why.find("rubbish") != std::string::npos);
    CHECK(fixture.run_until([&] { return fixture.other->closed(); }));
  }
}

TEST_CASE("UvConnection: nothing but a greeting may come first") {
  Accepting fixture;
  fixture.other->say(encode(std::uint64_t{1}, get_request("k")));
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why.find("before its greeting") != std::string::npos);
  CHECK(fixture.frames.empty());
}

TEST_CASE("UvConnection: a reply to nobody's request ends it before it is decoded") {
  Accepting fixture;
  fixture.greet();
  std::string frame = encode(std::uint64_t{5}, get_reply());
  // A body under a wrong checksum: whoever decodes it says so.
  frame.back() = static_cast<char>(frame.back() ^ 1);
  fixture.other->say(frame);
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why == "it sent a reply to nobody's request");
  CHECK(fixture.frames.empty());
}

TEST_CASE("UvConnection: greeting twice ends it") {
  Accepting fixture;
  fixture.greet();
  fixture.other->say(encode(client_hello()));
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why.find("twice") != std::string::npos);
}

TEST_CASE("UvConnection: a handshake that takes too long ends it") {
  Accepting fixture({.handshake_timeout = kShort});
  fixture.other->say(encode(client_hello()).substr(0, 10));
  REQUIRE(fixture.ends_by_deadline());
  CHECK(fixture.why.find("handshake in time") != std::string::npos);
}

TEST_CASE("UvConnection: a started message must be finished in time, an idle line may last") {
  Accepting fixture({.frame_timeout = kShort});
  fixture.greet();
  fixture.run_for(3 * kShort);
  fixture.connection->check_deadlines(fixture.clock.now());
  CHECK(fixture.closings == 0);
  fixture.other->say(encode(std::uint64_t{1}, get_request("k")).substr(0, 20));
  REQUIRE(fixture.ends_by_deadline());
  CHECK(fixture.why.find("did not finish it in time") != std::string::npos);
}

TEST_CASE("UvConnection: a refused side hears why, then the end") {
  Accepting fixture;
  fixture.refuse_greetings = true;
  fixture.other->say(encode(client_hello()) + encode(std::uint64_t{1}, get_request("k")));
  REQUIRE(fixture.run_until([&] { return fixture.other->closed(); }));
  CHECK(fixture.other->hello().value_or(Hello{}).refusal == "for a test");
  CHECK(fixture.frames.empty());
}

TEST_CASE("UvConnection: a refused side that stays is put out") {
  Accepting fixture({.refusal_timeout = kShort});
  fixture.refuse_greetings = true;
  fixture.other->raw().socket.pause_reading();  // it does not notice the end
  fixture.other->say(encode(client_hello()));
  REQUIRE(fixture.ends_by_deadline());
  CHECK(fixture.why == "it was refused");
}

TEST_CASE("UvConnection: reads no more while too many requests wait, and goes on after a reply") {
  Accepting fixture({.in_flight_requests_max = 2});
  fixture.greet();
  for (std::uint64_t request = 1; request <= 4; ++request) {
    fixture.other->say(encode(request, get_request("k")));
  }
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK(fixture.frames.size() == 2);
  fixture.connection->reply(1, encode(std::uint64_t{1}, get_reply()));
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 3; }));
  fixture.connection->reply(2, encode(std::uint64_t{2}, get_reply()));
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 4; }));
}

TEST_CASE("UvConnection: a request that waited behind others for too long has no time left") {
  Accepting fixture({.in_flight_requests_max = 1});
  fixture.greet();
  fixture.other->say(encode(std::uint64_t{1}, get_request("a")) +
                     encode(std::uint64_t{2}, get_request("b", kShort)) +
                     encode(std::uint64_t{3}, get_request("c")));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 1; }));
  fixture.run_for(2 * kShort);
  fixture.connection->reply(1, encode(std::uint64_t{1}, get_reply()));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 2; }));
  CHECK(std::get<ClientRequest>(fixture.frames[1].message).remaining == Duration::zero());
  fixture.connection->reply(2, encode(std::uint64_t{2}, get_reply()));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 3; }));
  CHECK(std::get<ClientRequest>(fixture.frames[2].message).remaining <=
        std::chrono::seconds(5) - 2 * kShort);
}

TEST_CASE("UvConnection: a request without any time left can be answered") {
  Accepting fixture;
  fixture.greet();
  fixture.other->say(encode(std::uint64_t{1}, get_request("a", Duration::zero())));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 1; }));
  fixture.connection->reply(1, encode(std::uint64_t{1}, get_reply()));
  CHECK(fixture.run_until([&] { return fixture.other->frames().size() == 2; }));
  CHECK(fixture.bytes_in_flight == 0);
}

TEST_CASE("UvConnection: a request number that still waits may not be used again") {
  Accepting fixture;
  fixture.greet();
  fixture.other->say(encode(std::uint64_t{1}, get_request("a")));
  fixture.other->say(encode(std::uint64_t{1}, get_request("b")));
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why.find("not answered yet") != std::string::npos);
  CHECK(fixture.bytes_in_flight == 0);
}

}  // namespace
}  // namespace starling

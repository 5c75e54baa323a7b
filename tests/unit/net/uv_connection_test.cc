#include "net/uv_connection.h"

#include <algorithm>
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

#include "base/byte_budget.h"
#include "base/time.h"
#include "loop_fixture.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "native_side.h"
#include "net/transport_report.h"
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
          connection = std::make_unique<UvConnection>(7, UvConnection::Side::Accepted,
                                                      UvConnection::Host{.loop = loop,
                                                                         .turn = turn,
                                                                         .clock = clock,
                                                                         .requests = requests,
                                                                         .answers = answers,
                                                                         .metrics = metrics},
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

  ByteBudget requests{std::size_t{4} << 20U};
  ByteBudget answers{std::size_t{4} << 20U};
  TransportMetrics metrics;
  std::unique_ptr<UvConnection> connection;
  std::unique_ptr<NativeSide> other;
  std::vector<Frame> frames;
  int closings = 0;
  int refusals = 0;
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
  void on_request_refused(UvConnection& /*from*/) override { ++refusals; }
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
  CHECK(fixture.requests.used() > 0);
  const std::string reply = encode(std::uint64_t{5}, get_reply());
  fixture.connection->reply(5, reply);
  fixture.connection->reply(5, reply);
  fixture.connection->reply(6, reply);
  CHECK(fixture.requests.used() == 0);
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
  CHECK(fixture.requests.used() == 0);
}

TEST_CASE("UvConnection: a request number that still waits may not be used again") {
  Accepting fixture;
  fixture.greet();
  fixture.other->say(encode(std::uint64_t{1}, get_request("a")));
  fixture.other->say(encode(std::uint64_t{1}, get_request("b")));
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why.find("not answered yet") != std::string::npos);
  CHECK(fixture.requests.used() == 0);
}

std::string put_frame(std::uint64_t request, std::size_t value_bytes) {
  ClientPut put;
  put.address = {.bucket = "b", .key = "k"};
  put.value.assign(value_bytes, 'v');
  return encode(request, ClientRequest{.remaining = std::chrono::seconds(5), .body = put});
}

// The error that answered the last request heard by the other side.
Status last_error(NativeSide& side) {
  const auto* const reply = std::get_if<ClientReply>(&side.frames().back().message);
  if (reply == nullptr || !std::holds_alternative<ErrorReply>(*reply)) return Status::success();
  return std::get<ErrorReply>(*reply).status;
}

TEST_CASE("UvConnection: a request without room is refused before its body is there") {
  Accepting fixture;
  fixture.greet();
  const std::string frame = put_frame(7, std::size_t{5} << 20U);
  fixture.other->say(frame.substr(0, 1000));
  REQUIRE(fixture.run_until([&] { return fixture.other->frames().size() == 2; }));
  CHECK(last_error(*fixture.other).code() == StatusCode::Overloaded);
  CHECK(last_error(*fixture.other).retry_after() == std::chrono::milliseconds(50));
  CHECK(fixture.refusals == 1);
  CHECK(fixture.requests.used() == 0);
  // What follows the refused body is understood.
  fixture.other->say(frame.substr(1000) + encode(std::uint64_t{8}, get_request("k")));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 1; }));
  CHECK(fixture.frames.front().request == 8);
  CHECK(fixture.closings == 0);
}

TEST_CASE("UvConnection: a refused body is never kept") {
  Accepting fixture({.refusal_pause = std::chrono::milliseconds(1)});
  fixture.greet();
  fixture.other->say(put_frame(7, std::size_t{5} << 20U));
  std::size_t most = 0;
  REQUIRE(fixture.run_until([&] {
    most = std::max(most, fixture.requests.used());
    return fixture.other->raw().socket.queued_bytes() == 0 && fixture.connection->idle();
  }));
  CHECK(most <= UvSocket::kReadBytesPerTurn);
}

TEST_CASE("UvConnection: a refused client is not read for a while, longer each time") {
  Accepting fixture({.refusal_pause = 2 * kShort, .refusal_pause_max = 3 * kShort});
  fixture.greet();
  for (const std::uint64_t request : {1, 2, 3}) {
    fixture.other->say(put_frame(request, std::size_t{5} << 20U));
    REQUIRE(fixture.run_until([&] { return fixture.other->frames().size() == request + 1; }));
    const auto expected = request == 1 ? 2 * kShort : 3 * kShort;
    CHECK(last_error(*fixture.other).retry_after() == expected);
  }
  fixture.other->say(encode(std::uint64_t{9}, get_request("k")));
  fixture.run_for(kShort);
  CHECK(fixture.frames.empty());
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 1; }));
}

TEST_CASE("UvConnection: who is refused behind it rests as well, after a large request only") {
  Accepting fixture({.refusal_pause = 2 * kShort});
  fixture.greet();
  fixture.other->say(put_frame(1, 1000) + put_frame(2, 100'000));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 2; }));
  fixture.connection->rest_after(1);
  fixture.other->say(encode(std::uint64_t{3}, get_request("k")));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 3; }));
  fixture.connection->rest_after(2);
  fixture.other->say(encode(std::uint64_t{4}, get_request("k")));
  fixture.run_for(kShort);
  CHECK(fixture.frames.size() == 3);
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 4; }));
}

TEST_CASE("UvConnection: a request that found room is not refused when the room is gone") {
  Accepting fixture;
  fixture.greet();
  const std::string frame = put_frame(7, std::size_t{3} << 20U);
  fixture.other->say(frame.substr(0, 1000));
  REQUIRE(fixture.run_until([&] { return fixture.requests.used() >= frame.size(); }));
  ByteShare others(fixture.requests);
  others.hold(std::size_t{4} << 20U);
  fixture.other->say(frame.substr(1000));
  REQUIRE(fixture.run_until([&] { return fixture.frames.size() == 1; }));
  CHECK(fixture.refusals == 0);
}

TEST_CASE("UvConnection: a whole request without room is refused, a small one finds it") {
  Accepting fixture;
  fixture.greet();
  ByteShare others(fixture.requests);
  others.hold(std::size_t{4} << 20U);
  fixture.other->say(put_frame(1, 100'000));
  REQUIRE(fixture.run_until([&] { return fixture.other->frames().size() == 2; }));
  CHECK(last_error(*fixture.other).code() == StatusCode::Overloaded);
  CHECK(fixture.frames.empty());
  fixture.other->say(put_frame(2, 1000));
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 1; }));
}

TEST_CASE("UvConnection: a client that does not read what it is sent is put out") {
  Accepting fixture({.output_timeout = kShort});
  fixture.greet();
  fixture.other->raw().socket.pause_reading();
  fixture.connection->write(std::string(std::size_t{16} << 20U, 'x'));
  REQUIRE(fixture.ends_by_deadline());
  CHECK(fixture.why == "it does not read what it is sent");
  CHECK(fixture.answers.used() == 0);
}

TEST_CASE("UvConnection: a client that reads slowly is not put out") {
  Accepting fixture({.output_timeout = 4 * kShort});
  fixture.greet();
  fixture.connection->write(std::string(std::size_t{48} << 20U, 'x'));
  auto& reader = fixture.other->raw().socket;
  for (int round = 0; round < 6; ++round) {
    reader.pause_reading();
    fixture.run_for(kShort);
    fixture.connection->check_deadlines(fixture.clock.now());
    reader.resume_reading();
    fixture.run_for(std::chrono::milliseconds(4));
  }
  CHECK(fixture.closings == 0);
}

TEST_CASE("UvConnection: a peer that falls silent is gone, a silent client is not") {
  for (const bool peer : {true, false}) {
    CAPTURE(peer);
    Accepting fixture({.silence_timeout = kShort});
    fixture.greet();
    if (peer) fixture.connection->set_peer(NodeId{1}, 1000);
    fixture.run_for(2 * kShort);
    fixture.connection->check_deadlines(fixture.clock.now());
    CHECK(fixture.closings == (peer ? 1 : 0));
  }
}

TEST_CASE("UvConnection: a large message has longer to be finished than a small one") {
  Accepting fixture({.frame_timeout = kShort, .frame_bytes_per_second_min = std::size_t{1} << 20U});
  fixture.greet();
  fixture.other->say(put_frame(1, std::size_t{2} << 20U).substr(0, 1000));
  REQUIRE(fixture.run_until([&] { return fixture.requests.used() > 1000; }));
  fixture.run_for(4 * kShort);
  fixture.connection->check_deadlines(fixture.clock.now());
  CHECK(fixture.closings == 0);
}

TEST_CASE("UvConnection: many requests sent together are begun over several turns") {
  Accepting fixture({.requests_per_turn_max = 4});
  fixture.greet();
  std::string bytes;
  for (std::uint64_t request = 1; request <= 10; ++request) {
    bytes += encode(request, get_request("k"));
  }
  fixture.other->say(bytes);
  std::vector<std::size_t> steps;
  REQUIRE(fixture.run_until([&] {
    if (steps.empty() || steps.back() != fixture.frames.size()) {
      steps.push_back(fixture.frames.size());
    }
    return fixture.frames.size() == 10;
  }));
  CHECK(steps == std::vector<std::size_t>{0, 4, 8, 10});
}

TEST_CASE("UvConnection: who does not read its answers is not read either") {
  Accepting fixture;
  fixture.greet();
  fixture.other->raw().socket.pause_reading();
  fixture.connection->write(std::string(std::size_t{8} << 20U, 'x'));
  fixture.run_for(std::chrono::milliseconds(20));
  fixture.other->say(encode(std::uint64_t{1}, get_request("k")));
  fixture.run_for(kShort);
  CHECK(fixture.frames.empty());
  fixture.other->raw().socket.resume_reading();
  CHECK(fixture.run_until([&] { return fixture.frames.size() == 1; }));
}

TEST_CASE("UvConnection: a client that begins what no client sends is put out at its header") {
  Accepting fixture;
  fixture.greet();
  ForwardedPut put;
  put.put.address = {.bucket = "b", .key = "k"};
  put.put.value.assign(std::size_t{1} << 20U, 'v');
  fixture.other->say(encode(PeerMessage(put)).substr(0, 1000));
  REQUIRE(fixture.run_until([&] { return fixture.closings == 1; }));
  CHECK(fixture.why.find("does not send") != std::string::npos);
}

}  // namespace
}  // namespace starling

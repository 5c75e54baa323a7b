#include "client/link.h"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>

#include "support/scripted_server.h"
#include "wire/codec.h"

namespace starling {
namespace {

constexpr auto kLong = std::chrono::seconds(60);

// Drives a link until it is in that state, or time is up.
void drive(Link& link, Link::State until) {
  std::vector<char> buffer(4096);
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (link.state() != until && link.state() != Link::State::Broken &&
         std::chrono::steady_clock::now() < deadline) {
    link.on_resolved();
    if (link.descriptor() == Link::kNoDescriptor) continue;
    const short events = link.wants_to_write() ? POLLIN | POLLOUT : POLLIN;
    pollfd waiting{.fd = link.descriptor(), .events = events, .revents = 0};
    if (poll(&waiting, 1, 10) <= 0) continue;
    if ((waiting.revents & POLLOUT) != 0) link.on_writable();
    if ((waiting.revents & POLLIN) != 0) link.on_readable(buffer);
  }
}

// Waits for that of its socket, and reads nothing.
bool wait_for(const Link& link, short event) {
  pollfd waiting{.fd = link.descriptor(), .events = event, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kLong).count())) > 0 &&
         (waiting.revents & event) != 0;
}

ClientRequest get_of(const std::string& key = "k") {
  ClientGet get;
  get.address = {.bucket = "b", .key = key};
  return {.remaining = kLong, .body = get};
}

Endpoint endpoint_of(const ScriptedServer& server) {
  return *parse_endpoint(server.endpoint());
}

TEST_CASE("Link: where nobody listens it is unreachable, with the reason") {
  Link link({.host = "127.0.0.1", .port = "1"}, "", [] {});
  drive(link, Link::State::Open);
  CHECK(link.why() == Status(StatusCode::Unreachable, "Connection refused"));
}

TEST_CASE("Link: a name is resolved first, each of its addresses tried") {
  const ScriptedServer server([](const ClientRequest&) { return KeysReply{}; });
  Link link({.host = "localhost", .port = endpoint_of(server).port}, "", [] {});
  CHECK(link.state() == Link::State::Resolving);
  drive(link, Link::State::Open);
  CHECK(link.state() == Link::State::Open);
}

TEST_CASE("Link: requests wait for the flush, then all go out, and their ends are known") {
  const ScriptedServer server([](const ClientRequest&) { return KeysReply{}; });
  Link link(endpoint_of(server), "", [] {});
  drive(link, Link::State::Open);
  const std::uint64_t greeted = link.sent();
  const std::uint64_t first = link.queue(1, get_of());
  const std::uint64_t second = link.queue(2, get_of());
  CHECK(link.sent() == greeted);
  CHECK(first > greeted);
  link.flush();
  CHECK(link.sent() == second);
  CHECK_FALSE(link.wants_to_write());
}

TEST_CASE("Link: a server that closes breaks it, also before it greeted") {
  const ScriptedServer server([](const ClientRequest&) { return std::nullopt; });
  Link link(endpoint_of(server), "", [] {});
  drive(link, Link::State::Open);
  CHECK(link.queue(1, get_of()) > 0);
  link.flush();
  drive(link, Link::State::Broken);
  CHECK(link.why() ==
        Status(StatusCode::Unreachable, "it closed the connection before it answered"));
  CHECK(link.descriptor() == Link::kNoDescriptor);
}

TEST_CASE(
    "Link: what was answered before the connection broke is kept when sending finds it broken") {
  const ScriptedServer server([](const ClientRequest& request) -> std::optional<ClientReply> {
    if (std::get<ClientGet>(request.body).address.key == "last") return std::nullopt;
    return KeysReply{};
  });
  Link link(endpoint_of(server), "", [] {});
  drive(link, Link::State::Open);
  CHECK(link.queue(1, get_of()) > 0);
  CHECK(link.queue(2, get_of("last")) > 0);
  link.flush();
  REQUIRE(wait_for(link, POLLRDHUP));
  // The other end is closed: it answers this with a reset, and the next finds that.
  CHECK(link.queue(3, get_of()) > 0);
  link.flush();
  REQUIRE(wait_for(link, POLLHUP));
  CHECK(link.queue(4, get_of()) > 0);
  link.flush();
  CHECK(link.state() == Link::State::Broken);
  const std::vector<NumberedReply> replies = link.take_replies();
  REQUIRE(replies.size() == 1);
  CHECK(replies.front().number == 1);
}

TEST_CASE("Link: a server that talks rubbish is a failure") {
  const ScriptedServer server(ScriptedServer::Verbatim{
      [](std::uint64_t, const ClientRequest&) { return std::string(64, 'x'); }});
  Link link(endpoint_of(server), "", [] {});
  drive(link, Link::State::Open);
  CHECK(link.queue(1, get_of()) > 0);
  link.flush();
  drive(link, Link::State::Broken);
  CHECK(link.why().code() == StatusCode::Failure);
}

}  // namespace
}  // namespace starling

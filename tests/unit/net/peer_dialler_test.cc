#include "net/peer_dialler.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"
#include "loop_fixture.h"
#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"

namespace starling {
namespace {

constexpr Duration kMoment = std::chrono::milliseconds(50);

struct Dialling : LoopFixture {
  explicit Dialling(std::uint16_t port)
      : dialler(loop, clock, Random(1), {.host = "127.0.0.1", .port = port},
                {.connected = [this](const UvTcp&) { ++connected; },
                 .failed = [this](const std::string& why) { failures.push_back(why); }}) {}

  int connected = 0;
  std::vector<std::string> failures;
  PeerDialler dialler;
};

std::uint16_t unused_port() {
  LoopFixture fixture;
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  return listener.port();
}

TEST_CASE("PeerDialler: tries again until somebody listens") {
  Dialling fixture(unused_port());
  fixture.dialler.start();
  REQUIRE(fixture.run_until([&] { return fixture.failures.size() >= 2; }));
  CHECK(fixture.failures[0] == "connection refused");
  const std::uint16_t port = unused_port();
  Dialling other(port);
  other.dialler.start();
  REQUIRE(other.run_until([&] { return other.failures.size() == 1; }));
  UvListener listener(other.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = port}).ok());
  CHECK(other.run_until([&] { return other.connected == 1; }));
}

TEST_CASE("PeerDialler: dials again only when it is told to") {
  Dialling fixture(0);
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  PeerDialler dialler(fixture.loop, fixture.clock, Random(1),
                      {.host = "127.0.0.1", .port = listener.port()},
                      {.connected = [&](const UvTcp&) { ++fixture.connected; },
                       .failed = [](const std::string&) {}});
  dialler.start();
  REQUIRE(fixture.run_until([&] { return fixture.connected == 1; }));
  fixture.run_for(std::chrono::milliseconds(150));
  CHECK(fixture.connected == 1);
  dialler.retry();
  CHECK(fixture.run_until([&] { return fixture.connected == 2; }));
}

TEST_CASE("PeerDialler: hurries when the peer is known to be there, while it waits") {
  Dialling fixture(unused_port());
  fixture.dialler.hurry();  // it has not begun
  CHECK_FALSE(fixture.run_until([&] { return !fixture.failures.empty(); }, kMoment));
  fixture.dialler.start();
  REQUIRE(fixture.run_until([&] { return fixture.failures.size() == 5; }));
  const Instant before = fixture.clock.now();
  fixture.dialler.hurry();  // instead of the 400 ms or more that come sixth
  REQUIRE(fixture.run_until([&] { return fixture.failures.size() == 6; }));
  CHECK(fixture.clock.now() - before < std::chrono::milliseconds(300));
}

TEST_CASE("PeerDialler: does nothing more once stopped") {
  Dialling fixture(unused_port());
  fixture.dialler.start();
  fixture.dialler.stop();
  fixture.dialler.retry();
  fixture.run_for(std::chrono::milliseconds(150));
  CHECK(fixture.failures.empty());
}

}  // namespace
}  // namespace starling

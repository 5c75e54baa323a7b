#include "net/uv_dial.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netdb.h>

#include "starling/result.h"
#include "starling/status.h"

#include "loop_fixture.h"
#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"

namespace starling {
namespace {

// A port that was free a moment ago.
std::uint16_t unused_port(LoopFixture& fixture) {
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  return listener.port();
}

// A minimal system has no file of host names, and then no name for itself.
bool resolves(const char* name) {
  addrinfo* found = nullptr;
  if (getaddrinfo(name, nullptr, nullptr, &found) != 0) return false;
  freeaddrinfo(found);
  return true;
}

TEST_CASE("UvDial: connects to a host by name or number") {
  LoopFixture fixture;
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  std::vector<const char*> hosts{"127.0.0.1"};
  if (resolves("localhost")) hosts.push_back("localhost");
  for (const char* const host : hosts) {
    CAPTURE(host);
    std::optional<bool> connected;
    UvDial dial(fixture.loop, [&](const Result<UvTcp>& result) { connected = result.ok(); });
    REQUIRE(dial.start({.host = host, .port = listener.port()}).ok());
    CHECK_FALSE(connected.has_value());
    REQUIRE(fixture.run_until([&] { return connected.has_value(); }));
    CHECK(*connected);
  }
}

TEST_CASE("UvDial: where nobody listens, says so in words") {
  LoopFixture fixture;
  Status outcome;
  UvDial dial(fixture.loop, [&](const Result<UvTcp>& result) { outcome = result.status(); });
  REQUIRE(dial.start({.host = "127.0.0.1", .port = unused_port(fixture)}).ok());
  REQUIRE(fixture.run_until([&] { return !outcome.ok(); }));
  CHECK(outcome.code() == StatusCode::Unreachable);
  CHECK(outcome.message() == "connection refused");
}

TEST_CASE("UvDial: destroying it gives the attempt up without a call") {
  LoopFixture fixture;
  bool called = false;
  std::vector<const char*> hosts{"127.0.0.1"};
  if (resolves("localhost")) hosts.push_back("localhost");
  for (const char* const host : hosts) {
    auto dial =
        std::make_unique<UvDial>(fixture.loop, [&](const Result<UvTcp>&) { called = true; });
    REQUIRE(dial->start({.host = host, .port = unused_port(fixture)}).ok());
    dial.reset();
  }
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK_FALSE(called);
}

}  // namespace
}  // namespace starling

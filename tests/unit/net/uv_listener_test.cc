#include "net/uv_listener.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "loop_fixture.h"
#include "net/host_port.h"
#include "net/uv_handle.h"

namespace starling {
namespace {

TEST_CASE("UvListener: hands on who connects, and closes whom nobody keeps") {
  LoopFixture fixture;
  int accepted = 0;
  UvListener listener(fixture.loop, [&](const UvTcp& socket) {
    if (socket != nullptr) ++accepted;
  });
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  const auto caller = RawSide::dial(fixture, listener.port());
  REQUIRE(caller != nullptr);
  CHECK(fixture.run_until([&] { return caller->closed(); }));
  CHECK(accepted == 1);
}

TEST_CASE("UvListener: a port in use is an error that names it and the remedy") {
  LoopFixture fixture;
  UvListener first(fixture.loop, [](const UvTcp&) {});
  REQUIRE(first.listen({.host = "127.0.0.1", .port = 0}).ok());
  UvListener second(fixture.loop, [](const UvTcp&) {});
  const Status status = second.listen({.host = "127.0.0.1", .port = first.port()});
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find("127.0.0.1:" + std::to_string(first.port())) != std::string::npos);
  CHECK(status.message().find("address already in use") != std::string::npos);
  CHECK(status.message().find("choose another port") != std::string::npos);
}

TEST_CASE("UvListener: an address of another machine is an error") {
  LoopFixture fixture;
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  const Status status = listener.listen({.host = "192.0.2.1", .port = 0});
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find("no such address") != std::string::npos);
}

TEST_CASE("UvListener: accepts nobody once closed") {
  LoopFixture fixture;
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  const std::uint16_t port = listener.port();
  listener.close();
  CHECK(RawSide::dial(fixture, port) == nullptr);
}

}  // namespace
}  // namespace starling

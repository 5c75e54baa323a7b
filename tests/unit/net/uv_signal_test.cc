#include "net/uv_signal.h"

#include <csignal>

#include <doctest/doctest.h>

#include "loop_fixture.h"

namespace starling {
namespace {

TEST_CASE("UvSignal: calls back from the loop, each time") {
  LoopFixture fixture;
  int caught = 0;
  const UvSignal signal(fixture.loop, SIGUSR1, [&] { ++caught; });
  REQUIRE(std::raise(SIGUSR1) == 0);
  CHECK(caught == 0);
  CHECK(fixture.run_until([&] { return caught == 1; }));
  REQUIRE(std::raise(SIGUSR1) == 0);
  CHECK(fixture.run_until([&] { return caught == 2; }));
}

}  // namespace
}  // namespace starling

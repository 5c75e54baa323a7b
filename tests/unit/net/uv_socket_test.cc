#include "net/uv_socket.h"

#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "loop_fixture.h"

namespace starling {
namespace {

TEST_CASE("UvSocket: what is written arrives in order, in both directions") {
  LoopFixture fixture;
  const RawPair pair(fixture);
  REQUIRE(pair.connected());
  pair.dialled->socket.write("one ");
  pair.dialled->socket.write("two");
  pair.accepted->socket.write("three");
  CHECK(fixture.run_until([&] { return pair.accepted->heard == "one two"; }));
  CHECK(fixture.run_until([&] { return pair.dialled->heard == "three"; }));
}

TEST_CASE("UvSocket: more than the kernel takes at once arrives whole") {
  LoopFixture fixture;
  const RawPair pair(fixture);
  REQUIRE(pair.connected());
  std::string big;
  for (int i = 0; big.size() < (std::size_t{20} << 20U); ++i) big += std::to_string(i);
  pair.dialled->socket.write(big);
  pair.dialled->socket.write("the end");
  CHECK(fixture.run_until([&] { return pair.accepted->heard.ends_with("the end"); }));
  CHECK(pair.accepted->heard == big + "the end");
  CHECK(pair.dialled->socket.queued_bytes() == 0);
}

TEST_CASE("UvSocket: a receiver that does not read loses its connection, and is told why later") {
  LoopFixture fixture;
  const RawPair pair(fixture, {.output_bytes_max = std::size_t{1} << 20U});
  REQUIRE(pair.connected());
  pair.dialled->socket.pause_reading();
  const std::string chunk(std::size_t{64} << 10U, 'x');
  for (int i = 0; i < 400 && pair.accepted->socket.open(); ++i) {
    pair.accepted->socket.write(chunk);
    CHECK_FALSE(pair.accepted->closed());  // never from within write()
    if (i % 4 == 0) fixture.run_for(std::chrono::milliseconds(1));
    CHECK(pair.accepted->socket.queued_bytes() <= (std::size_t{1} << 20U) + chunk.size());
  }
  CHECK(fixture.run_until([&] { return pair.accepted->closed(); }));
  CHECK(pair.accepted->closed_because.find("output_bytes_max") != std::string::npos);
}

TEST_CASE("UvSocket: the end of the other side is told once") {
  LoopFixture fixture;
  const RawPair pair(fixture);
  REQUIRE(pair.connected());
  pair.dialled->socket.close();
  CHECK(fixture.run_until([&] { return pair.accepted->closed(); }));
  fixture.run_for(std::chrono::milliseconds(10));
  CHECK(pair.accepted->closings == 1);
  CHECK(pair.dialled->closings == 0);
  CHECK(pair.accepted->closed_because == "the other side closed it");
}

TEST_CASE("UvSocket: finishing delivers everything first, and hears nothing more") {
  LoopFixture fixture;
  const RawPair pair(fixture);
  REQUIRE(pair.connected());
  const std::string last(std::size_t{8} << 20U, 'z');
  pair.accepted->socket.write(last);
  pair.accepted->socket.finish();
  pair.dialled->socket.write("too late");
  REQUIRE(fixture.run_until([&] { return pair.dialled->closed(); }));
  CHECK(pair.dialled->heard.size() == last.size());
  pair.dialled->socket.close();
  CHECK(fixture.run_until([&] { return pair.accepted->closed(); }));
  CHECK(pair.accepted->heard.empty());
}

TEST_CASE("UvSocket: a paused socket hears nothing until it resumes") {
  LoopFixture fixture;
  const RawPair pair(fixture);
  REQUIRE(pair.connected());
  pair.accepted->socket.pause_reading();
  pair.dialled->socket.write("later");
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK(pair.accepted->heard.empty());
  pair.accepted->socket.resume_reading();
  CHECK(fixture.run_until([&] { return pair.accepted->heard == "later"; }));
}

TEST_CASE("UvSocket: tells when a crowded queue has room again") {
  LoopFixture fixture;
  const RawPair pair(fixture, {.output_bytes_max = std::size_t{32} << 20U});
  REQUIRE(pair.connected());
  pair.dialled->socket.pause_reading();
  pair.accepted->socket.write(std::string(std::size_t{24} << 20U, 'x'));
  CHECK(pair.accepted->socket.output_crowded());
  fixture.run_for(std::chrono::milliseconds(5));
  CHECK(pair.accepted->reliefs == 0);
  pair.dialled->socket.resume_reading();
  CHECK(fixture.run_until([&] { return pair.accepted->reliefs == 1; }));
}

}  // namespace
}  // namespace starling

#include "client/socket_address.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <doctest/doctest.h>
#include <netinet/in.h>

namespace starling {
namespace {

using Answer = Result<std::vector<SocketAddress>>;

Answer wait_for(NameLookup& lookup, const std::atomic<bool>& ready) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ready && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::optional<Answer> answer = lookup.take();
  if (answer.has_value()) return *std::move(answer);
  return Status(StatusCode::Failure, "no answer");
}

TEST_CASE("SocketAddress: literal addresses of both kinds are no names") {
  const auto four = literal_address({.host = "127.0.0.1", .port = "7400"});
  REQUIRE(four.has_value());
  CHECK(four->storage.ss_family == AF_INET);
  const auto six = literal_address({.host = "::1", .port = "7400"});
  REQUIRE(six.has_value());
  CHECK(six->storage.ss_family == AF_INET6);
  CHECK_FALSE(literal_address({.host = "localhost", .port = "7400"}).has_value());
}

TEST_CASE("NameLookup: a name becomes addresses, in another thread") {
  std::atomic<bool> ready = false;
  NameLookup lookup({.host = "localhost", .port = "7400"}, [&] { ready = true; });
  const Answer answer = wait_for(lookup, ready);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->empty());
}

TEST_CASE("NameLookup: a name that is none is unreachable") {
  std::atomic<bool> ready = false;
  NameLookup lookup({.host = "no-such-host.invalid", .port = "1"}, [&] { ready = true; });
  CHECK(wait_for(lookup, ready).status().code() == StatusCode::Unreachable);
}

TEST_CASE("NameLookup: nobody has to wait for it to end") {
  for (int round = 0; round < 20; ++round) {
    const NameLookup lookup({.host = "no-such-host.invalid", .port = "1"}, [] {});
  }
  CHECK(true);
}

}  // namespace
}  // namespace starling

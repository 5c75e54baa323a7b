#include "client/call.h"

#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("Call: a request holds its key, its value and its context, and something besides") {
  ClientPut put;
  const std::size_t empty = bytes_of(put);
  CHECK(empty > 0);
  put.address = {.bucket = "b", .key = "key"};
  put.value.assign(1000, 'v');
  put.context.assign(100, 'c');
  CHECK(bytes_of(put) == empty + 1104);
  CHECK(bytes_of(ClientNodeInfo{}) == empty);
}

TEST_CASE("Call: puts, gets and deletes are about a key, the rest is about none") {
  ClientDelete erase;
  erase.address.key = "k";
  const ClientRequestBody request = erase;
  REQUIRE(address_of(request) != nullptr);
  CHECK(address_of(request)->key == "k");
  CHECK(address_of(ClientRequestBody(ClientKeys{})) == nullptr);
  CHECK(address_of(ClientRequestBody(ClientClusterStatus{})) == nullptr);
}

}  // namespace
}  // namespace starling

#include "client/requests.h"

#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "message/checksum.h"

namespace starling {
namespace {

TEST_CASE("requests: an item's own context counts, not the options'") {
  const PutItem item{.bucket = "b", .key = "k", .value = "v", .context = "of the item"};
  const auto built = put_request(item, {.context = "of all", .content_type = "text/plain"},
                                 {.client = {}, .counter = 7});
  REQUIRE(built.ok());
  const auto& put = std::get<ClientPut>(*built);
  CHECK(put.context == "of the item");
  CHECK(put.request.counter == 7);
  CHECK(put.checksum == checksum_of("k", "text/plain", "v"));
}

TEST_CASE("requests: a trace is asked for where the options say so") {
  const PutItem item{.bucket = "b", .key = "k", .value = "v"};
  CHECK(std::get<ClientPut>(*put_request(item, {.trace = true}, {})).trace);
  CHECK_FALSE(std::get<ClientPut>(*put_request(item, {}, {})).trace);
  const KeyRef key{.bucket = "b", .key = "k"};
  CHECK(std::get<ClientGet>(*get_request(key, {.trace = true})).trace);
  CHECK(std::get<ClientDelete>(*remove_request(key, {.write = {.trace = true}}, {})).trace);
}

TEST_CASE("requests: what no server could honour is not built") {
  const std::string long_context(33U << 10U, 'c');
  const PutItem item{.bucket = "b", .key = "k", .value = "v", .context = long_context};
  CHECK(put_request(item, {}, {}).status().code() == StatusCode::BadContext);
  CHECK(get_request({.bucket = "b", .key = ""}, {}).status().code() == StatusCode::Usage);
  CHECK(remove_request({.bucket = "", .key = "k"}, {}, {}).status().code() == StatusCode::Usage);
  CHECK(keys_request("b", {.limit = 0}).status().code() == StatusCode::Usage);
}

}  // namespace
}  // namespace starling

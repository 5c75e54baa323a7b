#include "http/routes.h"

#include <string>

#include <doctest/doctest.h>

#include "http/http_message.h"

namespace starling {
namespace {

HttpResponse ask(const std::string& target, const Health& health,
                 const std::string& method = "GET") {
  const Routes routes([health] { return health; }, [] { return "starling_ready 1\n"; });
  return routes.answer({.method = method, .target = target});
}

const Health kServing{.serving = true, .because = {}};
const Health kWaiting{.serving = false, .because = "1 of 2 replicas can be reached"};

TEST_CASE("Routes: a process that answers is alive, whether it serves or not") {
  CHECK(ask("/livez", kServing).status == 200);
  CHECK(ask("/livez", kWaiting).status == 200);
}

TEST_CASE("Routes: readyz answers 200 only while quorum requests can be served") {
  CHECK(ask("/readyz", kServing).status == 200);
  CHECK(ask("/readyz", kWaiting).status == 503);
}

TEST_CASE("Routes: readyz says why on request") {
  CHECK(ask("/readyz", kWaiting).body.find("1 of 2") == std::string::npos);
  CHECK(ask("/readyz?verbose", kWaiting).body.find("1 of 2 replicas can be reached") !=
        std::string::npos);
  CHECK(ask("/readyz?verbose", kServing).body.find("served") != std::string::npos);
  CHECK(ask("/readyz?verbose", kServing).body.find("[+] disk") != std::string::npos);
}

TEST_CASE("Routes: a node that serves with a full disk is ready, and says what it refuses") {
  const Health limited{.serving = true, .because = {}, .note = "all writes are refused"};
  CHECK(ask("/readyz", limited).status == 200);
  CHECK(ask("/readyz?verbose", limited).body.find("[!] disk: all writes are refused") !=
        std::string::npos);
}

TEST_CASE("Routes: another method than GET and HEAD is refused, with the ones that exist") {
  CHECK(ask("/livez", kServing, "HEAD").status == 200);
  const HttpResponse response = ask("/livez", kServing, "POST");
  CHECK(response.status == 405);
  REQUIRE(response.fields.size() == 1);
  CHECK(response.fields[0].name == "Allow");
  CHECK(response.fields[0].value == "GET, HEAD");
}

TEST_CASE("Routes: metrics are told in Prometheus' format, whether the node serves or not") {
  const HttpResponse response = ask("/metrics?x=1", kWaiting);
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(response.body == "starling_ready 1\n");
}

TEST_CASE("Routes: what is planned is 501, what nobody knows is 404, both as JSON") {
  for (const char* const target : {"/", "/v1?x=1"}) {
    CAPTURE(target);
    CHECK(ask(target, kServing).status == 501);
    CHECK(ask(target, kServing).content_type == "application/json");
  }
  CHECK(ask("/favicon.ico", kServing).status == 404);
  CHECK(ask("/livezz", kServing).status == 404);
}

}  // namespace
}  // namespace starling

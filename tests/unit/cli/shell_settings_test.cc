#include "cli/shell_settings.h"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "cli/arguments.h"

namespace starling::cli {
namespace {

TEST_CASE("ShellSettings: the prompt names endpoint, bucket and levels") {
  ShellSettings settings({});
  CHECK(settings.prompt() == "127.0.0.1:7400 r=quorum w=quorum> ");
  REQUIRE(settings.set("endpoint", "a:1,b:2,c:3").ok());
  REQUIRE(settings.set("bucket", "carts").ok());
  REQUIRE(settings.set("w", "all").ok());
  REQUIRE(settings.set("dw", "2").ok());
  CHECK(settings.prompt() == "a:1,+2/carts r=quorum w=all dw=2> ");
}

TEST_CASE("ShellSettings: what a setting can not be leaves it as it was") {
  ShellSettings settings({});
  CHECK(settings.set("r", "most").message().starts_with("--r: unknown level 'most'"));
  CHECK(settings.set("timeout", "2h").message().find("60s") != std::string::npos);
  CHECK(settings.set("endpoint", "nowhere").code() == StatusCode::Usage);
  CHECK(settings.set("bucket", "a/b").code() == StatusCode::Usage);
  CHECK(settings.set("output", "xml").code() == StatusCode::Usage);
  CHECK(settings.set("w", "").code() == StatusCode::Usage);
  CHECK(settings.set("colour", "red").message().find("endpoint bucket") != std::string::npos);
  CHECK(settings.to_text() == ShellSettings({}).to_text());
}

TEST_CASE("ShellSettings: unset returns to the start") {
  ShellSettings settings({.defaults = {.w = "one"}, .bucket = "carts"});
  REQUIRE(settings.set("w", "all").ok());
  REQUIRE(settings.unset("w").ok());
  CHECK(settings.defaults().w == "one");
  CHECK(settings.unset("colour").code() == StatusCode::Usage);
}

TEST_CASE("ShellSettings: an endpoint that was set wins over the environment") {
  REQUIRE(setenv("STARLING_ENDPOINTS", "env:1", 1) == 0);
  const auto parsed = parse_arguments({"node", "info"}, ShellSettings({}).defaults());
  REQUIRE(unsetenv("STARLING_ENDPOINTS") == 0);
  CHECK(std::get<Invocation>(*parsed).endpoints.front() == "127.0.0.1:7400");
}

}  // namespace
}  // namespace starling::cli

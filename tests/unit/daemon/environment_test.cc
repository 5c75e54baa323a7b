#include "daemon/environment.h"

#include <string>

#include <doctest/doctest.h>

#include "daemon/flag.h"

namespace starling {
namespace {

TEST_CASE("Environment: STARLING_DATA_DIR is --data-dir") {
  const Environment environment =
      read_environment({"PATH=/bin", "STARLING_DATA_DIR=/srv/a=b", "STARLING_INSECURE=1"});
  CHECK(environment.values.size() == 2);
  CHECK(environment.values.at("data-dir") ==
        GivenValue{.text = "/srv/a=b", .origin = "STARLING_DATA_DIR"});
  CHECK(environment.values.at("insecure").text == "1");
  CHECK(environment.warnings.empty());
}

TEST_CASE("Environment: an unknown STARLING_ variable is a warning that names it") {
  const Environment environment = read_environment({"STARLING_NMAE=a"});
  CHECK(environment.values.empty());
  REQUIRE(environment.warnings.size() == 1);
  CHECK(environment.warnings[0].find("STARLING_NMAE") != std::string::npos);
}

TEST_CASE("Environment: what the other programs read is no reason to warn") {
  CHECK(read_environment({"STARLING_ENDPOINTS=a:1", "STARLING_SEED=1"}).warnings.empty());
}

}  // namespace
}  // namespace starling

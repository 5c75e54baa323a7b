#include "daemon/config_file.h"

#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "daemon/flag.h"

#ifndef STARLING_EXAMPLE_CONFIG
#error "the build defines STARLING_EXAMPLE_CONFIG"
#endif

namespace starling {
namespace {

std::string complaint(const std::string& text) {
  const Result<GivenValues> values = parse_config_text(text, "a.toml");
  REQUIRE_FALSE(values.ok());
  CHECK(values.status().code() == StatusCode::Usage);
  return values.status().message();
}

TEST_CASE("ConfigFile: strings, numbers and truths are values that know their line") {
  const Result<GivenValues> values =
      parse_config_text("name = 'a'\n\npartitions = 64\ninsecure = true\n", "a.toml");
  REQUIRE(values.ok());
  CHECK(values->at("name") == GivenValue{.text = "a", .origin = "'name' in a.toml, line 1"});
  CHECK(values->at("partitions") ==
        GivenValue{.text = "64", .origin = "'partitions' in a.toml, line 3"});
  CHECK(values->at("insecure").text == "true");
}

TEST_CASE("ConfigFile: an unknown key is an error that names it and its line") {
  const std::string message = complaint("name = 'a'\nnmae = 'b'\n");
  CHECK(message.find("a.toml, line 2") != std::string::npos);
  CHECK(message.find("'nmae'") != std::string::npos);
  CHECK(complaint("config = 'b.toml'").find("unknown key 'config'") != std::string::npos);
  CHECK(complaint("[daemon]\nname = 'a'").find("unknown key 'daemon'") != std::string::npos);
}

TEST_CASE("ConfigFile: a value of a wrong kind names its line") {
  CHECK(complaint("name = 'a'\nreplicas = [3]").find("line 2: 'replicas' must be") !=
        std::string::npos);
  CHECK(complaint("replicas = 3.0").find("line 1: 'replicas' must be") != std::string::npos);
}

TEST_CASE("ConfigFile: broken TOML names the line") {
  CHECK(complaint("name = 'a'\nlisten = \n").find("a.toml, line 2") != std::string::npos);
  CHECK(complaint("name = 'a'\nname = 'b'\n").find("a.toml, line 2") != std::string::npos);
}

TEST_CASE("ConfigFile: a file that is not there is named") {
  const Result<GivenValues> values = read_config_file("/no/such/file.toml");
  REQUIRE_FALSE(values.ok());
  CHECK(values.status().message().find("/no/such/file.toml") != std::string::npos);
}

TEST_CASE("ConfigFile: the example explains every flag, and every default in it is one") {
  const Result<GivenValues> values = read_config_file(STARLING_EXAMPLE_CONFIG);
  REQUIRE(values.ok());
  CHECK(values->at("listen").text == "127.0.0.1:7400");
  CHECK(values->at("partitions").text == "1024");
  CHECK(values->at("insecure").text == "false");
  CHECK(values->at("durability").text == "sync");
}

}  // namespace
}  // namespace starling

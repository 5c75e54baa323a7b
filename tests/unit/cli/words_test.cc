#include "cli/words.h"

#include <optional>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "cli/command.h"

namespace starling::cli {
namespace {

TEST_CASE("words: what nobody typed has the defaults that are said") {
  Words words;
  words.bucket = "b";
  words.key = "k";
  const auto put = put_of(words);
  REQUIRE(put.ok());
  CHECK(std::get<PutCommand>(*put).options.w == Level::quorum());
  CHECK(std::get<PutCommand>(*put).options.placement == Placement::Strict);
  CHECK(form_of(words).value() == std::nullopt);
  CHECK_FALSE(std::get<ClusterRepairCommand>(*repair_of(words)).partition.has_value());
}

TEST_CASE("words: a level that is none is named with its option, in every command that has it") {
  Words words;
  words.r = "some";
  for (const auto& understand : {get_of, delete_of, keys_of, import_of, export_of, shell_of}) {
    const Status status = understand(words).status();
    CHECK(status.code() == StatusCode::Usage);
    CHECK(status.message().find("--r") != std::string::npos);
  }
}

TEST_CASE("words: the key of a ring's question has a bucket in front") {
  Words words;
  words.ring_key = "carts/alice/1";
  const auto ring = ring_of(words);
  REQUIRE(ring.ok());
  CHECK(std::get<ClusterRingCommand>(*ring).address ==
        Address{.bucket = "carts", .key = "alice/1"});
  words.ring_key = "alice";
  CHECK(ring_of(words).status().code() == StatusCode::Usage);
}

TEST_CASE("words: a form that is none is refused, and --json goes before -o") {
  Words words;
  words.form = "xml";
  CHECK(form_of(words).status().code() == StatusCode::Usage);
  words.json = true;
  CHECK(form_of(words).value() == Form::Json);
}

}  // namespace
}  // namespace starling::cli

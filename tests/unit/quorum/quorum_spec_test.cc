#include "quorum/quorum_spec.h"

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

namespace starling {
namespace {

TEST_CASE("QuorumSpec: names are resolved against the N in force") {
  const auto read = resolve(ReadLevels{.r = Level::quorum(), .pr = Level::one()}, 5);
  REQUIRE(read.ok());
  CHECK(read->n == 5);
  CHECK(read->r == 3);
  CHECK(read->pr == 1);
  CHECK(read->level == Level::quorum());
  const auto write =
      resolve(WriteLevels{.w = Level::two(), .pw = Level::one(), .dw = Level::all()}, 3);
  REQUIRE(write.ok());
  CHECK(write->w == 2);
  CHECK(write->pw == 1);
  CHECK(write->dw == 3);
}

TEST_CASE("QuorumSpec: what can never be honoured is refused, naming option, value and N") {
  const auto too_many = resolve(ReadLevels{.r = Level::count(4)}, 3);
  CHECK(too_many.status().code() == StatusCode::Usage);
  CHECK(too_many.status().message() == "r=4: a key has only 3 replicas (N)");
  const auto named = resolve(WriteLevels{.w = Level::three()}, 2);
  CHECK(named.status().message() == "w=three (3): a key has only 2 replicas (N)");
  CHECK(resolve(WriteLevels{.w = Level::one(), .dw = Level::two()}, 1).status().code() ==
        StatusCode::Usage);
}

TEST_CASE("QuorumSpec: nobody may ask for no answer at all") {
  CHECK(resolve(ReadLevels{.r = Level::none()}, 3).status().message() ==
        "r=0: at least one replica must answer");
  CHECK(resolve(WriteLevels{.w = Level::none()}, 3).status().code() == StatusCode::Usage);
}

TEST_CASE("QuorumSpec: a demand on primaries above the whole demand is a contradiction") {
  const auto read = resolve(ReadLevels{.r = Level::one(), .pr = Level::two()}, 3);
  CHECK(read.status().message() == "pr=two (2) asks for more than r=one (1), with N=3");
  const auto write = resolve(WriteLevels{.w = Level::two(), .pw = Level::all()}, 3);
  CHECK(write.status().message() == "pw=all (3) asks for more than w=two (2), with N=3");
}

TEST_CASE("QuorumSpec: a write waits for the greatest of its demands") {
  CHECK(WriteQuorum{.n = 3, .w = 2, .pw = 1, .dw = 0, .level = {}}.required() == 2);
  CHECK(WriteQuorum{.n = 3, .w = 1, .pw = 1, .dw = 3, .level = {}}.required() == 3);
}

TEST_CASE("QuorumSpec: reads repair before the answer exactly at a majority or more") {
  CHECK_FALSE(ReadQuorum{.n = 4, .r = 2, .pr = 0, .level = {}}.repairs_before_answering());
  CHECK(ReadQuorum{.n = 4, .r = 3, .pr = 0, .level = {}}.repairs_before_answering());
  CHECK(ReadQuorum{.n = 1, .r = 1, .pr = 0, .level = {}}.repairs_before_answering());
  CHECK(ReadQuorum{.n = 5, .r = 3, .pr = 0, .level = {}}.slots_that_protect() == 3);
}

}  // namespace
}  // namespace starling

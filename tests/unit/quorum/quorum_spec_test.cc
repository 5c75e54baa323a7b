#include "quorum/quorum_spec.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "ring/row_demand.h"

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
  CHECK(ReadQuorum{.n = 5, .r = 3, .pr = 0, .level = {}}.slots_that_protect() ==
        RowCount{.inner = 3, .outer = 3});
}

TEST_CASE("resolve: while N changes a level means a number for each of the two") {
  const RowNumbers coming{.reads = 2, .writes = {.inner = 2, .outer = 3}};
  const RowNumbers joint{.reads = 3, .writes = {.inner = 2, .outer = 3}};
  struct Case {
    Level w;
    std::uint32_t outer;
    std::uint32_t inner;
  };
  for (const Case& one : {Case{Level::one(), 1, 1}, Case{Level::quorum(), 2, 2},
                          Case{Level::all(), 3, 2}, Case{Level::count(2), 2, 2}}) {
    for (const RowNumbers& numbers : {coming, joint}) {
      const auto quorum = resolve(WriteLevels{.w = one.w}, numbers);
      REQUIRE(quorum.ok());
      CHECK(quorum->w == one.outer);
      REQUIRE(quorum->inner.has_value());
      CHECK(quorum->inner->w == one.inner);
    }
  }
  // N is what is read: three are too many before the third is.
  CHECK(resolve(WriteLevels{.w = Level::count(3)}, coming).status().code() == StatusCode::Usage);
  const auto three = resolve(WriteLevels{.w = Level::count(3)}, joint);
  REQUIRE(three.ok());
  CHECK(three->inner->w == 2);
}

TEST_CASE("resolve: what protects a read while N changes, and that N stays else") {
  const RowNumbers coming{.reads = 1, .writes = {.inner = 1, .outer = 2}};
  const auto quorum = resolve(ReadLevels{.r = Level::quorum()}, coming);
  REQUIRE(quorum.ok());
  CHECK(quorum->r == 1);
  CHECK(quorum->slots_that_protect() == RowCount{.inner = 1, .outer = 1});
  const auto one = resolve(ReadLevels{.r = Level::one()},
                           RowNumbers{.reads = 3, .writes = {.inner = 2, .outer = 3}});
  REQUIRE(one.ok());
  CHECK(one->slots_that_protect() == RowCount{.inner = 2, .outer = 3});
  CHECK_FALSE(resolve(WriteLevels{}, RowNumbers::settled(3))->inner.has_value());
}

}  // namespace
}  // namespace starling

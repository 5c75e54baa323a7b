#include "version/sibling_set.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "notation.h"

namespace starling {
namespace {

SiblingSet merged(std::string_view into, std::string_view from) {
  SiblingSet record = record_of(into);
  REQUIRE(record.sync(record_of(from)));
  return record;
}

// The numbers are those of the protocol's list of test vectors; 1 to 3, 6, 11 to 13, 16, 20 and 25
// mint and stand in minter_test.cc, 23 and 24 ask a clock and stand in vector_clock_test.cc.

TEST_CASE("SiblingSet: vectors 4 and 5, a delta may come before its predecessor") {
  CHECK(merged("{} []", "{ + a2} [a2=v2]") == record_of("{ + a2} [a2=v2]"));
  CHECK(merged("{ + a2} [a2=v2]", "{a:1} [a1=v1]") == record_of("{a:2} [a1=v1, a2=v2]"));
}

TEST_CASE("SiblingSet: vector 7, an old copy brings nothing back") {
  CHECK(merged("{a:2,b:1} [b1=m]", "{a:1} [a1=v1]") == record_of("{a:2,b:1} [b1=m]"));
}

TEST_CASE("SiblingSet: vectors 8 and 9, two minters with one context leave two siblings") {
  const SiblingSet both = record_of("{a:2,b:1} [a2=x, b1=y]");
  CHECK(merged("{a:2} [a2=x]", "{a:1,b:1} [b1=y]") == both);
  CHECK(merged("{a:1,b:1} [b1=y]", "{a:2} [a2=x]") == both);
}

TEST_CASE("SiblingSet: vector 10, a merge with the same changes nothing") {
  SiblingSet record = record_of("{a:2,b:1} [a2=x, b1=y]");
  const SiblingSet before = record;
  CHECK(record.sync(before));
  CHECK(record == before);
  CHECK(record.sync(record));
  CHECK(record == before);
}

TEST_CASE("SiblingSet: vector 14, the write of a new lineage and that of the lost one both stay") {
  CHECK(merged("{a:1} [a1=v1]", "{a':1} [a'1=w]") == record_of("{a:1,a':1} [a1=v1, a'1=w]"));
}

TEST_CASE("SiblingSet: vector 15, one dot with two values is refused and merges nothing") {
  SiblingSet record = record_of("{a:1} [a1=v1]");
  CHECK_FALSE(record.sync(record_of("{a:1,b:1} [a1=w, b1=more]")));
  CHECK(record == record_of("{a:1} [a1=v1]"));
  CHECK_FALSE(record.sync(record_of("{a:1} [a1=⊥]")));
  CHECK(record == record_of("{a:1} [a1=v1]"));
}

TEST_CASE("SiblingSet: vectors 17 and 18, a delete spares what it did not see, and that only") {
  CHECK(merged("{a:2,b:1} [b1=⊥]", "{a:3} [a3=new]") == record_of("{a:3,b:1} [a3=new, b1=⊥]"));
  CHECK(merged("{a:2,b:1} [b1=⊥]", "{a:2} [a2=v2]") == record_of("{a:2,b:1} [b1=⊥]"));
}

TEST_CASE("SiblingSet: vector 19, an old tombstone does not kill a key made anew") {
  CHECK(merged("{a':1} [a'1=n]", "{a:2,b:1} [b1=⊥]") == record_of("{a:2,a':1,b:1} [a'1=n, b1=⊥]"));
}

TEST_CASE("SiblingSet: vector 21, a write that was superseded before it came stays away") {
  CHECK(merged("{a:2,b:2} [a2=k]", "{b:2} [b2=old]") == record_of("{a:2,b:2} [a2=k]"));
}

TEST_CASE("SiblingSet: vector 22, discard drops what the context covers") {
  SiblingSet record = record_of("{a:2,b:1} [a2=x, b1=y]");
  record.discard(clock_of("{b:1}"));
  CHECK(record == record_of("{a:2,b:1} [a2=x]"));
}

TEST_CASE("SiblingSet: vector 26, equal values of two writes stay two siblings") {
  CHECK(merged("{a:1} [a1=v]", "{b:1} [b1=v]") == record_of("{a:1,b:1} [a1=v, b1=v]"));
}

TEST_CASE("SiblingSet: only tombstones live means deleted, nothing ever seen means empty") {
  CHECK(record_of("{a:1} [a1=⊥]").is_deleted());
  CHECK_FALSE(record_of("{a:1,b:1} [a1=⊥, b1=x]").is_deleted());
  CHECK_FALSE(SiblingSet().is_deleted());
  CHECK(SiblingSet().empty());
  CHECK_FALSE(record_of("{a:1} []").empty());
  CHECK(record_of("{a:2} [a1=⊥, a2=x]").live_values() == 1);
}

TEST_CASE("SiblingSet: siblings stand in the order of their dots") {
  const SiblingSet record = record_of("{a:2,b:1} [b1=z, a2=y, a1=x]");
  CHECK(text_of(record) == "{a:2,b:1} [a1=x, a2=y, b1=z]");
  CHECK(record.has_live(dot_of("a2")));
  CHECK_FALSE(record.has_live(dot_of("b2")));
}

TEST_CASE("SiblingSet: a sibling beyond its clock, or twice, is not well formed") {
  Sibling write = write_of("x");
  write.dot = dot_of("a2");
  CHECK_FALSE(SiblingSet::is_well_formed(clock_of("{a:1}"), {write}));
  CHECK_FALSE(SiblingSet::is_well_formed(clock_of("{a:2}"), {write, write}));
  CHECK(SiblingSet::is_well_formed(clock_of("{ + a2}"), {write}));
}

TEST_CASE("SiblingSet: without values a record keeps its versions, and merges with the whole one") {
  SiblingSet whole = record_of("{a:2} [a1=x, a2=⊥]");
  const SiblingSet versions = whole.without_values();
  CHECK(versions.clock() == whole.clock());
  CHECK(versions.siblings().front().value.empty());
  CHECK(read_digest(versions) == read_digest(whole));
  CHECK(whole.sync(versions));
  CHECK(whole == record_of("{a:2} [a1=x, a2=⊥]"));
}

TEST_CASE("SiblingSet: giving its siblings away leaves it empty") {
  SiblingSet record = record_of("{a:2} [a1=x, a2=y]");
  const std::vector<Sibling> siblings = std::move(record).take_siblings();
  CHECK(siblings.size() == 2);
  CHECK(record == SiblingSet());  // NOLINT(bugprone-use-after-move): what the header promises
}

TEST_CASE("hash_of_value: kind, content type and value all count") {
  const std::uint64_t plain = hash_of_value(SiblingKind::Value, "text/plain", "x");
  CHECK(plain == hash_of_value(SiblingKind::Value, "text/plain", "x"));
  CHECK(plain != hash_of_value(SiblingKind::Tombstone, "text/plain", "x"));
  CHECK(plain != hash_of_value(SiblingKind::Value, "text/html", "x"));
  CHECK(plain != hash_of_value(SiblingKind::Value, "text/plain", "y"));
}

TEST_CASE("read_digest: covers tombstones, not the clock") {
  CHECK(read_digest(record_of("{a:1} [a1=x]")) != read_digest(record_of("{a:1} [a1=y]")));
  CHECK(read_digest(record_of("{a:1} [a1=x]")) != read_digest(record_of("{a:2} [a1=x, a2=⊥]")));
  CHECK(read_digest(record_of("{a:1} [a1=x]")) != read_digest(record_of("{b:1} [b1=x]")));
  CHECK(read_digest(record_of("{a:1} [a1=x]")) == read_digest(record_of("{a:1,b:3} [a1=x]")));
}

TEST_CASE("visible_digest: covers the key and live values, and is zero without any") {
  const SiblingSet live = record_of("{a:1} [a1=x]");
  CHECK(visible_digest("k", live) == visible_digest("k", record_of("{a:2} [a1=x, a2=⊥]")));
  CHECK(visible_digest("k", live) != visible_digest("l", live));
  CHECK(visible_digest("k", live) != visible_digest("k", record_of("{a:1} [a1=y]")));
  CHECK(visible_digest("k", record_of("{a:1} [a1=⊥]")) == Hash128());
  CHECK(visible_digest("k", SiblingSet()) == Hash128());
}

}  // namespace
}  // namespace starling

#include "bench/record_share.h"

#include <cstdint>
#include <set>

#include <doctest/doctest.h>

namespace starling::bench {
namespace {

TEST_CASE("RecordShare: the shares of all clients are all the records, each once") {
  std::set<std::uint64_t> all;
  for (std::uint32_t client = 0; client < 3; ++client) {
    RecordShare share(10, client, 3);
    for (std::uint64_t left = share.size(); left > 0; --left) all.insert(share.take(0).value());
    CHECK_FALSE(share.take(0).has_value());
  }
  CHECK(all.size() == 10);
  CHECK(*all.rbegin() == 9);
}

TEST_CASE("RecordShare: a record is written by one operation at a time") {
  RecordShare share(9, 1, 3);
  CHECK(share.take(4) == 4);
  CHECK(share.take(4) == 7);
  share.give_back(4, "context");
  CHECK(share.take(4) == 4);
  CHECK(share.context(4) == "context");
}

TEST_CASE("RecordShare: whatever record is wanted, one of the share is taken") {
  for (std::uint64_t wanted = 0; wanted < 10; ++wanted) {
    RecordShare share(10, 2, 3);
    const std::uint64_t record = share.take(wanted).value();
    CHECK(record % 3 == 2);
    CHECK(record < 10);
  }
}

TEST_CASE("RecordShare: fewer records than clients leave some with none") {
  CHECK(RecordShare(1, 1, 2).size() == 0);
  CHECK_FALSE(RecordShare(1, 1, 2).take(0).has_value());
}

}  // namespace
}  // namespace starling::bench

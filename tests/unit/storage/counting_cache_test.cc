#include "storage/counting_cache.h"

#include <doctest/doctest.h>
#include <leveldb/slice.h>

namespace starling {
namespace {

void forget(const leveldb::Slice& /*key*/, void* /*value*/) {}

TEST_CASE("CountingCache: is the cache it holds, and counts what was found and what was not") {
  CountingCache cache(1U << 20U);
  int value = 7;
  CHECK(cache.Lookup("key") == nullptr);
  cache.Release(cache.Insert("key", &value, 100, &forget));
  leveldb::Cache::Handle* const found = cache.Lookup("key");
  REQUIRE(found != nullptr);
  CHECK(cache.Value(found) == &value);
  cache.Release(found);
  CHECK(cache.TotalCharge() == 100);
  cache.Erase("key");
  CHECK(cache.Lookup("key") == nullptr);
  CHECK(cache.hits() == 1);
  CHECK(cache.misses() == 2);
}

TEST_CASE("CountingCache: ids are never given twice, and pruning drops what nobody holds") {
  CountingCache cache(1U << 20U);
  CHECK(cache.NewId() != cache.NewId());
  int value = 7;
  cache.Release(cache.Insert("key", &value, 100, &forget));
  cache.Prune();
  CHECK(cache.TotalCharge() == 0);
}

}  // namespace
}  // namespace starling

#include "client/context_cache.h"

#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("ContextCache: a key's last context is found, bucket and key apart") {
  ContextCache cache(10, 10'000);
  cache.store("a", "bc", "one");
  cache.store("ab", "c", "two");
  cache.store("a", "bc", "three");
  CHECK(cache.find("a", "bc").context == "three");
  CHECK(cache.find("ab", "c").context == "two");
  CHECK(cache.find("x", "y").context.empty());
  CHECK(cache.forgotten() == 0);
}

TEST_CASE("ContextCache: beyond its keys the least recently used is forgotten") {
  ContextCache cache(2, 10'000);
  cache.store("b", "1", "c");
  cache.store("b", "2", "c");
  CHECK(cache.find("b", "1").context == "c");
  cache.store("b", "3", "c");
  CHECK(cache.find("b", "2").context.empty());
  CHECK(cache.find("b", "1").context == "c");
  CHECK(cache.forgotten() == 1);
}

TEST_CASE("ContextCache: it stays within its bytes, and gives them back") {
  ContextCache cache(1'000'000, 5'000);
  for (int key = 0; key < 1000; ++key) {
    cache.store("b", std::to_string(key), std::string(100, 'c'));
    REQUIRE(cache.bytes() <= 5'000);
  }
  CHECK(cache.forgotten() > 900);
  for (int key = 0; key < 1000; ++key) cache.store("b", std::to_string(key), "");
  CHECK(cache.bytes() == 0);
}

TEST_CASE("ContextCache: one context beyond all bounds is kept, alone") {
  ContextCache cache(10, 1000);
  cache.store("b", "small", "c");
  cache.store("b", "great", std::string(5000, 'c'));
  CHECK(cache.find("b", "great").context.size() == 5000);
  CHECK(cache.find("b", "small").context.empty());
}

TEST_CASE("ContextCache: what was stored meanwhile is newer") {
  ContextCache cache(10, 10'000);
  const ContextCache::Seen nothing = cache.find("b", "k");
  cache.store("b", "k", "of a write");
  cache.store_unless_newer("b", "k", "of a read that began before it", nothing);
  CHECK(cache.find("b", "k").context == "of a write");
  cache.store_unless_newer("b", "k", "of a later read", cache.find("b", "k"));
  CHECK(cache.find("b", "k").context == "of a later read");
}

}  // namespace
}  // namespace starling

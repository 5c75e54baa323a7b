#include "bench/value_pool.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling::bench {
namespace {

TEST_CASE("ValuePool: values have the size asked for, and differ") {
  const ValuePool pool(100, Random(1));
  Random random(2);
  std::set<std::string> drawn;
  for (int draw = 0; draw < 50; ++draw) drawn.emplace(pool.draw(random));
  for (const std::string& value : drawn) CHECK(value.size() == 100);
  CHECK(drawn.size() > 40);
}

TEST_CASE("ValuePool: a value may be empty") {
  Random random(2);
  CHECK(ValuePool(0, Random(1)).draw(random).empty());
}

}  // namespace
}  // namespace starling::bench

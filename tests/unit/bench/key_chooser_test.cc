#include "bench/key_chooser.h"

#include <cstdint>
#include <map>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling::bench {
namespace {

std::map<std::uint64_t, int> drawn_from(KeyChooser chooser, std::uint64_t inserted) {
  Random random(1);
  std::map<std::uint64_t, int> drawn;
  for (int draw = 0; draw < 20'000; ++draw) ++drawn[chooser.choose(random, inserted)];
  return drawn;
}

TEST_CASE("KeyChooser: uniform asks for every loaded record alike") {
  const auto drawn = drawn_from(KeyChooser(Distribution::Uniform, 10), 5);
  CHECK(drawn.size() == 10);
  for (const auto& [record, count] : drawn) CHECK(count == doctest::Approx(2000).epsilon(0.1));
}

TEST_CASE("KeyChooser: zipfian has favourites that are not all at the beginning") {
  const auto drawn = drawn_from(KeyChooser(Distribution::Zipfian, 1000), 0);
  CHECK(drawn.rbegin()->first < 1000);
  CHECK(drawn.contains(scrambled(0, 1000)));
  CHECK(drawn.at(scrambled(0, 1000)) > 1000);
}

TEST_CASE("KeyChooser: latest prefers what was inserted last, and reaches back to the first") {
  const auto drawn = drawn_from(KeyChooser(Distribution::Latest, 10), 90);
  CHECK(drawn.rbegin()->first == 99);
  CHECK(drawn.begin()->first == 0);
  CHECK(drawn.at(99) > drawn.at(98));
  CHECK(drawn.at(98) > drawn.at(50));
}

}  // namespace
}  // namespace starling::bench

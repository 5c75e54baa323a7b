#include "membership/local_health.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE(
    "LocalHealth: bad signs lengthen patience up to nine times, good ones shorten it to one") {
  LocalHealth health;
  CHECK(health.multiplier() == 1);
  health.on_good_sign();
  CHECK(health.multiplier() == 1);
  for (int i = 0; i < 20; ++i) health.on_bad_sign();
  CHECK(health.multiplier() == 9);
  health.on_good_sign();
  CHECK(health.multiplier() == 8);
}

TEST_CASE("LocalHealth: a highest score of zero is no self-doubt at all") {
  LocalHealth health(0);
  health.on_bad_sign();
  CHECK(health.multiplier() == 1);
}

}  // namespace
}  // namespace starling

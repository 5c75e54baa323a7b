#include "net/backoff.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"

namespace starling {
namespace {

TEST_CASE("Backoff: waits double up to the longest, each from the upper half of its step") {
  Backoff backoff(Random(1));
  Duration step = Backoff::kFirst;
  for (int attempt = 0; attempt < 12; ++attempt) {
    CAPTURE(attempt);
    const Duration wait = backoff.next();
    CHECK(wait >= step / 2);
    CHECK(wait <= step);
    step = std::min(step * 2, Backoff::kLongest);
  }
}

TEST_CASE("Backoff: starts over after a success") {
  Backoff backoff(Random(2));
  for (int attempt = 0; attempt < 8; ++attempt) static_cast<void>(backoff.next());
  backoff.reset();
  CHECK(backoff.next() <= Backoff::kFirst);
}

}  // namespace
}  // namespace starling

#include "net/repeat_filter.h"

#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "base/time.h"

namespace starling {
namespace {

const Instant kStart{};

TEST_CASE("RepeatFilter: says each line once, and again after the silence") {
  RepeatFilter filter;
  CHECK(filter.should_say("kind", "a", kStart));
  CHECK_FALSE(filter.should_say("kind", "a", kStart + std::chrono::seconds(1)));
  CHECK(filter.should_say("kind", "b", kStart + std::chrono::seconds(1)));
  CHECK(filter.should_say("kind", "a", kStart + RepeatFilter::kSilence));
  CHECK_FALSE(filter.should_say("kind", "b", kStart + RepeatFilter::kSilence));
}

TEST_CASE("RepeatFilter: lines that always differ come to an end, for their kind only") {
  RepeatFilter filter;
  std::size_t said = 0;
  for (int line = 0; line < 10'000; ++line) {
    said += filter.should_say("names", std::to_string(line), kStart) ? 1 : 0;
  }
  CHECK(said == RepeatFilter::kLinesMax);
  CHECK(filter.should_say("places", "a", kStart));
  CHECK(filter.should_say("names", "a", kStart + RepeatFilter::kSilence));
}

}  // namespace
}  // namespace starling

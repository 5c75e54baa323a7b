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
  CHECK(filter.should_say("a", kStart));
  CHECK_FALSE(filter.should_say("a", kStart + std::chrono::seconds(1)));
  CHECK(filter.should_say("b", kStart + std::chrono::seconds(1)));
  CHECK(filter.should_say("a", kStart + RepeatFilter::kSilence));
}

TEST_CASE("RepeatFilter: remembers a bounded number of lines") {
  RepeatFilter filter;
  for (std::size_t line = 0; line <= RepeatFilter::kLinesMax; ++line) {
    CHECK(filter.should_say(std::to_string(line), kStart));
  }
  CHECK(filter.should_say("0", kStart));
}

}  // namespace
}  // namespace starling

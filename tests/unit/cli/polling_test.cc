#include "cli/polling.h"

#include <chrono>
#include <sstream>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "cli/console.h"

namespace starling::cli {
namespace {

using std::chrono::milliseconds;

TEST_CASE("Polling: real time passes by sleeping, and the question is asked with its patience") {
  std::stringstream in;
  std::stringstream out;
  bool interrupted = false;
  Console console{.in = in, .out = out, .err = out};
  console.is_interrupted = [&interrupted] { return interrupted; };
  const auto polling = real_polling<milliseconds>(
      [](milliseconds patience) { return Result<milliseconds>(patience); }, console);
  CHECK(polling.ask(milliseconds(7)).value() == milliseconds(7));
  const milliseconds before = polling.elapsed();
  polling.sleep(milliseconds(2));
  CHECK(polling.elapsed() - before >= milliseconds(1));
  CHECK_FALSE(polling.interrupted());
  interrupted = true;
  CHECK(polling.interrupted());
}

TEST_CASE("Polling: where nobody can interrupt, nobody does") {
  CHECK_FALSE(Polling<int>{}.interrupted());
}

}  // namespace
}  // namespace starling::cli

#include "cli/progress.h"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

TEST_CASE("Progress: on a terminal it counts in one line and takes it away again") {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{
      .in = in, .out = out, .err = err, .out_is_terminal = true, .err_is_terminal = true};
  Progress progress(console, "imported");
  progress.show(7, 1);
  progress.show(8, 1);
  CHECK(err.str().starts_with("\rimported 7, failed 1, "));
  CHECK(err.str().find("imported 8") == std::string::npos);
  progress.finish();
  CHECK(err.str().ends_with("\r\x1b[K"));
}

TEST_CASE("Progress: off a terminal it says nothing") {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  Progress progress(console, "imported");
  progress.show(7, 1);
  progress.finish();
  CHECK(err.str().empty());
}

}  // namespace
}  // namespace starling::cli

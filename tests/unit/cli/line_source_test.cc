#include "cli/line_source.h"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

using Event = LineSource::Event;

TEST_CASE("ScriptLines: one line after the other, the last one without its newline too") {
  std::istringstream in("one\n\ntwo");
  ScriptLines lines(in);
  CHECK(lines.next("> ").text == "one");
  CHECK(lines.next("> ").text.empty());
  CHECK(lines.next("> ").text == "two");
  CHECK(lines.next("> ").event == Event::End);
}

TEST_CASE("ScriptLines: a line has a greatest length") {
  std::istringstream in(std::string(ScriptLines::kLineBytesMax, 'x') + "\n" +
                        std::string(ScriptLines::kLineBytesMax + 1, 'x'));
  ScriptLines lines(in);
  CHECK(lines.next("").event == Event::Line);
  CHECK(lines.next("").event == Event::TooLong);
}

}  // namespace
}  // namespace starling::cli

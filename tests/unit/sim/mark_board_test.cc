#include "sim/mark_board.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("MarkBoard: counts marks, from logs too, and ignores other lines") {
  MarkBoard marks;
  marks.reach("a");
  marks.reach_by_log("mark: a");
  marks.reach_by_log("something else");
  marks.reach("never", 0);
  CHECK(marks.times("a") == 2);
  CHECK(marks.all().size() == 1);
}

TEST_CASE("MarkBoard: names the listed marks that nobody reached") {
  MarkBoard one;
  one.reach("a");
  MarkBoard all;
  all.join(one);
  const std::array<std::string_view, 2> listed{"a", "b"};
  CHECK(all.missing(listed) == std::vector<std::string_view>{"b"});
}

TEST_CASE("MarkBoard: the list names each mark once") {
  const auto listed = listed_marks();
  for (std::size_t i = 1; i < listed.size(); ++i) CHECK(listed[i - 1] < listed[i]);
}

}  // namespace
}  // namespace starling::sim

#include "daemon/flag.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("Flag: knows its names, without dashes") {
  CHECK(is_flag("data-dir"));
  CHECK_FALSE(is_flag("--data-dir"));
  CHECK_FALSE(is_flag("data_dir"));
}

TEST_CASE("Flag: merging keeps the higher value and adds what only the lower gives") {
  const GivenValues high{{"name", {.text = "a", .origin = "--name"}}};
  const GivenValues low{{"name", {.text = "b", .origin = "file"}},
                        {"http", {.text = "c", .origin = "file"}}};
  const GivenValues all = merged(high, low);
  CHECK(all.at("name").text == "a");
  CHECK(all.at("http").text == "c");
  CHECK(all.size() == 2);
}

}  // namespace
}  // namespace starling

#include "storage/version_edit.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("VersionEdit: the log number is found between all other fields") {
  std::string edit(
      "\x01\x03"
      "cmp",
      5);
  edit += std::string("\x03\x81\x01", 3);  // next file
  edit += std::string(
      "\x05\x00\x02"
      "kk",
      5);                                  // compaction pointer
  edit += std::string("\x06\x00\x07", 3);  // deleted file
  edit += std::string(
      "\x07\x00\x08\x90\x01\x01"
      "a"
      "\x01"
      "z",
      9);  // new file
  CHECK_FALSE(log_number_of_edit(edit).has_value());
  edit += std::string("\x04\x05\x02\xac\x02", 5);
  CHECK(log_number_of_edit(edit) == 300U);
}

TEST_CASE("VersionEdit: what is no edit names no log") {
  CHECK_FALSE(log_number_of_edit("").has_value());
  CHECK_FALSE(log_number_of_edit("\x08").has_value());
  CHECK_FALSE(log_number_of_edit("\x02").has_value());
  CHECK_FALSE(log_number_of_edit("\x02\xff").has_value());
  CHECK_FALSE(log_number_of_edit("\x01\x7f"
                                 "short")
                  .has_value());
}

}  // namespace
}  // namespace starling

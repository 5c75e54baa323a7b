#include "sim/labelled_value.h"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("LabelledValue: says which write of which key it is") {
  CHECK(write_of_value("k1", make_labelled_value("k1", 42, 0)) == 42);
  CHECK(write_of_value("k1", make_labelled_value("k1", 42, 500)) == 42);
}

TEST_CASE("LabelledValue: another key's value gives itself away") {
  CHECK_FALSE(write_of_value("k2", make_labelled_value("k1", 42, 10)).has_value());
}

TEST_CASE("LabelledValue: any torn or damaged value gives itself away") {
  const std::string value = make_labelled_value("k1", 7, 20);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string damaged = value;
    damaged.at(i) ^= 0x20;
    CHECK_FALSE(write_of_value("k1", damaged).has_value());
    CHECK_FALSE(write_of_value("k1", value.substr(0, i)).has_value());
  }
}

}  // namespace
}  // namespace starling::sim

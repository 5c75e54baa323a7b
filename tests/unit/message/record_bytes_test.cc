#include "message/record_bytes.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

SiblingSet siblings_of(std::uint64_t count, std::size_t bytes) {
  VectorClock clock;
  std::vector<Sibling> siblings;
  for (std::uint64_t i = 1; i <= count; ++i) {
    Sibling sibling;
    sibling.dot = {.actor = {.incarnation = Incarnation{i}, .lineage = 1}, .counter = 1};
    sibling.value.assign(bytes, 'v');
    clock.add(sibling.dot);
    siblings.push_back(std::move(sibling));
  }
  return {std::move(clock), std::move(siblings)};
}

TEST_CASE("message_bytes_of: values, siblings and the clock all count") {
  CHECK(message_bytes_of(SiblingSet()) == 0);
  CHECK(value_bytes_of(siblings_of(2, 100)) == 200);
  CHECK(message_bytes_of(siblings_of(2, 100)) > message_bytes_of(siblings_of(2, 0)));
  CHECK(message_bytes_of(siblings_of(2, 0)) > message_bytes_of(siblings_of(1, 0)));
}

TEST_CASE("fits_a_message: what the mint allows fits, what merges can make of it need not") {
  CHECK(fits_a_message(siblings_of(2, std::size_t{16} << 20U)));
  CHECK(fits_a_message(siblings_of(64, std::size_t{1} << 19U)));
  CHECK_FALSE(fits_a_message(siblings_of(3, std::size_t{12} << 20U)));
  CHECK_FALSE(fits_a_message(siblings_of(4001, 0)));
}

}  // namespace
}  // namespace starling

#include "ring/gift_circle.h"

#include <vector>

#include <doctest/doctest.h>

#include "ring/assignment.h"

namespace starling {
namespace {

using Takers = std::vector<TakerIndex>;

TEST_CASE("GiftCircle: two takers who swapped rows swap them back") {
  const std::vector<AssignedRow> rows{{.key = 0, .demand = 1, .takers = {1}, .ready = {}},
                                      {.key = 1, .demand = 1, .takers = {0}, .ready = {}}};
  const std::vector<Gift> circle = find_saving_circle(rows, {{0}, {1}}, 2);
  REQUIRE(circle.size() == 2);
  for (const Gift& gift : circle) {
    CHECK((gift.giver == rows[gift.row].takers.front() && gift.taker == gift.row));
  }
}

TEST_CASE("GiftCircle: three takers who passed rows on pass them back") {
  const std::vector<AssignedRow> rows{{.key = 0, .demand = 1, .takers = {1}, .ready = {}},
                                      {.key = 1, .demand = 1, .takers = {2}, .ready = {}},
                                      {.key = 2, .demand = 1, .takers = {0}, .ready = {}}};
  CHECK_FALSE(find_saving_circle(rows, {{0}, {1}, {2}}, 3).empty());
}

TEST_CASE("GiftCircle: where nobody both won and lost a row there is none") {
  const std::vector<AssignedRow> rows{{.key = 0, .demand = 1, .takers = {1}, .ready = {}},
                                      {.key = 1, .demand = 1, .takers = {1}, .ready = {}},
                                      {.key = 2, .demand = 1, .takers = {0}, .ready = {}}};
  CHECK(find_saving_circle(rows, {{0}, {1}, {0}}, 2).empty());
}

TEST_CASE("GiftCircle: a row that its former taker has anyway can not be given back") {
  const std::vector<AssignedRow> rows{{.key = 0, .demand = 2, .takers = {0, 1}, .ready = {}},
                                      {.key = 1, .demand = 2, .takers = {0, 1}, .ready = {}}};
  CHECK(find_saving_circle(rows, {{0}, {1}}, 2).empty());
}

}  // namespace
}  // namespace starling

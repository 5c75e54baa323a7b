#include "ring/assignment.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

using Takers = std::vector<TakerIndex>;

Takers sorted_takers(const std::vector<AssignedRow>& rows, std::uint64_t key) {
  const auto row = std::ranges::find(rows, key, &AssignedRow::key);
  Takers takers = row->takers;
  std::ranges::sort(takers);
  return takers;
}

TEST_CASE("Assignment: what is at its quotas stays as it is") {
  std::vector<AssignedRow> rows{{.key = 0, .demand = 1, .takers = {1}, .ready = {}},
                                {.key = 1, .demand = 1, .takers = {0}, .ready = {}}};
  assign_with_fewest_moves(rows, {{.id = 10, .quota = 1}, {.id = 11, .quota = 1}});
  CHECK(sorted_takers(rows, 0) == Takers{1});
  CHECK(sorted_takers(rows, 1) == Takers{0});
}

TEST_CASE("Assignment: a row with too many takers drops the one above its quota") {
  std::vector<AssignedRow> rows{{.key = 0, .demand = 1, .takers = {0, 1}, .ready = {}},
                                {.key = 1, .demand = 1, .takers = {0}, .ready = {}}};
  assign_with_fewest_moves(rows, {{.id = 10, .quota = 1}, {.id = 11, .quota = 1}});
  CHECK(sorted_takers(rows, 0) == Takers{1});
  CHECK(sorted_takers(rows, 1) == Takers{0});
}

TEST_CASE("Assignment: a taker above its quota gives up the rows that are ready first") {
  for (std::uint64_t ready = 0; ready < 4; ++ready) {
    CAPTURE(ready);
    std::vector<AssignedRow> rows;
    for (std::uint64_t key = 0; key < 4; ++key) {
      rows.push_back({.key = key, .demand = 1, .takers = {0}, .ready = {}});
      if (key == ready) rows.back().ready = {0};
    }
    assign_with_fewest_moves(rows, {{.id = 10, .quota = 3}, {.id = 11, .quota = 1}});
    CHECK(sorted_takers(rows, ready) == Takers{1});
  }
}

TEST_CASE("Assignment: an empty row whose only taker in need has it already is filled by a chain") {
  // Row 0 misses one taker, but 2, the only one in need, is in it: so it takes 1, who gives row 1.
  std::vector<AssignedRow> rows{{.key = 0, .demand = 2, .takers = {2}, .ready = {}},
                                {.key = 1, .demand = 2, .takers = {0, 1}, .ready = {}},
                                {.key = 2, .demand = 1, .takers = {0}, .ready = {}}};
  assign_with_fewest_moves(
      rows, {{.id = 10, .quota = 2}, {.id = 11, .quota = 1}, {.id = 12, .quota = 2}});
  CHECK(sorted_takers(rows, 0).size() == 2);
  CHECK(sorted_takers(rows, 0).back() == 2);
  CHECK(sorted_takers(rows, 1).size() == 2);
  CHECK(sorted_takers(rows, 2).size() == 1);
}

TEST_CASE("Assignment: a gift that would put a taker twice into a row goes through a third") {
  // 0 has one row too many, and 2, in need, is in both: 1 takes one of them and gives 2 its own.
  std::vector<AssignedRow> rows{{.key = 0, .demand = 2, .takers = {0, 2}, .ready = {}},
                                {.key = 1, .demand = 2, .takers = {0, 2}, .ready = {}},
                                {.key = 2, .demand = 1, .takers = {1}, .ready = {}}};
  assign_with_fewest_moves(
      rows, {{.id = 10, .quota = 1}, {.id = 11, .quota = 1}, {.id = 12, .quota = 3}});
  CHECK(sorted_takers(rows, 2) == Takers{2});
  CHECK(sorted_takers(rows, 0).back() == 2);
  CHECK(sorted_takers(rows, 1).back() == 2);
}

}  // namespace
}  // namespace starling

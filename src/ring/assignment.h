#pragma once

// Assignment: rows that each want a number of distinct takers, and takers that each have a quota of
// rows. Starting from who holds what now, it is brought to the quotas with as few moves as can be.
// Placement solves it twice: zones for rows, then nodes for the rows of one zone.

#include <cstdint>
#include <vector>

namespace starling {

using TakerIndex = std::uint32_t;

struct AssignedRow {
  std::uint64_t key = 0;           // the row's identity, which fixes its turn; distinct
  std::uint32_t demand = 0;        // how many distinct takers it wants
  std::vector<TakerIndex> takers;  // who holds it: before and after
  std::vector<TakerIndex> ready;   // those of them who give this row up before any other
};

struct Taker {
  std::uint64_t id = 0;  // distinct; decides between equals
  std::uint32_t quota = 0;
};

// REQUIRES: the demands and the quotas add up to the same, and an assignment exists.
void assign_with_fewest_moves(std::vector<AssignedRow>& rows, const std::vector<Taker>& takers);

}  // namespace starling

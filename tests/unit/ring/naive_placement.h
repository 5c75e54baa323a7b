#pragma once

// NaivePlacement: what a placement has to look like, computed another way than the placement does
// it: shares in floating point by bisection, bounds on moves by counting. And random clusters to
// compare the two on.

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "ring/placement.h"

namespace starling {

// The seed of the randomised tests: STARLING_SEED, or a fixed one.
[[nodiscard]] std::uint64_t ring_test_seed();

enum class Zones : std::uint8_t { One, AsManyAsReplicas, Fewer, More };

// 1 to `members_max` members with uneven weights in uneven zones; Q 16 to 4096; N 1 to 5.
[[nodiscard]] PlacementRequest random_request(Random& random, std::uint32_t members_max,
                                              Zones zones);
void add_random_member(PlacementRequest& request, Random& random, std::uint64_t number);
void remove_random_member(PlacementRequest& request, Random& random);

// Whether every row has min(N, members) distinct owners, all members, in min(N, zones) zones.
[[nodiscard]] bool rows_are_spread(const PlacementTable& table, const PlacementRequest& request);
// How far the zones are from their exact shares at most, in slots.
[[nodiscard]] double worst_zone_deviation(const PlacementTable& table,
                                          const PlacementRequest& request);
// How far the members are from their exact shares of their zones' rows at most, in slots.
[[nodiscard]] double worst_member_deviation(const PlacementTable& table,
                                            const PlacementRequest& request);
// Slots that got an owner who was not in the row before.
[[nodiscard]] std::uint64_t moves_between(const PlacementTable& before,
                                          const PlacementTable& after);
// The fewest moves by which any table can give the members their shares of the slots that their
// zones have in `after`.
[[nodiscard]] std::uint64_t fewest_moves(const PlacementTable& before, const PlacementTable& after,
                                         const PlacementRequest& request);

// Whether members of one zone could pass slots around in a circle (nobody's count and no row's
// zones change) and save a move: then `after` was not the cheapest table with its counts.
[[nodiscard]] bool circle_saves_a_move(const PlacementTable& before, const PlacementTable& after,
                                       const PlacementRequest& request);

// A hash of all rows, for golden vectors.
[[nodiscard]] std::uint64_t hash_of_table(const PlacementTable& table);

}  // namespace starling

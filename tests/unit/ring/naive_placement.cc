#include "naive_placement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "ring/member.h"
#include "ring/placement.h"

namespace starling {
namespace {

constexpr double kRounding = 1e-6;  // far above the error of the bisection, far below a slot

struct Claim {
  double weight = 0;
  double least = 0;
  double most = 0;
};

double level_sum(const std::vector<Claim>& claims, double level) {
  double sum = 0;
  for (const Claim& claim : claims) {
    sum += std::clamp(claim.weight * level, claim.least, claim.most);
  }
  return sum;
}

// The water level by bisection: the shares grow with it.
std::vector<double> exact_shares(double total, const std::vector<Claim>& claims) {
  double low = 0;
  double high = total;  // weights are 1 at least, so at this level everybody is at its most
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (level_sum(claims, middle) < total ? low : high) = middle;
  }
  std::vector<double> shares;
  shares.reserve(claims.size());
  for (const Claim& claim : claims) {
    shares.push_back(std::clamp(claim.weight * high, claim.least, claim.most));
  }
  return shares;
}

using Members = std::map<NodeId, const RingMember*>;
using ZoneMembers = std::map<std::string, std::vector<const RingMember*>>;

Members by_id(const PlacementRequest& request) {
  Members members;
  for (const RingMember& member : request.members) members[member.id] = &member;
  return members;
}

ZoneMembers by_zone(const PlacementRequest& request) {
  ZoneMembers zones;
  for (const RingMember& member : request.members) zones[member.zone].push_back(&member);
  return zones;
}

std::map<NodeId, std::uint64_t> slots_in(const PlacementTable& table) {
  std::map<NodeId, std::uint64_t> slots;
  for (const Row& row : table) {
    for (const NodeId owner : row) ++slots[owner];
  }
  return slots;
}

double slots_of_zone(const PlacementTable& table, const std::vector<const RingMember*>& zone) {
  std::map<NodeId, std::uint64_t> slots = slots_in(table);
  double sum = 0;
  for (const RingMember* const member : zone) sum += static_cast<double>(slots[member->id]);
  return sum;
}

std::vector<double> member_shares(const PlacementTable& table,
                                  const std::vector<const RingMember*>& zone) {
  const double total = slots_of_zone(table, zone);
  const double most = std::min(total, static_cast<double>(table.size()));
  std::vector<Claim> claims;
  claims.reserve(zone.size());
  for (const RingMember* const member : zone) {
    claims.push_back({.weight = static_cast<double>(member->weight), .least = 0, .most = most});
  }
  return exact_shares(total, claims);
}

// What the zone's members must receive at least: who holds more than its rounded-down share takes
// an odd slot without a move, and the other odd slots are moves.
std::uint64_t fewest_moves_into(const std::vector<const RingMember*>& zone,
                                const std::vector<double>& shares,
                                std::map<NodeId, std::uint64_t>& held) {
  std::uint64_t moves = 0;
  std::uint64_t absorbing = 0;
  double odd = 0;
  for (std::size_t i = 0; i < zone.size(); ++i) {
    const double down = std::floor(shares[i] + kRounding);
    const auto whole = static_cast<std::uint64_t>(down);
    const bool fractional = shares[i] - down > kRounding;
    odd += shares[i] - down;
    const std::uint64_t before = held[zone[i]->id];
    if (before < whole) moves += whole - before;
    if (fractional && before > whole) ++absorbing;
  }
  const auto odd_slots = static_cast<std::uint64_t>(std::llround(odd));
  return moves + (odd_slots > absorbing ? odd_slots - absorbing : 0);
}

bool holds(const Row& row, NodeId node) {
  return std::ranges::find(row, node) != row.end();
}

using Costs = std::vector<std::vector<int>>;  // what one slot's change of hands adds to the moves

constexpr int kImpossible = 1'000'000;  // more than any circle of 1,000 members can save

Costs costs_between(const PlacementTable& before, const PlacementTable& after,
                    const std::vector<const RingMember*>& zone) {
  Costs costs(zone.size(), std::vector<int>(zone.size(), kImpossible));
  for (std::size_t p = 0; p < after.size(); ++p) {
    for (std::size_t from = 0; from < zone.size(); ++from) {
      for (std::size_t to = 0; to < zone.size(); ++to) {
        if (!holds(after[p], zone[from]->id) || holds(after[p], zone[to]->id)) continue;
        const int cost =
            (holds(before[p], zone[to]->id) ? 0 : 1) - (holds(before[p], zone[from]->id) ? 0 : 1);
        costs[from][to] = std::min(costs[from][to], cost);
      }
    }
  }
  return costs;
}

// Floyd and Warshall: a way from somewhere to itself that costs less than nothing.
bool has_negative_circle(Costs costs) {
  for (std::size_t via = 0; via < costs.size(); ++via) {
    for (std::size_t from = 0; from < costs.size(); ++from) {
      for (std::size_t to = 0; to < costs.size(); ++to) {
        costs[from][to] = std::min(costs[from][to], costs[from][via] + costs[via][to]);
      }
    }
  }
  for (std::size_t i = 0; i < costs.size(); ++i) {
    if (costs[i][i] < 0) return true;
  }
  return false;
}

std::string random_zone(Random& random, std::uint64_t zones) {
  // The smaller of two draws: the first zones get more members than the last.
  return "zone" + std::to_string(std::min(random.below(zones), random.below(zones)));
}

std::uint64_t zone_count(Zones zones, std::uint32_t replicas, Random& random) {
  switch (zones) {
    case Zones::One:
      return 1;
    case Zones::AsManyAsReplicas:
      return replicas;
    case Zones::Fewer:
      return random.between(1, std::max<std::uint32_t>(2, replicas) - 1);
    case Zones::More:
      return replicas + random.between(1, 8);
  }
  return 1;
}

}  // namespace

std::uint64_t ring_test_seed() {
  const char* const text = std::getenv("STARLING_SEED");
  return text == nullptr ? 20070 : std::strtoull(text, nullptr, 10);
}

PlacementRequest random_request(Random& random, std::uint32_t members_max, Zones zones) {
  PlacementRequest request;
  request.partitions = std::uint32_t{16} << random.below(9);
  request.replicas = static_cast<std::uint32_t>(random.between(1, 5));
  const std::uint64_t count = random.between(1, members_max);
  const std::uint64_t zones_in_all = zone_count(zones, request.replicas, random);
  for (std::uint64_t i = 0; i < count; ++i) {
    add_random_member(request, random, i);
    // One member a zone first, so that there are as many zones as asked for.
    request.members.back().zone =
        i < zones_in_all ? "zone" + std::to_string(i) : random_zone(random, zones_in_all);
  }
  return request;
}

void add_random_member(PlacementRequest& request, Random& random, std::uint64_t number) {
  const std::string name = "node" + std::to_string(number);
  std::string zone;
  if (!request.members.empty()) {
    zone = request.members[random.below(request.members.size())].zone;
  }
  request.members.push_back({.id = node_id_of(name),
                             .name = name,
                             .address = name + ":7400",
                             .zone = zone,
                             .weight = static_cast<std::uint32_t>(50 * random.between(1, 4))});
}

void remove_random_member(PlacementRequest& request, Random& random) {
  const std::uint64_t victim = random.below(request.members.size());
  request.members.erase(request.members.begin() + static_cast<std::ptrdiff_t>(victim));
}

bool rows_are_spread(const PlacementTable& table, const PlacementRequest& request) {
  const Members members = by_id(request);
  const std::size_t owners_wanted = std::min<std::size_t>(request.replicas, members.size());
  const std::size_t zones_wanted = std::min<std::size_t>(owners_wanted, by_zone(request).size());
  return std::ranges::all_of(table, [&](const Row& row) {
    std::set<NodeId> owners;
    std::set<std::string> zones;
    for (const NodeId owner : row) {
      if (!members.contains(owner)) return false;
      owners.insert(owner);
      zones.insert(members.at(owner)->zone);
    }
    return row.size() == owners_wanted && owners.size() == owners_wanted &&
           zones.size() == zones_wanted;
  });
}

double worst_zone_deviation(const PlacementTable& table, const PlacementRequest& request) {
  const auto rows = static_cast<double>(table.size());
  const auto replicas = static_cast<double>(table.front().size());
  const ZoneMembers zones = by_zone(request);
  const auto count = static_cast<double>(zones.size());
  std::vector<Claim> claims;
  for (const auto& [name, zone] : zones) {
    double weight = 0;
    for (const RingMember* const member : zone) weight += member->weight;
    const double copies = count >= replicas ? 1 : static_cast<double>(zone.size());
    claims.push_back({.weight = weight,
                      .least = count <= replicas ? rows : 0,
                      .most = rows * std::min(copies, replicas)});
  }
  const std::vector<double> shares = exact_shares(rows * replicas, claims);
  double worst = 0;
  std::size_t i = 0;
  for (const auto& [name, zone] : zones) {
    worst = std::max(worst, std::abs(slots_of_zone(table, zone) - shares[i++]));
  }
  return worst;
}

double worst_member_deviation(const PlacementTable& table, const PlacementRequest& request) {
  std::map<NodeId, std::uint64_t> slots = slots_in(table);
  double worst = 0;
  for (const auto& [name, zone] : by_zone(request)) {
    const std::vector<double> shares = member_shares(table, zone);
    for (std::size_t i = 0; i < zone.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(slots[zone[i]->id]) - shares[i]));
    }
  }
  return worst;
}

std::uint64_t moves_between(const PlacementTable& before, const PlacementTable& after) {
  std::uint64_t moves = 0;
  for (std::size_t p = 0; p < after.size(); ++p) {
    for (const NodeId owner : after[p]) {
      if (!holds(before[p], owner)) ++moves;
    }
  }
  return moves;
}

std::uint64_t fewest_moves(const PlacementTable& before, const PlacementTable& after,
                           const PlacementRequest& request) {
  std::map<NodeId, std::uint64_t> held = slots_in(before);
  std::uint64_t moves = 0;
  for (const auto& [name, zone] : by_zone(request)) {
    moves += fewest_moves_into(zone, member_shares(after, zone), held);
  }
  return moves;
}

bool circle_saves_a_move(const PlacementTable& before, const PlacementTable& after,
                         const PlacementRequest& request) {
  const ZoneMembers zones = by_zone(request);
  return std::ranges::any_of(zones, [&](const auto& zone) {
    return has_negative_circle(costs_between(before, after, zone.second));
  });
}

std::uint64_t hash_of_table(const PlacementTable& table) {
  ByteWriter writer;
  for (const Row& row : table) {
    writer.varint(row.size());
    for (const NodeId owner : row) writer.u64(owner.value);
  }
  return hash64(writer.bytes());
}

}  // namespace starling

#include "ring/preference_list.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/rendezvous.h"
#include "ring/ring.h"
#include "ring/token.h"

namespace starling {
namespace {

std::shared_ptr<const Ring> ring_of(std::uint32_t members, std::uint32_t zones) {
  ClusterConfig config{.cluster = "test", .partitions = 64, .founders = {}, .secret = ""};
  for (std::uint32_t i = 0; i < members; ++i) {
    const std::string name = "node" + std::to_string(i);
    config.founders.push_back({.id = node_id_of(name),
                               .name = name,
                               .address = name + ":7400",
                               .zone = "zone" + std::to_string(i % zones)});
  }
  return first_ring(config);
}

Token nth_token(std::uint64_t n) {
  return Token{rendezvous_score(n, 1)};
}

TEST_CASE("PreferenceList: the owners are the partition's row, rotated") {
  const auto ring = ring_of(8, 1);
  for (std::uint64_t n = 0; n < 200; ++n) {
    const PreferenceList list = preference_list_of(*ring, nth_token(n));
    CHECK(list.partition == ring->partition_of(nth_token(n)));
    std::vector<NodeId> row(ring->row(list.partition).begin(), ring->row(list.partition).end());
    std::ranges::rotate(row, std::ranges::find(row, list.owners.front()));
    CHECK(list.owners == row);
  }
}

TEST_CASE("PreferenceList: each owner comes first for some keys of a partition") {
  const auto ring = ring_of(8, 1);
  std::set<NodeId> first;
  for (std::uint64_t low_bits = 0; low_bits < 3; ++low_bits) {
    first.insert(preference_list_of(*ring, Token{low_bits}).owners.front());
  }
  CHECK(first.size() == 3);
}

TEST_CASE("PreferenceList: where every member is an owner there are no fallbacks") {
  CHECK(preference_list_of(*ring_of(3, 1), nth_token(1)).fallbacks.empty());
  CHECK(preference_list_of(*ring_of(1, 1), nth_token(1)).fallbacks.empty());
  CHECK(preference_list_of(*ring_of(4, 1), nth_token(1)).fallbacks.size() == 1);
}

// The fallbacks by sorting all members.
std::vector<NodeId> naive_fallbacks(const Ring& ring, PartitionId partition) {
  std::set<std::string> zones;
  for (const NodeId owner : ring.row(partition)) zones.insert(ring.member(owner)->zone);
  std::vector<RingMember> rest = ring.members();
  std::erase_if(rest, [&](const RingMember& m) { return ring.owns(m.id, partition); });
  std::ranges::sort(rest, [&](const RingMember& left, const RingMember& right) {
    const bool left_known = zones.contains(left.zone);
    const bool right_known = zones.contains(right.zone);
    if (left_known != right_known) return right_known;
    return rendezvous_score(left.id.value, partition.value) >
           rendezvous_score(right.id.value, partition.value);
  });
  std::vector<NodeId> fallbacks;
  for (std::size_t i = 0; i < std::min(rest.size(), kFallbacksMax); ++i) {
    fallbacks.push_back(rest[i].id);
  }
  return fallbacks;
}

TEST_CASE("PreferenceList: fallbacks are the best three of all others, other zones first") {
  for (const std::uint32_t zones : {1, 2, 4, 5}) {
    const auto ring = ring_of(20, zones);
    for (std::uint64_t n = 0; n < 100; ++n) {
      CAPTURE(n);
      const PreferenceList list = preference_list_of(*ring, nth_token(n));
      CHECK(list.fallbacks == naive_fallbacks(*ring, list.partition));
    }
  }
}

}  // namespace
}  // namespace starling

#pragma once

// Configurations for tests: clusters with founders named a, b, c, ..., each with a disk of its own.

#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/succession.h"

namespace starling {

inline std::string name_numbered(std::size_t number) {
  std::string name(1, static_cast<char>('a' + static_cast<char>(number % 26)));
  return number < 26 ? name : name + std::to_string(number / 26);
}

inline RingMember member_named(const std::string& name) {
  return {.id = node_id_of(name), .name = name, .address = name + ":7400", .zone = {}};
}

inline StoreId store_numbered(std::uint64_t number) {
  return StoreId{Hash128{.high = 0, .low = number}};
}

inline ClusterConfig founders_config(std::size_t founders, std::uint32_t partitions,
                                     std::uint32_t replicas = 3) {
  ClusterConfig config;
  config.partitions = partitions;
  config.replicas = replicas;
  for (std::size_t i = 0; i < founders; ++i) {
    config.founders.push_back(member_named(name_numbered(i)));
  }
  return config;
}

// The disks are numbered from 1 in the order of the names.
inline Configuration founded(std::size_t founders, std::uint32_t partitions,
                             std::uint32_t replicas = 3) {
  std::vector<StoreId> stores;
  for (std::size_t i = 0; i < founders; ++i) stores.push_back(store_numbered(i + 1));
  return genesis_of(founders_config(founders, partitions, replicas), stores,
                    {.cluster_id = Hash128{.high = 7, .low = 8}, .token_seed = 9});
}

inline ConfigMember joining(const std::string& name, std::uint64_t store) {
  return {.member = member_named(name), .store = store_numbered(store)};
}

}  // namespace starling

#pragma once

// ClusterConfig: what the founders of a cluster must agree on, and the first Ring that follows from
// it. A digest of each field stands in every handshake, so that two founders who differ refuse each
// other and can name the field.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

#include "base/hash.h"
#include "base/mac.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/ring.h"

namespace starling {

inline constexpr std::uint32_t kReplicasDefault = 3;
inline constexpr std::uint32_t kReplicasMax = 15;
inline constexpr std::size_t kFoundersMax = 1000;

struct ClusterConfig {
  std::string cluster = "starling";
  std::uint32_t partitions = kPartitionsDefault;
  std::uint32_t replicas = kReplicasDefault;  // as configured; in force: min(replicas, founders)
  std::vector<RingMember> founders;
  std::string secret;  // the cluster secret file's content, or empty

  // Usage error that names the field: bounds, founders without or with the same name or address.
  [[nodiscard]] Status check() const;
};

// One hash a field; the secret's is keyed, so that it gives nothing away that could be searched
// for.
struct ConfigDigest {
  Hash128 cluster;
  Hash128 partitions;
  Hash128 replicas;
  Hash128 founders;
  Hash128 secret;
  friend bool operator==(const ConfigDigest&, const ConfigDigest&) = default;
};

[[nodiscard]] ConfigDigest digest_of(const ClusterConfig& config);
// "initial-cluster", "partitions", "replicas", "cluster" or "cluster-secret-file": the first flag
// in which the two differ, or nothing.
[[nodiscard]] std::optional<std::string_view> first_difference(const ConfigDigest& mine,
                                                               const ConfigDigest& theirs);

// Epoch 1: deterministic, from the sorted founders, Q, N, the cluster's name and its secret.
// REQUIRES: config.check().ok().
[[nodiscard]] std::shared_ptr<const Ring> first_ring(const ClusterConfig& config);
// The key of the contexts that clients carry.
[[nodiscard]] MacKey context_key(const ClusterConfig& config);

// Parses `name=host:port[@zone],...`. Usage errors name the entry.
[[nodiscard]] Result<std::vector<RingMember>> parse_initial_cluster(std::string_view text);

}  // namespace starling

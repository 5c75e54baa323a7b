#pragma once

// Ring: who owns what, at one epoch. Immutable: a change of the cluster is a new Ring. Every
// replica and coordinator of one operation must hold the same version of the row it touches
// (row_version).

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/placement.h"
#include "ring/token.h"

namespace starling {

class Ring {
 public:
  // Keeps `members` sorted by name. REQUIRES: one row and one version a partition; owners are
  // members.
  Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members, PlacementTable rows,
       std::vector<RowVersion> row_versions);

  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t token_seed() const { return token_seed_; }
  [[nodiscard]] std::uint32_t partitions() const {
    return static_cast<std::uint32_t>(rows_.size());
  }
  // N in force: the slots of each row.
  [[nodiscard]] std::uint32_t replicas() const {
    return static_cast<std::uint32_t>(rows_.front().size());
  }
  [[nodiscard]] const std::vector<RingMember>& members() const { return members_; }
  // nullptr for an id that is no member's.
  [[nodiscard]] const RingMember* member(NodeId id) const;

  [[nodiscard]] Token token_of(std::string_view bucket, std::string_view key) const;
  [[nodiscard]] PartitionId partition_of(Token token) const;
  // REQUIRES for the next three: partition.value < partitions().
  [[nodiscard]] std::span<const NodeId> row(PartitionId partition) const;
  [[nodiscard]] RowVersion row_version(PartitionId partition) const;
  [[nodiscard]] bool owns(NodeId node, PartitionId partition) const;
  // How many slots a member holds in all; 0 for an id that is no member's.
  [[nodiscard]] std::uint32_t slots_of(NodeId node) const;

  // The members by id, in the little that a pass over all of them for one request needs: comparing
  // zones by name would cost more than the rest of the pass.
  struct Place {
    NodeId node;
    std::uint32_t zone = 0;    // equal numbers, equal zones
    std::uint32_t member = 0;  // the index in members()
    std::uint32_t slots = 0;
  };
  [[nodiscard]] std::span<const Place> places() const { return places_; }
  // nullptr for an id that is no member's.
  [[nodiscard]] const Place* place_of(NodeId id) const;

 private:
  void index_members();

  Epoch epoch_;
  std::uint64_t token_seed_;
  std::vector<RingMember> members_;
  PlacementTable rows_;
  std::vector<RowVersion> row_versions_;
  std::vector<Place> places_;
};

}  // namespace starling

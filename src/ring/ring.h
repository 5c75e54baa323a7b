#pragma once

// Ring: who owns what, at one epoch. Immutable: a change of the cluster is a new Ring. Every
// replica and coordinator of one operation must hold the same version of the row it touches
// (row_version).

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/placement.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {

class Ring {
 public:
  // Keeps `members` sorted by name. REQUIRES: one row and one version a partition, no row empty;
  // owners are members.
  Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members,
       std::vector<SlotRow> rows, std::vector<RowVersion> row_versions);
  // Of rows that are all settled.
  Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members,
       const PlacementTable& rows, const std::vector<RowVersion>& row_versions);

  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t token_seed() const { return token_seed_; }
  [[nodiscard]] std::uint32_t partitions() const {
    return static_cast<std::uint32_t>(slots_.size());
  }
  // N in force as people see it: the slots that are read, of the row that has fewest. While N
  // changes, rows differ; requests go by numbers().
  [[nodiscard]] std::uint32_t replicas() const { return replicas_; }
  [[nodiscard]] const std::vector<RingMember>& members() const { return members_; }
  // nullptr for an id that is no member's.
  [[nodiscard]] const RingMember* member(NodeId id) const;

  [[nodiscard]] Token token_of(std::string_view bucket, std::string_view key) const;
  [[nodiscard]] PartitionId partition_of(Token token) const;
  // REQUIRES for all that follow here: partition.value < partitions().
  [[nodiscard]] std::span<const Slot> slots(PartitionId partition) const;
  // Every slot is Settled: one node each, which stores, is read and counts.
  [[nodiscard]] bool is_settled(PartitionId partition) const;
  // The N that requests to the partition's keys go by.
  [[nodiscard]] RowNumbers numbers(PartitionId partition) const;
  // Every node that stores the partition, slot by slot: each write is sent to all of them.
  [[nodiscard]] std::span<const NodeId> row(PartitionId partition) const;
  // Those who answer reads and mint, at most one a slot, in the order of the slots.
  [[nodiscard]] std::span<const NodeId> readers(PartitionId partition) const;
  [[nodiscard]] RowVersion row_version(PartitionId partition) const;
  // Whether the node is in row(), and in readers().
  [[nodiscard]] bool owns(NodeId node, PartitionId partition) const;
  [[nodiscard]] bool reads_at(NodeId node, PartitionId partition) const;
  // The other nodes of row() whose copies should equal this node's. A node that is being filled is
  // nobody's equal yet: what fills it reads all of its sources anyway. Empty if this node is, or
  // stores nothing.
  [[nodiscard]] std::vector<NodeId> compared_with(NodeId node, PartitionId partition) const;
  // How many slots a member stores for in all, those included that it comes to or leaves; 0 for an
  // id that is no member's.
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
  void index_rows();

  Epoch epoch_;
  std::uint64_t token_seed_;
  std::vector<RingMember> members_;
  std::vector<SlotRow> slots_;
  PlacementTable rows_;                     // the nodes of slots_
  std::map<std::uint32_t, Row> unsettled_;  // of rows with a slot that is not: who is read there
  std::uint32_t replicas_ = 0;
  std::vector<RowVersion> row_versions_;
  std::vector<Place> places_;
};

}  // namespace starling

#pragma once

// Configuration: all that a cluster has to agree on, as it was decided for one epoch: who is a
// member and with which disk, who owns what, which slots are on their way, and who decides the next
// one. One document, not a log: whoever has it needs no older one. It is adopted durably before it
// has any effect. (ClusterConfig is what its founders start from; whether a member can be reached
// is a local opinion and stands nowhere here.)

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/mac.h"
#include "ring/cluster_config.h"
#include "ring/member.h"
#include "ring/placement.h"
#include "ring/slot.h"

namespace starling {

inline constexpr std::size_t kMembersMax = kFoundersMax;
// 1, 2, 3, 5 or 7 voters: more make deciding slower and survive no likelier loss, and an even
// number survives no more than the odd one below it. (Two founders have no choice.)
inline constexpr std::size_t kVotersMax = 7;
// One slot may be on its way in or out while N changes.
inline constexpr std::size_t kSlotsMax = kReplicasMax + 1;

enum class MemberIntent : std::uint8_t {
  Stay = 0,
  Leave = 1,   // gets no slots, and is no member any more once it has none
  Remove = 2,  // likewise, and its disk is given up: its slots are filled from others
};

struct ConfigMember {
  RingMember member;
  StoreId store;  // a wiped disk is another one: what the old one promised is gone
  MemberIntent intent = MemberIntent::Stay;
  friend bool operator==(const ConfigMember&, const ConfigMember&) = default;
};

// Who accepts proposals for the next epoch. With another store it is no voter.
struct Voter {
  NodeId node;
  StoreId store;
  friend auto operator<=>(const Voter&, const Voter&) = default;
};

enum class ChangeKind : std::uint8_t { Join = 0, Leave = 1, Replace = 2, Remove = 3 };

// A change of the members that an operator asked for and has not committed. It is agreed on like
// all the rest, so that it outlives the node that was asked, and two operators see each other's.
struct StagedChange {
  ChangeKind kind = ChangeKind::Leave;
  NodeId member{};          // who goes, or is replaced; of no meaning for Join
  ConfigMember newcomer{};  // of Join and Replace
  friend bool operator==(const StagedChange&, const StagedChange&) = default;
};
inline constexpr std::size_t kStagedMax = 100;

// The owners that a row is brought to, slot by slot, when they are not its holders yet.
struct RowAim {
  PartitionId partition;
  Row owners;
  friend bool operator==(const RowAim&, const RowAim&) = default;
};

struct Configuration {
  // Fixed when the cluster is founded.
  std::string cluster;  // its name
  Hash128 cluster_id;   // random, so that two clusters of one name are told apart
  std::uint64_t token_seed = 0;
  MacKey context_key{};

  Epoch epoch;
  Hash128 previous;            // digest of the configuration before; epoch 1: of the founding list
  std::uint32_t replicas = 0;  // N as configured; in force: what the rows have
  std::uint16_t protocol_min = 1;
  std::uint16_t protocol_max = 1;
  std::vector<ConfigMember> members;     // ascending by name
  std::vector<Voter> voters;             // ascending
  std::vector<SlotRow> rows;             // one a partition
  std::vector<RowVersion> row_versions;  // the epoch at which each row last changed
  std::vector<RowAim> aims;              // ascending by partition; of rows that are not there yet
  std::vector<StagedChange> staged;      // in the order in which they were asked for
  friend bool operator==(const Configuration&, const Configuration&) = default;

  // nullptr for an id that is no member's.
  [[nodiscard]] const ConfigMember* member(NodeId id) const;
  // nullptr when the row has arrived.
  [[nodiscard]] const RowAim* aim(PartitionId partition) const;
  // Corruption that says what is wrong: bounds, order, a node in a row or in a staged change that
  // is no member, a version later than the epoch.
  [[nodiscard]] Status check() const;
};

}  // namespace starling

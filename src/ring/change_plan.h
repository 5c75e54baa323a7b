#pragma once

// ChangePlan: what staged changes of the membership would do, as shown before they are committed
// and as committed: the members after them, and the owners that each row is brought to. A pure
// function of the configuration and the changes, so that what was shown is what is done; it is
// bound to its configuration by the epoch, and a stale plan is refused by the chain. The way there,
// step by step, is next_steps.h.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/placement.h"

namespace starling {

struct StagedChanges {
  struct Replacement {
    NodeId old_member;
    ConfigMember by;
  };
  struct Reweighing {
    NodeId member;
    std::uint32_t weight = 0;
  };

  std::vector<ConfigMember> joins;
  std::vector<NodeId> leaves;             // give their slots away, then go
  std::vector<Replacement> replacements;  // takes over the slots as they are
  std::vector<NodeId> removals;           // will not come back: their slots are filled from others
  std::vector<Reweighing> reweighings;
  std::optional<std::uint32_t> replicas;
};

struct ChangePlan {
  struct Balance {
    NodeId member;
    std::uint32_t before = 0;  // slots
    std::uint32_t after = 0;
    friend bool operator==(const Balance&, const Balance&) = default;
  };

  // Of the next epoch: members, N and aims, and nothing staged; the rows are untouched.
  Configuration after;
  std::uint64_t moves = 0;             // slots that get a node which was not in their row
  std::uint64_t moves_least = 0;       // what members get more than they have: no plan moves less
  std::optional<std::uint64_t> bytes;  // of the moves; nothing: sizes were not given
  std::vector<Balance> balance;        // of all members of before and after, by name
  std::vector<std::string> warnings;   // for the operator to read before committing
};

// `partition_bytes`: the size of one copy of each partition; empty where unknown.
// Usage error: a change names a member that there is not, or is already; nobody would be left.
[[nodiscard]] Result<ChangePlan> plan_changes(const Configuration& before,
                                              const StagedChanges& changes,
                                              std::span<const std::uint64_t> partition_bytes);

// The owners that each row has, or is on its way to.
[[nodiscard]] PlacementTable owners_of(const Configuration& configuration);
// An odd number of members that stay, as spread over zones as can be; who votes goes on to.
[[nodiscard]] std::vector<Voter> choose_voters(const Configuration& configuration);

}  // namespace starling

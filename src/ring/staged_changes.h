#pragma once

// StagedChanges of a configuration: what operators have asked for, one after the other, what all of
// it together would do, and the configuration that does it. Pure: whoever holds the configuration
// computes the same. A plan has a number that stands for all that it was made from: the members, N,
// the owners and the staged changes, but not the epoch, for the steps of an earlier change go on
// while an operator reads.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

#include "ring/change_plan.h"
#include "ring/configuration.h"

namespace starling {

// Leave or Remove of the member of that name.
// Usage: there is none; the message names those that there are.
[[nodiscard]] Result<StagedChange> change_of(const Configuration& before, ChangeKind kind,
                                             std::string_view name);

// Join of a node, or Replace of the member of that name by it; empty for Join.
// Usage: there is no such member; the name of the node is taken.
[[nodiscard]] Result<StagedChange> coming_of(const Configuration& before, std::string_view replaced,
                                             const ConfigMember& newcomer);

// The successor in which `change` is staged as well, in place of another one of the same member.
// Errors: Usage       it can not be done: the message says why. Not with fewer members left than
//                     each key has copies, either.
//         Overloaded  kStagedMax changes are staged.
[[nodiscard]] Result<Configuration> with_staged(const Configuration& before,
                                                const StagedChange& change);
// The successor in which nothing is staged. ConditionFailed: nothing is.
[[nodiscard]] Result<Configuration> without_staged(const Configuration& before);

// What is staged, all at once. Usage: it can not be done any more; the message says why.
// `partition_bytes`: as of plan_changes().
[[nodiscard]] Result<ChangePlan> staged_plan(const Configuration& before,
                                             std::span<const std::uint64_t> partition_bytes);
// Of staged_plan(); never 0.
[[nodiscard]] std::uint64_t plan_number(const Configuration& before);
// The successor that begins to do it. ConditionFailed: nothing is staged, or `number` is of another
// plan: somebody staged or took back something, or members or owners changed. Usage: as above.
[[nodiscard]] Result<Configuration> committed(const Configuration& before, std::uint64_t number);

[[nodiscard]] bool is_staged(const Configuration& configuration, const StagedChange& change);
// Whether it was committed: the members go the way that it wants, or have gone it.
[[nodiscard]] bool is_committed(const Configuration& configuration, const StagedChange& change);

// For people: "leave d".
[[nodiscard]] std::string words_of(const StagedChange& change, const Configuration& configuration);
// For people, one line each: what was committed and goes on. Empty: nothing does.
[[nodiscard]] std::vector<std::string> changes_under_way(const Configuration& configuration);

// Slots that are still to come to a member, or to go from one that is on its way out.
struct SlotsLeft {
  const ConfigMember* member = nullptr;  // of the configuration that was asked
  std::uint64_t coming = 0;
  std::uint64_t going = 0;
};
// Of the members for whom there are any, and of all that are on their way out; by name.
[[nodiscard]] std::vector<SlotsLeft> slots_left(const Configuration& configuration);

}  // namespace starling

#pragma once

// SlotStep: how a slot goes from one state to another, and what must be known before it may. Every
// step is one change of the configuration, so a row is changed once an epoch at most; who proposes
// it is of no importance, the guard is. Guards are pure functions of durable facts, checked by the
// proposer and by every voter, and searched exhaustively in tests/unit/ring/slot_model*.
//
//   Step         From -> to              Guard
//   StartMove    S(x) -> D1(x,y)         y is not in the row; N does not change
//   Switch       D1 -> D2                y holds what x held after adopting this D1
//   StepBack     D2 -> D1                -
//   FinishMove   D2 -> S(y)              x adopted this D2, or the others fence it off
//   AbortMove    D1 -> S(x)              y was never read, or adopted this D1, or is fenced off
//   Vacate       S, D1, V, J -> V(z)     somebody decided that the holder does not come back
//   Fill         V(y) -> S(y)            y adopted this V and holds what enough others held after
//                                        adopting it; the same others fence the old holder off
//   StartGrow    none -> G(y)            the row is settled, y not in it
//   Admit        G(y) -> J(y)            y holds what enough others held after adopting this G
//   CountIn      J(y) -> S(y)            the others fence off the row without y
//   StartShrink  S(y) -> J(y)            the row is settled, and y not all of it
//   Withdraw     J(y) -> G(y)            all others hold what y held after adopting this J
//   Drop         G(y) -> none            y was never read, or adopted this G, or all others fence
//   DropVacant   V -> none               the rest is settled; all of it fences, and each holds what
//                                        each other held after adopting this V
//
// Fence: a node that can not be asked may still answer coordinators as far behind as itself. It
// does no harm once so many other slots can not, that it never finds R answers, R being a majority:
// N - R + 1 of them. A slot is counted only if nobody who was ever read for it can answer at the
// older versions: its reader adopted the step, and so did the other node of a move under way.
// (Counting readers alone lets two moves of one row fence off each other's old reader, and the two
// of them are a quorum of the past.) After a fence no version before it finds a quorum at all,
// which is why slots need not remember who was fenced off.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {

enum class SlotStep : std::uint8_t {
  StartMove,
  Switch,
  StepBack,
  FinishMove,
  AbortMove,
  Vacate,
  Fill,
  StartGrow,
  Admit,
  CountIn,
  StartShrink,
  Withdraw,
  Drop,
  DropVacant,
};
inline constexpr std::size_t kSlotSteps = 14;

// One step of a row. StartGrow has the index behind the last slot.
struct RowStep {
  SlotStep step = SlotStep::StartMove;
  std::size_t slot = 0;
  NodeId newcomer;  // of StartMove, Vacate and StartGrow
  friend bool operator==(const RowStep&, const RowStep&) = default;
};

// Facts; once true they stay so for as long as the store in question lives.
struct Adoption {
  NodeId node;
  Epoch epoch;  // the node durably adopted this configuration
  friend bool operator==(const Adoption&, const Adoption&) = default;
};
struct Filling {
  NodeId sink;  // durably holds all of the partition that
  NodeId source;
  Epoch epoch;  // held at a moment after it adopted this
  friend bool operator==(const Filling&, const Filling&) = default;
};

struct StepEvidence {
  std::span<const Adoption> adoptions;
  std::span<const Filling> fillings;  // of the row's partition
  // An operator gives up what only unreachable copies hold: Fill and CountIn ask of the others that
  // can be read, however few.
  bool loss_accepted = false;
};

enum class StepVerdict : std::uint8_t {
  Allowed,
  WrongState,  // not a step of this slot in this row, whatever is known
  NotFilled,   // somebody does not hold yet what it must
  NotRetired,  // a former reader may still answer
};

[[nodiscard]] StepVerdict may_advance(std::span<const Slot> row, const RowStep& step,
                                      const StepEvidence& evidence);
// The row of `epoch` once the step is taken. REQUIRES: the verdict is not WrongState.
[[nodiscard]] SlotRow after_step(std::span<const Slot> row, const RowStep& step, Epoch epoch);
// The one step that leads from `before` to `after` at `epoch`; nothing if none does, or if they
// are equal.
[[nodiscard]] std::optional<RowStep> step_between(std::span<const Slot> before,
                                                  std::span<const Slot> after, Epoch epoch);

// How many other slots Fill and Admit read from, of a row of which `slots` are read. Enough to meet
// every write that was acknowledged and everything that a read protected: see the README.
[[nodiscard]] std::uint32_t sources_needed(std::uint32_t slots, std::uint32_t others);
// N - R + 1 with R a majority.
[[nodiscard]] std::uint32_t fence_needed(std::uint32_t slots);

[[nodiscard]] std::string_view to_text(SlotStep step);

}  // namespace starling

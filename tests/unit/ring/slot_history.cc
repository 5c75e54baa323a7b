#include "slot_history.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "slot_scheme.h"

namespace starling {
namespace {

constexpr std::size_t kHistoriesMax = 65536;

std::uint32_t write_demand(SlotLevel level, std::uint32_t slots) {
  switch (level) {
    case SlotLevel::Quorum:
      return majority_of(slots);
    case SlotLevel::WriteAll:
      return slots;
    case SlotLevel::ReadAll:
      return 1;
    case SlotLevel::Kept:
      return slots - majority_of(slots) + 1;
  }
  return 0;
}

std::uint32_t read_demand(SlotLevel level, std::uint32_t slots) {
  if (level == SlotLevel::WriteAll) return 1;
  if (level == SlotLevel::ReadAll) return slots;
  return majority_of(slots);
}

NodeMask bit_of(NodeId node) {
  return static_cast<NodeMask>(1U << (node.value - 1));
}

std::vector<NodeId> nodes_in(NodeMask mask) {
  std::vector<NodeId> nodes;
  for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
    if (((mask >> node) & 1U) != 0) nodes.push_back(model_node(node));
  }
  return nodes;
}

// Who is asked to store a write of this slot.
NodeMask writers_of(const Slot& slot, BadRule bad) {
  if (bad == BadRule::NoDualWrite && is_moving(slot)) return bit_of(*read_node(slot));
  NodeMask mask = 0;
  for (const NodeId node : write_nodes(slot)) mask = static_cast<NodeMask>(mask | bit_of(node));
  return mask;
}

// The row as a broken rule would count it.
SlotRow as_counted(SlotRow row, BadRule bad, NodeMask stored) {
  for (Slot& slot : row) {
    if (is_moving(slot)) {
      if (bad == BadRule::NoDualWrite) slot = {.holder = *read_node(slot)};
      const bool target_alone = bad == BadRule::EitherCounts && (stored & bit_of(slot.holder)) == 0;
      if (bad == BadRule::EitherCounts) slot = {.holder = target_alone ? slot.target : slot.holder};
    }
    if (bad == BadRule::VacantCounts && slot.state == SlotState::Vacant)
      slot.state = SlotState::Settled;
  }
  if (bad == BadRule::GrowUncounted) {
    std::erase_if(row, [](const Slot& slot) { return slot.state == SlotState::Extra; });
  }
  return row;
}

}  // namespace

NodeId model_node(NodeIndex node) {
  return NodeId{node + 1};
}

Epoch model_epoch(std::size_t version) {
  return Epoch{version + 1};
}

SlotHistories::SlotHistories(const SlotScheme& scheme) : scheme_(scheme) {
  SlotHistory first;
  for (NodeIndex node = 0; node < scheme.slots; ++node) {
    first.row.push_back({.holder = model_node(node), .since = model_epoch(0)});
  }
  first.versions = {0};
  complete(first);
  histories_.push_back(std::move(first));
}

HistoryId SlotHistories::after(HistoryId id, const RowStep& step, SlotRow row) {
  const auto key = std::tuple(id, step.step, step.slot, step.newcomer.value);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  STARLING_CHECK(histories_.size() < kHistoriesMax);
  const auto next = static_cast<HistoryId>(histories_.size());
  SlotHistory history{.parent = id,
                      .version = histories_[id].version + 1,
                      .step = step,
                      .row = std::move(row),
                      .versions = histories_[id].versions};
  history.versions.push_back(next);
  complete(history);
  histories_.push_back(std::move(history));
  known_.emplace(key, next);
  return next;
}

void SlotHistories::complete(SlotHistory& history) const {
  for (const Slot& slot : history.row) {
    history.writers = static_cast<NodeMask>(history.writers | writers_of(slot, scheme_.bad));
    if (const auto reader = read_node(slot))
      history.readers = static_cast<NodeMask>(history.readers | bit_of(*reader));
  }
  for (unsigned mask = 0; mask < (1U << kModelNodesMax); ++mask) {
    history.acknowledged.push_back(is_acknowledged(history.row, static_cast<NodeMask>(mask)));
    history.read_without.push_back(is_read(history.row, static_cast<NodeMask>(mask)));
  }
  history.candidates = candidates_of(history.row);
}

bool SlotHistories::is_acknowledged(const SlotRow& row, NodeMask stored) const {
  const SlotRow counted = as_counted(row, scheme_.bad, stored);
  const RowCount slots = slots_for_writes(counted);
  const RowCount demand{.inner = write_demand(scheme_.level, slots.inner),
                        .outer = write_demand(scheme_.level, slots.outer)};
  const std::vector<NodeId> nodes = nodes_in(stored);
  return meets(written_slots(counted, nodes), demand);
}

bool SlotHistories::is_read(const SlotRow& row, NodeMask answered) const {
  std::uint32_t answers = 0;
  for (const Slot& slot : row) {
    const auto reader = read_node(slot);
    if (reader && (answered & bit_of(*reader)) != 0) ++answers;
  }
  return answers >= read_demand(scheme_.level, slots_for_reads(row));
}

std::vector<RowStep> SlotHistories::candidates_of(const SlotRow& row) const {
  std::vector<RowStep> candidates;
  for (const SlotStep step : scheme_.steps) {
    for (std::size_t slot = 0; slot < row.size(); ++slot) {
      if (step == SlotStep::StartMove || step == SlotStep::Vacate) {
        const auto& newcomers = step == SlotStep::StartMove ? scheme_.movers : scheme_.replacers;
        for (const auto& [where, node] : newcomers) {
          const bool again =
              row[slot].state == SlotState::Vacant && row[slot].holder == model_node(node);
          if (where == slot && !again)
            candidates.push_back({.step = step, .slot = slot, .newcomer = model_node(node)});
        }
      } else if (step != SlotStep::StartGrow) {
        candidates.push_back({.step = step, .slot = slot, .newcomer = {}});
      }
    }
    if (step != SlotStep::StartGrow) continue;
    for (const NodeIndex node : scheme_.growers) {
      candidates.push_back({.step = step, .slot = row.size(), .newcomer = model_node(node)});
    }
  }
  return candidates;
}

}  // namespace starling

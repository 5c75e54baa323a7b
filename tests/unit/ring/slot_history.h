#pragma once

// SlotHistory: all rows that were decided so far, in one number. A history is its predecessor and
// one step; the same history is stored once, together with everything that the search asks of its
// last row, as the product answers it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "ring/slot.h"
#include "ring/slot_step.h"
#include "slot_scheme.h"

namespace starling {

using NodeMask = std::uint8_t;
using HistoryId = std::uint16_t;

inline constexpr std::size_t kModelNodesMax = 6;
inline constexpr std::size_t kModelVersionsMax = 7;

[[nodiscard]] NodeId model_node(NodeIndex node);
// Version 0 is epoch 1, so that 0 stays "never".
[[nodiscard]] Epoch model_epoch(std::size_t version);

struct SlotHistory {
  HistoryId parent = 0;
  std::size_t version = 0;
  RowStep step;  // by which it came from its parent
  SlotRow row;
  std::vector<HistoryId> versions;  // its ancestors and itself, by version
  NodeMask readers = 0;             // read at some slot
  NodeMask writers = 0;             // written at some slot
  std::vector<bool> acknowledged;   // by the mask of those who stored
  std::vector<bool> read_without;   // by the mask of those who answered: enough for a read
  std::vector<RowStep> candidates;  // steps that the scheme lets somebody think of
};

class SlotHistories {
 public:
  explicit SlotHistories(const SlotScheme& scheme);
  [[nodiscard]] const SlotHistory& at(HistoryId id) const { return histories_[id]; }
  [[nodiscard]] HistoryId after(HistoryId id, const RowStep& step, SlotRow row);

 private:
  void complete(SlotHistory& history) const;
  [[nodiscard]] bool is_acknowledged(const SlotRow& row, NodeMask stored) const;
  [[nodiscard]] bool is_read(const SlotRow& row, NodeMask answered) const;
  [[nodiscard]] std::vector<RowStep> candidates_of(const SlotRow& row) const;

  const SlotScheme& scheme_;
  std::vector<SlotHistory> histories_;
  std::map<std::tuple<HistoryId, SlotStep, std::size_t, std::uint64_t>, HistoryId> known_;
};

}  // namespace starling

#include "sim/key_truth.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "sim/history.h"
#include "sim/witness.h"
#include "sim/write_set.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {

VectorClock with_dot(VectorClock context, const Dot& dot) {
  context.add(dot);
  return context;
}

KeyTruth::KeyTruth(const History& history, const Witness& witness, std::uint32_t key)
    : history_(history), key_(history.keys.at(key)) {
  const Witness::Sightings& sightings = witness.sightings(key);
  for (const auto& [dot, sighting] : sightings) {
    if (sighting.kind == SiblingKind::Value) add_put(dot, sighting);
  }
  // Behind the puts: a delete without a context is known by the puts that its delta covers.
  for (const auto& [dot, sighting] : sightings) {
    if (sighting.kind == SiblingKind::Tombstone) add_tombstone(dot, sighting);
  }
}

void KeyTruth::add_put(const Dot& dot, const Sighting& sighting) {
  if (sighting.write == WriteSet::kNoWrite) return;  // the witness has complained already
  AppliedWrite put{.dot = dot, .write = sighting.write};
  put.superseded = key_.writes.at(sighting.write).history;
  put.superseded.remove(sighting.write);
  put.may_supersede = put.superseded;
  applied_.push_back(std::move(put));
}

void KeyTruth::add_tombstone(const Dot& dot, const Sighting& sighting) {
  AppliedWrite tombstone{.dot = dot, .is_delete = true, .begun = sighting.begun};
  bool asked_for = false;
  bool by_context = false;
  for (const WriteRecord& write : key_.writes) {
    const Operation& request = history_.operations.at(write.operation);
    if (!write.is_delete || request.outcome == Outcome::NotApplied) continue;
    if (request.context.text.empty()) {
      asked_for = true;  // the coordinator read for itself: any context may be this one's
      continue;
    }
    // A context that knows the dot was made from its answer, and is a later request's.
    if (request.context.clock.has(dot)) continue;
    const VectorClock expected = with_dot(request.context.clock, dot);
    if (sighting.delta.has_value() && expected != *sighting.delta) continue;
    if (!sighting.delta.has_value() && !sighting.first_record.covers(expected)) continue;
    asked_for = true;
    by_context = true;
    tombstone.may_supersede.join(write.history);
  }
  if (!asked_for) {
    violations_.push_back({"phantom", key_.address.key,
                           "a delete was stored that nobody asked for: " + to_text(dot)});
  }
  if (sighting.delta.has_value()) {
    if (!by_context) tombstone.may_supersede = writes_in(*sighting.delta);
    tombstone.superseded = tombstone.may_supersede;
  } else {
    tombstone.may_supersede.join(writes_in(sighting.first_record));
  }
  tombstone.by_context = by_context;
  applied_.push_back(std::move(tombstone));
}

const AppliedWrite* KeyTruth::put(std::uint32_t write) const {
  const auto found =
      std::find_if(applied_.begin(), applied_.end(), [write](const AppliedWrite& applied) {
        return !applied.is_delete && applied.write == write;
      });
  return found == applied_.end() ? nullptr : &*found;
}

bool KeyTruth::is_ambiguous(const Operation& deletion) const {
  return std::any_of(key_.writes.begin(), key_.writes.end(), [&](const WriteRecord& write) {
    const Operation& other = history_.operations.at(write.operation);
    return write.is_delete && other.context.text.empty() && other.number != deletion.number &&
           other.begun <= deletion.ended && other.ended >= deletion.begun;
  });
}

const AppliedWrite* KeyTruth::tombstone_of(const Operation& deletion) const {
  const bool by_context = !deletion.context.text.empty();
  if (!by_context && is_ambiguous(deletion)) return nullptr;
  const auto found =
      std::find_if(applied_.begin(), applied_.end(), [&](const AppliedWrite& applied) {
        return applied.is_delete && applied.by_context == by_context &&
               applied.begun > deletion.number && deletion.clock.has(applied.dot) &&
               !deletion.context.clock.has(applied.dot);
      });
  return found == applied_.end() ? nullptr : &*found;
}

WriteSet KeyTruth::writes_in(const VectorClock& clock) const {
  WriteSet writes;
  for (const AppliedWrite& applied : applied_) {
    if (!applied.is_delete && clock.has(applied.dot)) writes.add(applied.write);
  }
  return writes;
}

WriteSet KeyTruth::excused_by(const VectorClock& clock) const {
  WriteSet writes;
  for (const AppliedWrite& applied : applied_) {
    if (clock.has(applied.dot)) writes.join(applied.may_supersede);
  }
  return writes;
}

WriteSet KeyTruth::buried_by(const VectorClock& clock) const {
  WriteSet writes;
  for (const AppliedWrite& applied : applied_) {
    if (clock.has(applied.dot)) writes.join(applied.superseded);
  }
  return writes;
}

}  // namespace starling::sim

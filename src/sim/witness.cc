#include "sim/witness.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "sim/history.h"
#include "sim/write_set.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

// Enough digits to tell the few actors of one run apart.
constexpr std::size_t kActorDigits = 4;

}  // namespace

std::string to_text(const Dot& dot) {
  return starling::to_text(dot.actor.incarnation.value).substr(0, kActorDigits) + "." +
         std::to_string(dot.actor.lineage) + ":" + std::to_string(dot.counter);
}

std::string to_text(const VectorClock& clock) {
  std::string text = "{";
  for (const VectorClock::Entry& entry : clock.prefix()) {
    text += (text.size() > 1 ? " " : "") + to_text(Dot{entry.actor, entry.counter});
  }
  for (const Dot& dot : clock.cloud()) text += " +" + to_text(dot);
  return text + "}";
}

Witness::KeyView& Witness::view_of(std::uint32_t key) {
  if (keys_.size() <= key) keys_.resize(std::size_t{key} + 1);
  return keys_.at(key);
}

const Witness::Sightings& Witness::sightings(std::uint32_t key) const {
  return key < keys_.size() ? keys_.at(key).sightings : none_;
}

std::optional<Dot> Witness::dot_of(std::uint32_t key, std::uint32_t write) const {
  if (key >= keys_.size()) return std::nullopt;
  const auto found = keys_.at(key).dots.find(write);
  if (found == keys_.at(key).dots.end()) return std::nullopt;
  return found->second;
}

void Witness::see_record(std::uint32_t key, const SiblingSet& versions) {
  for (const Sibling& sibling : versions.siblings()) note(key, sibling, versions.clock());
}

void Witness::see_delta(std::uint32_t key, const SiblingSet& versions) {
  for (const Sibling& sibling : versions.siblings()) {
    Sighting& sighting = note(key, sibling, versions.clock());
    if (!sighting.delta.has_value()) {
      sighting.delta = versions.clock();
    } else if (*sighting.delta != versions.clock()) {
      accuse(key, "one-delta", "dot " + to_text(sibling.dot) + " travelled with two contexts");
    }
  }
}

Sighting& Witness::note(std::uint32_t key, const Sibling& sibling, const VectorClock& clock) {
  KeyView& view = view_of(key);
  const auto [place, is_new] = view.sightings.try_emplace(sibling.dot);
  Sighting& sighting = place->second;
  if (!is_new) {
    if (sighting.kind != sibling.kind || sighting.value_hash != sibling.value_hash) {
      accuse(key, "one-dot-one-value", "dot " + to_text(sibling.dot) + " stands for two writes");
    }
    return sighting;
  }
  sighting.kind = sibling.kind;
  sighting.value_hash = sibling.value_hash;
  sighting.first_record = clock;
  sighting.begun = history_.operations.size();
  if (!sibling.is_live_value()) return sighting;
  sighting.write = write_with(key, sibling);
  if (sighting.write == WriteSet::kNoWrite) {
    accuse(key, "phantom", "a value was stored that nobody wrote: dot " + to_text(sibling.dot));
    return sighting;
  }
  const auto [other, first_dot] = view.dots.try_emplace(sighting.write, sibling.dot);
  if (!first_dot) {
    accuse(key, "one-write-one-dot",
           "w" + std::to_string(sighting.write) + " was minted twice: " + to_text(other->second) +
               " and " + to_text(sibling.dot));
  }
  return sighting;
}

std::uint32_t Witness::write_with(std::uint32_t key, const Sibling& sibling) const {
  const std::vector<WriteRecord>& writes = history_.keys.at(key).writes;
  // The newest first: what is seen for the first time was mostly just written.
  for (std::size_t i = writes.size(); i > 0; --i) {
    const WriteRecord& write = writes.at(i - 1);
    if (!write.is_delete && write.value_hash == sibling.value_hash) {
      return static_cast<std::uint32_t>(i - 1);
    }
  }
  return WriteSet::kNoWrite;
}

void Witness::accuse(std::uint32_t key, const char* checker, std::string text) {
  violations_.push_back({checker, history_.keys.at(key).address.key, std::move(text)});
}

}  // namespace starling::sim

#include "slot_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "ring/slot_step.h"
#include "slot_history.h"
#include "slot_proposal.h"
#include "slot_scheme.h"

namespace starling {
namespace {

constexpr std::size_t kStreamsMax = 6;

// 96 bits, of which a search holds millions.
struct Packed {
  std::uint64_t world = 0;
  std::uint64_t streams = 0;
  friend bool operator==(const Packed&, const Packed&) = default;
};

// Versions are stored with one added; 0 is none.
struct World {
  HistoryId history = 0;
  std::array<std::uint8_t, kModelNodesMax> adopted{};  // the version itself
  NodeMask holding = 0;
  std::uint8_t attempt = 0;  // the version of the write
  NodeMask stored = 0;       // who acknowledged it at that version
  bool acknowledged = false;
  std::uint8_t reader = 0;                             // the version of the read
  NodeMask absent = 0;                                 // who answered it without the write
  bool lost = false;                                   // RebuildInPlace: node 0 lost its disk
  std::array<std::uint8_t, kStreamsMax> travelling{};  // a snapshot with the write, of that version
  std::array<std::uint8_t, kStreamsMax> filled{};      // the newest version that was merged
};

Packed pack(const World& world) {
  Packed packed;
  const auto push = [](std::uint64_t& word, std::uint64_t value, unsigned bits) {
    word = (word << bits) | value;
  };
  push(packed.world, world.history, 16);
  for (const std::uint8_t version : world.adopted) push(packed.world, version, 3);
  push(packed.world, world.holding, 6);
  push(packed.world, world.attempt, 3);
  push(packed.world, world.stored, 6);
  push(packed.world, world.acknowledged ? 1 : 0, 1);
  push(packed.world, world.reader, 3);
  push(packed.world, world.absent, 6);
  push(packed.world, world.lost ? 1 : 0, 1);
  for (const std::uint8_t version : world.travelling) push(packed.streams, version, 3);
  for (const std::uint8_t version : world.filled) push(packed.streams, version, 3);
  return packed;
}

World unpack(Packed packed) {
  World world;
  const auto pop = [](std::uint64_t& word, unsigned bits) {
    const std::uint64_t value = word & ((std::uint64_t{1} << bits) - 1);
    word >>= bits;
    return static_cast<std::uint8_t>(value);
  };
  for (std::size_t i = kStreamsMax; i-- > 0;) world.filled[i] = pop(packed.streams, 3);
  for (std::size_t i = kStreamsMax; i-- > 0;) world.travelling[i] = pop(packed.streams, 3);
  world.lost = pop(packed.world, 1) != 0;
  world.absent = pop(packed.world, 6);
  world.reader = pop(packed.world, 3);
  world.acknowledged = pop(packed.world, 1) != 0;
  world.stored = pop(packed.world, 6);
  world.attempt = pop(packed.world, 3);
  world.holding = pop(packed.world, 6);
  for (std::size_t i = kModelNodesMax; i-- > 0;) world.adopted[i] = pop(packed.world, 3);
  world.history = static_cast<HistoryId>(packed.world);
  return world;
}

std::uint64_t mixed(const Packed& packed) {
  std::uint64_t hash = packed.world * 0x9E3779B97F4A7C15ULL + packed.streams;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93ULL;
  return hash ^ (hash >> 32);
}

// The states in the order in which they were found, and an open table of their places.
class Reached {
 public:
  Reached() : table_(1U << 16, kNone) {}

  [[nodiscard]] std::size_t size() const { return states_.size(); }
  [[nodiscard]] const Packed& operator[](std::size_t place) const { return states_[place]; }
  [[nodiscard]] std::uint32_t parent(std::size_t place) const { return parents_[place]; }

  // Whether it is new.
  bool add(const Packed& state, std::uint32_t parent) {
    if (states_.size() * 3 > table_.size() * 2) grow();
    std::uint32_t& entry = table_[place_of(state)];
    if (entry != kNone) return false;
    STARLING_CHECK(states_.size() < kNone);
    entry = static_cast<std::uint32_t>(states_.size());
    states_.push_back(state);
    parents_.push_back(parent);
    return true;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  [[nodiscard]] std::size_t place_of(const Packed& state) const {
    std::size_t place = mixed(state) & (table_.size() - 1);
    while (table_[place] != kNone && states_[table_[place]] != state) {
      place = (place + 1) & (table_.size() - 1);
    }
    return place;
  }

  void grow() {
    table_.assign(table_.size() * 2, kNone);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      table_[place_of(states_[i])] = static_cast<std::uint32_t>(i);
    }
  }

  std::vector<Packed> states_;
  std::vector<std::uint32_t> parents_;
  std::vector<std::uint32_t> table_;
};

NodeMask bit(NodeIndex node) {
  return static_cast<NodeMask>(1U << node);
}

std::string mask_text(NodeMask mask) {
  std::string text;
  for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
    if ((mask & bit(node)) != 0) text += static_cast<char>('a' + static_cast<char>(node));
  }
  return text.empty() ? "-" : text;
}

std::string node_text(NodeId node) {
  return {static_cast<char>('a' + static_cast<char>(node.value - 1))};
}

// All masks, those with fewer nodes first.
std::array<NodeMask, 1U << kModelNodesMax> masks_by_size() {
  std::array<NodeMask, 1U << kModelNodesMax> masks{};
  for (std::size_t i = 0; i < masks.size(); ++i) masks[i] = static_cast<NodeMask>(i);
  std::ranges::stable_sort(masks, {}, [](NodeMask mask) { return std::popcount(mask); });
  return masks;
}
const auto kMasksBySize = masks_by_size();

class Search {
 public:
  explicit Search(const SlotScheme& scheme)
      : scheme_(scheme),
        drops_vacant_(std::ranges::find(scheme.steps, SlotStep::DropVacant) != scheme.steps.end()),
        histories_(scheme) {
    STARLING_CHECK(scheme.streams.size() <= kStreamsMax);
    STARLING_CHECK(scheme.versions_max <= kModelVersionsMax);
  }

  SlotFindings run() {
    reached_.add(pack(World{}), 0);
    for (current_ = 0; current_ < reached_.size(); ++current_) {
      expand(unpack(reached_[current_]));
    }
    findings_.states = reached_.size();
    return std::move(findings_);
  }

 private:
  void expand(const World& world) {
    if (world.acknowledged) {
      ++findings_.acknowledged;
      answer(world);
    } else {
      store(world);
    }
    stream(world);
    decide(world);
    if (scheme_.bad == BadRule::RebuildInPlace && !world.lost) lose_disk(world);
  }

  [[nodiscard]] const SlotHistory& last(const World& world) const {
    return histories_.at(world.history);
  }
  [[nodiscard]] const SlotHistory& at_version(const World& world, std::size_t version) const {
    return histories_.at(last(world).versions[version]);
  }

  // A node works for the row only at its own version, and may go to a later one first; but not
  // while its disk is filled again.
  [[nodiscard]] bool may_serve(const World& world, NodeIndex node, std::size_t version) const {
    if (node == 0 && world.lost) {
      for (std::size_t i = 0; i < scheme_.streams.size(); ++i) {
        if (world.filled[i] == 0) return false;
      }
    }
    return scheme_.bad == BadRule::AnyVersion || world.adopted[node] <= version;
  }

  void raise(World& world, NodeIndex node, std::size_t version) const {
    if (scheme_.bad == BadRule::AnyVersion || world.adopted[node] >= version) return;
    world.adopted[node] = static_cast<std::uint8_t>(version);
  }

  void store(const World& world) {
    for (std::size_t version = 0; version <= last(world).version; ++version) {
      if (world.attempt != 0 && world.attempt != version + 1) continue;
      const SlotHistory& row = at_version(world, version);
      for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
        const NodeMask self = bit(node);
        if ((row.writers & self) == 0 || (world.stored & self) != 0) continue;
        if (!may_serve(world, node, version)) continue;
        World next = world;
        raise(next, node, version);
        next.attempt = static_cast<std::uint8_t>(version + 1);
        next.holding = static_cast<NodeMask>(next.holding | self);
        next.stored = static_cast<NodeMask>(next.stored | self);
        if (row.acknowledged[next.stored]) {
          next.acknowledged = true;
          next.attempt = 0;
          next.stored = 0;
        }
        reach(next);
      }
    }
  }

  void answer(const World& world) {
    for (std::size_t version = 0; version <= last(world).version; ++version) {
      if (world.reader != 0 && world.reader != version + 1) continue;
      const NodeMask asked = at_version(world, version).readers;
      for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
        if ((asked & bit(node)) == 0 || (world.holding & bit(node)) != 0) continue;
        if ((world.absent & bit(node)) != 0 || !may_serve(world, node, version)) continue;
        World next = world;
        raise(next, node, version);
        next.reader = static_cast<std::uint8_t>(version + 1);
        next.absent = static_cast<NodeMask>(next.absent | bit(node));
        reach(next);
      }
    }
  }

  void stream(const World& world) {
    for (std::size_t i = 0; i < scheme_.streams.size(); ++i) {
      if (world.travelling[i] != 0) merge(world, i);
      if (scheme_.bad == BadRule::RebuildInPlace) {
        if (world.lost) snapshot(world, i, world.adopted[scheme_.streams[i].second]);
        continue;
      }
      if (takes_old_snapshots()) snapshot(world, i, world.adopted[scheme_.streams[i].second]);
      for (const Slot& slot : last(world).row) {
        // One of an earlier version than the step is of no use.
        if (!is_asked_for(slot, i)) continue;
        for (std::size_t version = slot.since.value - 1; version <= last(world).version; ++version)
          snapshot(world, i, version);
      }
    }
  }

  [[nodiscard]] bool takes_old_snapshots() const {
    return scheme_.bad == BadRule::EarlySnapshot || scheme_.bad == BadRule::SourcesNotAdopted ||
           scheme_.bad == BadRule::AdmitUnadopted;
  }

  // Whether a guard of the slot's next steps looks at this stream.
  [[nodiscard]] bool is_asked_for(const Slot& slot, std::size_t stream) const {
    const NodeId sink = model_node(scheme_.streams[stream].first);
    const NodeId source = model_node(scheme_.streams[stream].second);
    switch (slot.state) {
      case SlotState::Copying:
        return sink == slot.target && source == slot.holder;
      case SlotState::Vacant:
        return sink == slot.holder || (source != slot.holder && drops_vacant_);
      case SlotState::Extra:
        return sink == slot.holder;
      case SlotState::Joint:
        return source == slot.holder;
      case SlotState::Settled:
      case SlotState::Switched:
        break;
    }
    return false;
  }

  // What no guard will ever look at again makes no difference.
  void forget_old_streams(World& world) const {
    if (scheme_.bad == BadRule::RebuildInPlace || takes_old_snapshots()) return;
    for (std::size_t i = 0; i < scheme_.streams.size(); ++i) {
      std::uint64_t oldest = kModelVersionsMax + 1;
      for (const Slot& slot : last(world).row) {
        if (is_asked_for(slot, i)) oldest = std::min(oldest, slot.since.value);
      }
      if (world.filled[i] < oldest) world.filled[i] = 0;
      if (world.travelling[i] < oldest) world.travelling[i] = 0;
    }
  }

  // At a version, or at a later one if the source is there already.
  void snapshot(const World& world, std::size_t i, std::size_t version) {
    const auto [sink, source] = scheme_.streams[i];
    World next = world;
    raise(next, source, version);
    const auto stamp = static_cast<std::uint8_t>(version + 1);
    if (next.filled[i] >= stamp) return;
    if ((world.holding & bit(source)) != 0 && (world.holding & bit(sink)) == 0) {
      next.travelling[i] = stamp;
    } else {
      next.filled[i] = stamp;
    }
    reach(next);
  }

  void merge(const World& world, std::size_t i) {
    World next = world;
    next.holding = static_cast<NodeMask>(next.holding | bit(scheme_.streams[i].first));
    if (world.travelling[i] > world.filled[i]) next.filled[i] = world.travelling[i];
    next.travelling[i] = 0;
    reach(next);
  }

  void decide(const World& world) {
    if (last(world).version + 1 >= scheme_.versions_max) return;
    // A copy: adding a history may move the others.
    const std::vector<RowStep> candidates = last(world).candidates;
    for (const RowStep& step : candidates) {
      const std::size_t count = last(world).row.size();
      const Epoch since = step.slot < count ? last(world).row[step.slot].since : Epoch{0};
      const std::size_t version = since.value == 0 ? 0 : static_cast<std::size_t>(since.value - 1);
      std::vector<NodeMask> enough;
      for (const NodeMask mask : kMasksBySize) {
        const bool more_than_needed = std::ranges::any_of(
            enough, [&](NodeMask smaller) { return (smaller & mask) == smaller; });
        if (more_than_needed) continue;
        World next = world;
        if (!raise_all(next, mask, version)) continue;
        if (decide_step(next, step))
          enough.push_back(mask);
        else if (mask == 0 && !allowed_if_all_adopt(world, step, version))
          break;
      }
    }
  }

  // Whether each of them has yet to go there.
  bool raise_all(World& world, NodeMask nodes, std::size_t version) const {
    for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
      if ((nodes & bit(node)) == 0) continue;
      if (world.adopted[node] >= version) return false;
      world.adopted[node] = static_cast<std::uint8_t>(version);
    }
    return true;
  }

  [[nodiscard]] bool allowed_if_all_adopt(World world, const RowStep& step,
                                          std::size_t version) const {
    for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
      if (world.adopted[node] < version) world.adopted[node] = static_cast<std::uint8_t>(version);
    }
    return propose(scheme_, last(world), step, facts_of(world)).has_value();
  }

  bool decide_step(World world, const RowStep& step) {
    auto row = propose(scheme_, last(world), step, facts_of(world));
    if (!row) return false;
    findings_.taken[static_cast<std::size_t>(step.step)] = true;
    world.history = histories_.after(world.history, step, std::move(*row));
    reach(world);
    return true;
  }

  [[nodiscard]] SlotFacts facts_of(const World& world) const {
    SlotFacts facts;
    for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
      facts.adoptions.push_back(
          {.node = model_node(node), .epoch = model_epoch(world.adopted[node])});
    }
    for (std::size_t i = 0; i < scheme_.streams.size(); ++i) {
      if (world.filled[i] == 0) continue;
      facts.fillings.push_back({.sink = model_node(scheme_.streams[i].first),
                                .source = model_node(scheme_.streams[i].second),
                                .epoch = model_epoch(world.filled[i] - 1U)});
    }
    return facts;
  }

  void lose_disk(const World& world) {
    World next = world;
    next.lost = true;
    next.holding = static_cast<NodeMask>(next.holding & ~bit(0));
    next.filled = {};
    next.travelling = {};
    reach(next);
  }

  void reach(World next) {
    forget_old_streams(next);
    const bool fresh = reached_.add(pack(next), static_cast<std::uint32_t>(current_));
    if (!fresh || next.reader == 0) return;
    if (!at_version(next, next.reader - 1U).read_without[next.absent]) return;
    ++findings_.stale;
    if (findings_.story.empty()) findings_.story = story_to(reached_.size() - 1);
  }

  [[nodiscard]] std::string story_to(std::size_t place) const {
    std::vector<std::size_t> way{place};
    while (way.back() != 0) way.push_back(reached_.parent(way.back()));
    std::string story;
    for (std::size_t i = way.size() - 1; i-- > 0;) {
      story += "\n  " + told(unpack(reached_[way[i + 1]]), unpack(reached_[way[i]]));
    }
    return story;
  }

  [[nodiscard]] std::string told(const World& before, const World& after) const {
    if (before.history != after.history) {
      const RowStep& step = last(after).step;
      const std::string newcomer = step.newcomer.value == 0 ? "" : " " + node_text(step.newcomer);
      return "version " + std::to_string(last(after).version) + ": " +
             std::string(to_text(step.step)) + " at slot " + std::to_string(step.slot) + newcomer +
             raised_text(before, after);
    }
    if (before.lost != after.lost) return "a loses its disk";
    if (before.absent != after.absent) {
      return "a read at version " + std::to_string(after.reader - 1) + " is answered without by " +
             mask_text(after.absent);
    }
    for (std::size_t i = 0; i < scheme_.streams.size(); ++i) {
      const auto [sink, source] = scheme_.streams[i];
      const std::string stream = mask_text(bit(source)) + " to " + mask_text(bit(sink));
      if (before.travelling[i] < after.travelling[i]) return "snapshot with the write " + stream;
      if (before.filled[i] != after.filled[i]) return "merged " + stream;
    }
    const auto stored = static_cast<NodeMask>(after.stored & ~before.stored);
    if (after.acknowledged && !before.acknowledged) {
      return "the write is acknowledged: " + mask_text(after.holding) + " hold it";
    }
    return "the write of version " + std::to_string(after.attempt - 1) + " is stored at " +
           mask_text(stored);
  }

  [[nodiscard]] static std::string raised_text(const World& before, const World& after) {
    NodeMask raised = 0;
    for (NodeIndex node = 0; node < kModelNodesMax; ++node) {
      if (before.adopted[node] != after.adopted[node])
        raised = static_cast<NodeMask>(raised | bit(node));
    }
    return raised == 0 ? "" : ", for which " + mask_text(raised) + " adopted";
  }

  const SlotScheme& scheme_;
  bool drops_vacant_;
  SlotHistories histories_;
  Reached reached_;
  std::size_t current_ = 0;
  SlotFindings findings_;
};

}  // namespace

SlotFindings search(const SlotScheme& scheme) {
  return Search(scheme).run();
}

std::string summary(const SlotScheme& scheme, const SlotFindings& findings) {
  return scheme.name + ": " + std::to_string(findings.states) + " states, acknowledged in " +
         std::to_string(findings.acknowledged) + ", stale in " + std::to_string(findings.stale);
}

}  // namespace starling

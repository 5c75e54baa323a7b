#include "version/vector_clock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "version/dot.h"

namespace starling {
namespace {

using Entry = VectorClock::Entry;

bool is_below(const Entry& entry, const Actor& actor) {
  return entry.actor < actor;
}

// Both sorted, with no member in common; sorted they stay.
template <typename Member>
void merge_in(std::vector<Member>& members, const std::vector<Member>& more) {
  if (more.empty()) return;
  const auto old_size = static_cast<std::ptrdiff_t>(members.size());
  members.insert(members.end(), more.begin(), more.end());
  std::inplace_merge(members.begin(), members.begin() + old_size, members.end());
}

void sort_entries(std::vector<Entry>& entries) {
  std::erase_if(entries, [](const Entry& entry) { return entry.counter == 0; });
  // The greatest counter of an actor comes first, and unique keeps the first.
  std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
    return left.actor != right.actor ? left.actor < right.actor : left.counter > right.counter;
  });
  const auto same_actor = [](const Entry& left, const Entry& right) {
    return left.actor == right.actor;
  };
  entries.erase(std::unique(entries.begin(), entries.end(), same_actor), entries.end());
}

void sort_dots(std::vector<Dot>& dots) {
  std::erase_if(dots, [](const Dot& dot) { return dot.counter == 0; });
  std::sort(dots.begin(), dots.end());
  dots.erase(std::unique(dots.begin(), dots.end()), dots.end());
}

// How far the prefix of `actor` reaches.
std::uint64_t reach(const std::vector<Entry>& prefix, const Actor& actor) {
  const auto entry = std::lower_bound(prefix.begin(), prefix.end(), actor, is_below);
  return entry != prefix.end() && entry->actor == actor ? entry->counter : 0;
}

// Raises the entries of `prefix` to those of `other`, in one walk and in place: in the long run all
// replicas know the same actors, and nothing is moved.
void join_entries(std::vector<Entry>& prefix, const std::vector<Entry>& other) {
  std::vector<Entry> unknown;
  auto own = prefix.begin();
  for (const Entry& entry : other) {
    while (own != prefix.end() && own->actor < entry.actor) ++own;
    if (own != prefix.end() && own->actor == entry.actor) {
      own->counter = std::max(own->counter, entry.counter);
    } else {
      unknown.push_back(entry);
    }
  }
  merge_in(prefix, unknown);
}

void join_dots(std::vector<Dot>& cloud, const std::vector<Dot>& other) {
  if (other.empty()) return;
  std::vector<Dot> both;
  both.reserve(cloud.size() + other.size());
  std::set_union(cloud.begin(), cloud.end(), other.begin(), other.end(), std::back_inserter(both));
  cloud = std::move(both);
}

}  // namespace

VectorClock VectorClock::of(std::vector<Entry> prefix, std::vector<Dot> cloud) {
  VectorClock clock;
  clock.prefix_ = std::move(prefix);
  clock.cloud_ = std::move(cloud);
  sort_entries(clock.prefix_);
  sort_dots(clock.cloud_);
  clock.compact();
  return clock;
}

bool VectorClock::has(const Dot& dot) const {
  if (dot.counter == 0) return false;
  return dot.counter <= reach(prefix_, dot.actor) ||
         std::binary_search(cloud_.begin(), cloud_.end(), dot);
}

bool VectorClock::covers(const VectorClock& other) const {
  // Only a prefix can cover a prefix: in normal form the first dot beyond ours is in no cloud.
  auto own = prefix_.begin();
  for (const Entry& entry : other.prefix_) {
    while (own != prefix_.end() && own->actor < entry.actor) ++own;
    if (own == prefix_.end() || own->actor != entry.actor || own->counter < entry.counter)
      return false;
  }
  return std::all_of(other.cloud_.begin(), other.cloud_.end(),
                     [this](const Dot& dot) { return has(dot); });
}

Ordering VectorClock::compare(const VectorClock& other) const {
  const bool covers_other = covers(other);
  const bool is_covered = other.covers(*this);
  if (covers_other) return is_covered ? Ordering::Equal : Ordering::After;
  return is_covered ? Ordering::Before : Ordering::Concurrent;
}

std::uint64_t VectorClock::greatest(const Actor& actor) const {
  const Dot beyond_all{.actor = actor, .counter = std::numeric_limits<std::uint64_t>::max()};
  const auto after = std::upper_bound(cloud_.begin(), cloud_.end(), beyond_all);
  if (after != cloud_.begin() && std::prev(after)->actor == actor) return std::prev(after)->counter;
  return reach(prefix_, actor);
}

void VectorClock::add(const Dot& dot) {
  STARLING_CHECK(dot.counter > 0);
  const auto entry = std::lower_bound(prefix_.begin(), prefix_.end(), dot.actor, is_below);
  const bool known = entry != prefix_.end() && entry->actor == dot.actor;
  const std::uint64_t reached = known ? entry->counter : 0;
  if (dot.counter <= reached) return;
  if (dot.counter - reached > 1) {
    const auto place = std::lower_bound(cloud_.begin(), cloud_.end(), dot);
    if (place == cloud_.end() || *place != dot) cloud_.insert(place, dot);
    return;
  }
  if (known) {
    entry->counter = dot.counter;
  } else {
    prefix_.insert(entry, Entry{.actor = dot.actor, .counter = dot.counter});
  }
  compact();
}

void VectorClock::join(const VectorClock& other) {
  join_entries(prefix_, other.prefix_);
  join_dots(cloud_, other.cloud_);
  compact();
}

// One walk over the cloud, with the prefix beside it. Dots of one actor stand in ascending order,
// so a dot that the prefix takes in lets the next one follow.
void VectorClock::compact() {
  std::vector<Entry> begun;  // actors of whom the prefix had nothing yet
  auto entry = prefix_.begin();
  std::size_t kept = 0;
  for (const Dot dot : cloud_) {
    while (entry != prefix_.end() && entry->actor < dot.actor) ++entry;
    const bool known = entry != prefix_.end() && entry->actor == dot.actor;
    const bool just_begun = !begun.empty() && begun.back().actor == dot.actor;
    if (!known && !just_begun) {
      if (dot.counter == 1) {
        begun.push_back({.actor = dot.actor, .counter = 1});
      } else {
        cloud_[kept++] = dot;
      }
      continue;
    }
    std::uint64_t& reached = known ? entry->counter : begun.back().counter;
    if (dot.counter > reached && dot.counter - reached > 1) {
      cloud_[kept++] = dot;
    } else {
      reached = std::max(reached, dot.counter);
    }
  }
  cloud_.resize(kept);
  merge_in(prefix_, begun);
}

}  // namespace starling

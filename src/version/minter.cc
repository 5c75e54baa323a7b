#include "version/minter.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// Planted bugs ReuseCounter and MintAtNonOwner, the dot of both: one actor for the life of the
// process, which counts on from whatever the record at hand has seen. A record that was lost, or
// that a non-owner never had, makes it repeat itself.
Dot dot_of_fixed_actor(Incarnation incarnation, const ReplicaRecord& record) {
  const Actor actor{.incarnation = incarnation, .lineage = 0};
  return {.actor = actor, .counter = record.versions.clock().greatest(actor) + 1};
}

// Whether `clock` has a dot of a lineage beyond the `begun` first ones of `incarnation`.
bool knows_later_lineage(const VectorClock& clock, Incarnation incarnation, std::uint64_t begun) {
  const auto later = [&](const Actor& actor) {
    return actor.incarnation == incarnation && actor.lineage > begun;
  };
  return std::ranges::any_of(clock.prefix(), later, &VectorClock::Entry::actor) ||
         std::ranges::any_of(clock.cloud(), later, &Dot::actor);
}

}  // namespace

Minter::Minter(Incarnation incarnation, PlantedBug planted)
    : incarnation_(incarnation), planted_(planted) {}

void Minter::start_incarnation(Incarnation incarnation) {
  incarnation_ = incarnation;
  lineages_ = 0;
}

bool Minter::is_surprised_by(const std::optional<Dot>& mine, const VectorClock& incoming) const {
  // Planted bug ReuseCounter: nobody wonders who minted the later dots.
  if (planted_ == PlantedBug::ReuseCounter) return false;
  // A lineage that this process never began: it would be taken for the next fresh one's past.
  if (knows_later_lineage(incoming, incarnation_, lineages_)) return true;
  if (!mine.has_value() || mine->actor.incarnation != incarnation_) return false;
  return incoming.greatest(mine->actor) > mine->counter;
}

Minted Minter::mint(ReplicaRecord& record, const VectorClock& context, Sibling write) {
  STARLING_CHECK(!is_surprised_by(record.mine, context));
  write.dot = next_dot(record);
  record.mine = write.dot;
  VectorClock delta_clock = context;
  delta_clock.add(write.dot);
  record.versions.discard(context);
  record.versions.add(write);
  const Dot dot = write.dot;
  std::vector<Sibling> written;
  written.push_back(std::move(write));
  return {.dot = dot, .delta = SiblingSet(std::move(delta_clock), std::move(written))};
}

// The actor is found by `mine` and never by "an entry of ours in the clock": a record that was lost
// and came back from a peer has such an entry, but perhaps not the newest one (Riak, kv679).
Dot Minter::next_dot(const ReplicaRecord& record) {
  if (planted_ == PlantedBug::ReuseCounter || planted_ == PlantedBug::MintAtNonOwner)
    return dot_of_fixed_actor(incarnation_, record);
  if (record.mine.has_value() && record.mine->actor.incarnation == incarnation_)
    return {.actor = record.mine->actor, .counter = record.mine->counter + 1};
  ++lineages_;
  return {.actor = {.incarnation = incarnation_, .lineage = lineages_}, .counter = 1};
}

}  // namespace starling

#include "repair/reap_guards.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "message/repair_messages.h"
#include "repair/fence.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/sibling_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

bool has(std::span<const Actor> actors, const Actor& actor) {
  return std::find(actors.begin(), actors.end(), actor) != actors.end();
}

bool has_live_sibling(const SiblingSet& record, const Actor& actor) {
  return std::ranges::any_of(record.siblings(),
                             [&](const Sibling& sibling) { return sibling.dot.actor == actor; });
}

// Equality and not "newer": incarnations are drawn, they have no order. Who knows an older start
// than the listed one says no as well, and learns.
bool knows_exactly(std::span<const StoreStart> known, const StoreStart& listed) {
  return std::find(known.begin(), known.end(), listed) != known.end();
}

}  // namespace

Hash128 full_digest(const SiblingSet& record) {
  ByteWriter writer;
  write_clock(writer, record.clock());
  for (const Sibling& sibling : record.siblings()) {
    write_dot(writer, sibling.dot);
    writer.u8(static_cast<std::uint8_t>(sibling.kind));
    writer.u64(sibling.value_hash);
  }
  return hash128(writer.bytes());
}

std::vector<Actor> droppable_actors(const SiblingSet& record,
                                    std::span<const Incarnation> current) {
  std::vector<Actor> droppable;
  const auto consider = [&](const Actor& actor) {
    const bool goes_on =
        std::find(current.begin(), current.end(), actor.incarnation) != current.end();
    if (!goes_on && !has_live_sibling(record, actor) && !has(droppable, actor))
      droppable.push_back(actor);
  };
  for (const VectorClock::Entry& entry : record.clock().prefix()) consider(entry.actor);
  for (const Dot& dot : record.clock().cloud()) consider(dot.actor);
  return droppable;
}

SiblingSet compacted(const SiblingSet& record, std::span<const Actor> drop) {
  std::vector<VectorClock::Entry> prefix = record.clock().prefix();
  std::vector<Dot> cloud = record.clock().cloud();
  std::erase_if(prefix, [&](const VectorClock::Entry& entry) { return has(drop, entry.actor); });
  std::erase_if(cloud, [&](const Dot& dot) { return has(drop, dot.actor); });
  return SiblingSet(VectorClock::of(std::move(prefix), std::move(cloud)), record.siblings());
}

bool may_vote(const ReapStanding& standing, const ReapBatch& batch) {
  if (!standing.row_settled || batch.row_version != standing.row_version) return false;
  if (batch.fence <= standing.fence) return false;
  if (batch.candidates.empty() || batch.candidates.size() > kReapKeysMax) return false;
  const auto& owners = batch.owners;
  // Asked as somebody that we are no longer, or not at all.
  if (std::find(owners.begin(), owners.end(), standing.self) == owners.end()) return false;
  if (owners.size() != standing.known.size()) return false;
  return std::ranges::all_of(
      owners, [&](const StoreStart& owner) { return knows_exactly(standing.known, owner); });
}

bool may_commit(const ReapStanding& standing, const ReapBatch& batch) {
  return may_vote(standing, batch);
}

KeyVote vote_on(const ReapRecord& record, const ReapCandidate& candidate) {
  if (record.versions.empty()) return KeyVote::Missing;
  if (!record.durable || record.unchanged_for < kReapAgeMin) return KeyVote::No;
  return still_applies(record.versions, candidate) ? KeyVote::Yes : KeyVote::No;
}

bool still_applies(const SiblingSet& record, const ReapCandidate& candidate) {
  if (full_digest(record) != candidate.digest) return false;
  if (candidate.drop.empty()) return record.is_deleted();
  return std::ranges::none_of(candidate.drop,
                              [&](const Actor& actor) { return has_live_sibling(record, actor); });
}

}  // namespace starling

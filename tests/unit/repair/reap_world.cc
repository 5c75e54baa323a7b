#include "reap_world.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "message/repair_messages.h"
#include "repair/fence.h"
#include "repair/reap_guards.h"
#include "ring/token.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/minter.h"
#include "version/sibling_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::array<std::uint8_t, 2> kHomes{kHomeA, kHomeB};
constexpr std::array<std::uint8_t, 3> kPlaces{kHomeA, kHomeB, kHolderC};
constexpr Token kKey{42};
constexpr RowVersion kRow{1};
constexpr Incarnation kStartOfA{'a'};
constexpr Incarnation kStartOfB{'b'};
constexpr Incarnation kStartOfC{'c'};
constexpr Incarnation kSecondStartOfA{'m'};
// Of a process that is gone, so that its entries may leave a clock.
constexpr Incarnation kFormerStart{'z'};

std::uint8_t other_of(std::size_t home) {
  return home == kHomeA ? kHomeB : kHomeA;
}

bool has(ReapMask mask, std::uint64_t index) {
  return (mask & bit(index)) != 0;
}

WorldAction action_of(ReapVerb verb, std::size_t subject, std::size_t place) {
  return {.verb = verb,
          .subject = static_cast<std::uint8_t>(subject),
          .place = static_cast<std::uint8_t>(place)};
}

StoreStart start_of(std::size_t place, Incarnation incarnation) {
  return {.node = NodeId{place}, .store = {}, .incarnation = incarnation};
}

}  // namespace

void merge_keeping_own(SiblingSet& own, const SiblingSet& other) {
  if (own.sync(other)) return;
  std::vector<Sibling> theirs = other.siblings();
  for (Sibling& sibling : theirs) {
    for (const Sibling& mine : own.siblings())
      if (mine.dot == sibling.dot) sibling = mine;
  }
  static_cast<void>(own.sync(SiblingSet(other.clock(), std::move(theirs))));
}

ReapMask visible_in(const SiblingSet& versions) {
  ReapMask visible = 0;
  for (const Sibling& sibling : versions.siblings())
    if (sibling.is_live_value()) visible = join(visible, bit(sibling.value_hash));
  return visible;
}

ReapWorld::ReapWorld(const ReapScheme& scheme) {
  const PlantedBug planted = scheme.one_actor ? PlantedBug::ReuseCounter : PlantedBug::None;
  homes_[kHomeA].minter = Minter(scheme.compacts ? kFormerStart : kStartOfA, planted);
  homes_[kHomeB].minter = Minter(kStartOfB, planted);
  homes_[kHomeA].other = kStartOfB;
  homes_[kHomeB].other = kStartOfA;
  fallback_ = Minter(kStartOfC);
  for (ReapHome& home : homes_) home.fence = Fence(scheme.generations_max);
  write(scheme, ReapVerb::LaterPut, kHomeA);
  writes_[0].hinted = scheme.sloppy != SloppyPut::None;
  put_later_ = false;
  if (scheme.compacts) homes_[kHomeA].minter.start_incarnation(kStartOfA);
}

std::vector<WorldAction> ReapWorld::possible_actions(const ReapScheme& scheme) const {
  std::vector<WorldAction> actions;
  add_writes(scheme, actions);
  add_messages(scheme, actions);
  add_rounds(scheme, actions);
  add_faults(scheme, actions);
  return actions;
}

void ReapWorld::add_writes(const ReapScheme& scheme, std::vector<WorldAction>& out) const {
  for (const std::uint8_t place : kHomes) {
    const ReapHome& home = homes_[place];
    if (home.being_filled) continue;
    if (deletes_ < scheme.deletes_max && visible_in(home.record.versions) != 0)
      out.push_back(action_of(ReapVerb::Delete, 0, place));
    if (scheme.later_put && !put_later_) out.push_back(action_of(ReapVerb::LaterPut, 0, place));
    if (scheme.sloppy == SloppyPut::HintForHome && !put_sloppily_)
      out.push_back(action_of(ReapVerb::SloppyPut, 0, place));
  }
  if (scheme.sloppy == SloppyPut::FallbackMints && !put_sloppily_)
    out.push_back(action_of(ReapVerb::SloppyPut, 0, kHolderC));
}

void ReapWorld::add_messages(const ReapScheme& scheme, std::vector<WorldAction>& out) const {
  for (std::size_t write = 0; write < writes_.size(); ++write) {
    const ReapWrite& sent = writes_[write];
    if (sent.origin == kHolderC) continue;
    const auto other = other_of(sent.origin);
    const ReapHome& home = homes_[other];
    if (accepts(scheme, home, sent.stamp) && is_news(home, sent.delta))
      out.push_back(action_of(ReapVerb::Delta, write, other));
    const bool kept = std::ranges::any_of(
        hints_, [&](const ReapHint& hint) { return hint.write == write && hint.kept; });
    if (sent.hinted && !kept && holder_fence_.accepts(sent.stamp, kKey))
      out.push_back(action_of(ReapVerb::KeepHint, write, kHolderC));
  }
  for (std::size_t hint = 0; hint < hints_.size(); ++hint) {
    const ReapHint& sent = hints_[hint];
    const ReapHome& home = homes_[sent.target];
    const bool taken = (sent.exempt || accepts(scheme, home, sent.stamp)) &&
                       is_news(home, writes_[sent.write].delta);
    if (sent.kept || taken) out.push_back(action_of(ReapVerb::DeliverHint, hint, sent.target));
  }
  for (const std::uint8_t place : kHomes) {
    if (records_.size() < scheme.repairs_max && !homes_[place].being_filled &&
        !homes_[place].record.versions.empty())
      out.push_back(action_of(ReapVerb::SendRecord, 0, place));
  }
  for (std::size_t record = 0; record < records_.size(); ++record) {
    const ReapHome& home = homes_[records_[record].target];
    if (accepts(scheme, home, records_[record].stamp) && is_news(home, records_[record].versions))
      out.push_back(action_of(ReapVerb::DeliverRecord, record, records_[record].target));
  }
}

void ReapWorld::add_rounds(const ReapScheme& scheme, std::vector<WorldAction>& out) const {
  if (scheme.on_grace_only) {
    for (const std::uint8_t place : kHomes)
      if (homes_[place].record.versions.is_deleted())
        out.push_back(action_of(ReapVerb::Grace, 0, place));
    return;
  }
  for (const std::uint8_t place : kHomes) {
    if (rounds_.size() < scheme.rounds_max && candidate_at(scheme, place).has_value())
      out.push_back(action_of(ReapVerb::StartRound, 0, place));
  }
  for (std::size_t number = 0; number < rounds_.size(); ++number) {
    const ReapRoundState& round = rounds_[number];
    const bool decided = (round.votes & voters(scheme)) == voters(scheme);
    for (const std::uint8_t place : kPlaces) {
      if (has(voters(scheme), place) && !has(round.votes, place)) {
        const bool yes = place == kHolderC ? holder_may_vote(holds_hints(), false)
                                           : may_vote_or_commit(scheme, round.batch, place) &&
                                                 vote_on({.versions = homes_[place].record.versions,
                                                          .durable = true,
                                                          .unchanged_for = kReapAgeMin},
                                                         round.batch.candidates[0]) == KeyVote::Yes;
        if (yes) out.push_back(action_of(ReapVerb::Vote, number, place));
      }
      if (decided && place != kHolderC && !has(round.committed, place) &&
          may_vote_or_commit(scheme, round.batch, place))
        out.push_back(action_of(ReapVerb::Commit, number, place));
    }
  }
}

void ReapWorld::add_faults(const ReapScheme& scheme, std::vector<WorldAction>& out) const {
  if (scheme.disk_loss && !has_lost_disk_) out.push_back(action_of(ReapVerb::LoseDisk, 0, kHomeA));
  if (homes_[kHomeA].being_filled)
    out.push_back(
        action_of(filling_.has_value() ? ReapVerb::Fill : ReapVerb::AskToFill, 0, kHomeA));
  for (const std::uint8_t place : kHomes) {
    const ReapHome& home = homes_[place];
    const ReapHome& other = homes_[other_of(place)];
    if (home.being_filled || other.being_filled) continue;
    const bool behind = home.fence.stamp() < other.fence.stamp();
    if (behind && home.pulls < scheme.pulls_max && !pulled_[place].has_value())
      out.push_back(action_of(ReapVerb::AskFence, 0, place));
    if (pulled_[place].has_value()) out.push_back(action_of(ReapVerb::CatchUp, 0, place));
  }
}

void ReapWorld::apply(const ReapScheme& scheme, const WorldAction& action) {
  const std::uint8_t place = action.place;
  switch (action.verb) {
    case ReapVerb::Delete:
    case ReapVerb::LaterPut:
    case ReapVerb::SloppyPut:
      return place == kHolderC ? mint_at_fallback(scheme) : write(scheme, action.verb, place);
    case ReapVerb::Delta: {
      const ReapWrite& sent = writes_[action.subject];
      return take_in(homes_[place], place, sent.delta, sent.stamp, bit(action.subject));
    }
    case ReapVerb::KeepHint:
      return keep_hint(action.subject);
    case ReapVerb::DeliverHint:
      return deliver_hint(scheme, hints_[action.subject]);
    case ReapVerb::SendRecord:
      records_.push_back({.target = other_of(place),
                          .versions = homes_[place].record.versions,
                          .stamp = homes_[place].fence.stamp(),
                          .holds = homes_[place].holds});
      return;
    case ReapVerb::DeliverRecord: {
      const RecordInFlight record = records_[action.subject];
      return take_in(homes_[place], place, record.versions, record.stamp, record.holds);
    }
    case ReapVerb::StartRound:
      return start_round(scheme, place);
    case ReapVerb::Vote:
      return vote(scheme, rounds_[action.subject], place);
    case ReapVerb::Commit:
      return commit(scheme, rounds_[action.subject], place);
    case ReapVerb::Grace:
      homes_[place].record = {};
      return;
    case ReapVerb::LoseDisk:
      return lose_disk(scheme);
    case ReapVerb::AskToFill:
      return ask_to_fill();
    case ReapVerb::Fill:
      homes_[place].being_filled = false;
      fill(scheme, homes_[place]);
      for (std::size_t write = 0; write < writes_.size(); ++write)
        if (has(homes_[place].holds, write))
          writes_[write].held_at = join(writes_[write].held_at, bit(place));
      return;
    case ReapVerb::AskFence:
      return ask_fence(place);
    case ReapVerb::CatchUp:
      return catch_up(scheme, place);
  }
}

void ReapWorld::write(const ReapScheme& scheme, ReapVerb verb, std::size_t place) {
  ReapHome& home = homes_[place];
  Sibling sibling;
  sibling.value_hash = writes_.size();
  VectorClock context;
  ReapWrite made{.origin = static_cast<std::uint8_t>(place),
                 .stamp = home.fence.stamp(),
                 .held_at = bit(place)};
  if (verb == ReapVerb::Delete) {
    ++deletes_;
    if (!scheme.compacts) sibling.kind = SiblingKind::Tombstone;
    context = home.record.versions.clock();
    made.history = visible_in(home.record.versions);
  }
  if (verb == ReapVerb::LaterPut) put_later_ = true;
  if (verb == ReapVerb::SloppyPut) put_sloppily_ = made.hinted = true;
  home.holds = join(home.holds, bit(writes_.size()));
  home.stamp = home.fence.stamp();
  made.delta = home.minter.mint(home.record, context, std::move(sibling)).delta;
  writes_.push_back(std::move(made));
}

// In its hint space, blind: it is no replica and has read nothing.
void ReapWorld::mint_at_fallback(const ReapScheme& scheme) {
  put_sloppily_ = true;
  ReplicaRecord own;
  Sibling sibling;
  sibling.value_hash = writes_.size();
  const auto number = static_cast<std::uint8_t>(writes_.size());
  writes_.push_back({.delta = fallback_.mint(own, {}, std::move(sibling)).delta,
                     .origin = kHolderC,
                     .stamp = holder_fence_.stamp(),
                     .held_at = bit(kHolderC)});
  for (const std::uint8_t target : kHomes) {
    hints_.push_back({.write = number,
                      .target = target,
                      .stamp = holder_fence_.stamp(),
                      .exempt = scheme.own_mints == OwnMintRule::Exempt});
  }
}

void ReapWorld::keep_hint(std::uint8_t write) {
  ReapWrite& sent = writes_[write];
  sent.held_at = join(sent.held_at, bit(kHolderC));
  for (ReapHint& hint : hints_) {
    if (hint.write == write) {
      hint.kept = true;
      return;
    }
  }
  hints_.push_back({.write = write, .target = other_of(sent.origin), .stamp = sent.stamp});
}

// Refused or taken, the answer lets C forget the hint: what is refused was contained in what all
// had agreed to forget. That this is true is what the holder's vote is for.
void ReapWorld::deliver_hint(const ReapScheme& scheme, ReapHint& hint) {
  ReapHome& home = homes_[hint.target];
  hint.kept = false;
  if (hint.exempt || accepts(scheme, home, hint.stamp))
    take_in(home, hint.target, writes_[hint.write].delta, hint.stamp, bit(hint.write));
}

void ReapWorld::take_in(ReapHome& home, std::size_t place, const SiblingSet& versions,
                        FenceStamp stamp, ReapMask holds) {
  // A node that is being filled knows no fence: what it takes in keeps its own stamp, the oldest.
  const bool first = home.record.versions.empty();
  if (home.being_filled) {
    home.stamp = first ? stamp : std::min(home.stamp, stamp);
  } else {
    home.stamp = home.fence.stamp();
    for (std::size_t write = 0; write < writes_.size(); ++write)
      if (has(holds, write)) writes_[write].held_at = join(writes_[write].held_at, bit(place));
  }
  merge_keeping_own(home.record.versions, versions);
  home.holds = join(home.holds, holds);
}

std::optional<ReapCandidate> ReapWorld::candidate_at(const ReapScheme& scheme,
                                                     std::size_t place) const {
  const ReapHome& home = homes_[place];
  const SiblingSet& versions = home.record.versions;
  if (home.being_filled || (!scheme.compacts && !versions.is_deleted())) return std::nullopt;
  ReapCandidate candidate{.token = kKey, .digest = full_digest(versions)};
  if (!scheme.compacts) return candidate;
  const std::array<Incarnation, 2> current{home.minter.incarnation(), home.other};
  candidate.drop = droppable_actors(versions, current);
  if (candidate.drop.empty()) return std::nullopt;
  return candidate;
}

void ReapWorld::start_round(const ReapScheme& scheme, std::size_t place) {
  const ReapHome& home = homes_[place];
  std::array<StoreStart, 2> owners{};
  owners[place] = start_of(place, home.minter.incarnation());
  owners[other_of(place)] = start_of(other_of(place), home.other);
  const FenceStamp next{home.fence.stamp().value + 1};
  rounds_.push_back({.batch = {.row_version = kRow,
                               .fence = next,
                               .owners = {owners[0], owners[1]},
                               .candidates = {*candidate_at(scheme, place)}}});
}

void ReapWorld::vote(const ReapScheme& scheme, ReapRoundState& round, std::size_t place) {
  round.votes = join(round.votes, bit(place));
  if (place == kHolderC && scheme.holder_raises && scheme.fenced)
    holder_fence_.raise(round.batch.fence);
}

void ReapWorld::commit(const ReapScheme& scheme, ReapRoundState& round, std::size_t place) {
  ReapHome& home = homes_[place];
  round.committed = join(round.committed, bit(place));
  const ReapCandidate& candidate = round.batch.candidates[0];
  if (still_applies(home.record.versions, candidate)) {
    if (scheme.compacts) {
      home.record.versions = compacted(home.record.versions, candidate.drop);
    } else {
      home.record = {};
    }
  }
  if (scheme.fenced) home.fence.advance(round.batch.fence, {kKey});
}

void ReapWorld::lose_disk(const ReapScheme& scheme) {
  has_lost_disk_ = true;
  ReapHome& home = homes_[kHomeA];
  home.minter.start_incarnation(kSecondStartOfA);
  home.record = {};
  home.stamp = {};
  home.fence = Fence(scheme.generations_max);
  home.being_filled = true;
  home.holds = 0;
  pulled_[kHomeA].reset();
  for (ReapWrite& write : writes_)
    write.held_at = static_cast<ReapMask>(write.held_at & ~bit(kHomeA));
}

// The source learns of the new start before it gives anything.
void ReapWorld::ask_to_fill() {
  ReapHome& source = homes_[kHomeB];
  source.other = kSecondStartOfA;
  filling_ = RecordInFlight{.target = kHomeA,
                            .versions = source.record.versions,
                            .stamp = source.fence.stamp(),
                            .holds = source.holds};
  filling_fence_ = source.fence;
}

void ReapWorld::fill(const ReapScheme& scheme, ReapHome& home) const {
  const Fence& fence = filling_.has_value() ? filling_fence_ : homes_[kHomeB].fence;
  const SiblingSet& given =
      filling_.has_value() ? filling_->versions : homes_[kHomeB].record.versions;
  const bool recheck = scheme.rechecks_after_loss && scheme.fenced;
  if (recheck && !home.record.versions.empty() && !fence.accepts(home.stamp, kKey)) {
    home.record = {};
    home.holds = 0;
  }
  home.fence = fence;
  home.stamp = fence.stamp();
  merge_keeping_own(home.record.versions, given);
  home.holds = join(home.holds, filling_.has_value() ? filling_->holds : homes_[kHomeB].holds);
}

void ReapWorld::ask_fence(std::size_t place) {
  ReapHome& home = homes_[place];
  const ReapHome& other = homes_[other_of(place)];
  ++home.pulls;
  pulled_[place] = FenceInFlight{.stamp = other.fence.stamp(),
                                 .missed = other.fence.since(home.fence.stamp()),
                                 .absent = other.record.versions.empty()};
}

void ReapWorld::catch_up(const ReapScheme& scheme, std::size_t place) {
  ReapHome& home = homes_[place];
  const FenceInFlight pulled = std::move(*pulled_[place]);
  pulled_[place].reset();
  const bool drops = scheme.catch_up == CatchUpRule::DropIfAbsent && pulled.absent &&
                     home.record.versions.is_deleted();
  if (drops) home.record = {};
  home.fence.catch_up(pulled.stamp, pulled.missed);
}

bool ReapWorld::accepts(const ReapScheme& scheme, const ReapHome& home, FenceStamp stamp) const {
  return !scheme.fenced || home.fence.accepts(stamp, kKey);
}

// What a copy has taken in already would change nothing.
bool ReapWorld::is_news(const ReapHome& home, const SiblingSet& versions) const {
  return !home.record.versions.clock().covers(versions.clock());
}

bool ReapWorld::may_vote_or_commit(const ReapScheme& scheme, const ReapBatch& batch,
                                   std::size_t place) const {
  const ReapHome& home = homes_[place];
  const ReapHome& other = homes_[other_of(place)];
  if (home.being_filled) return false;
  const bool knows_of_filling = other.being_filled && home.other == other.minter.incarnation();
  std::array<StoreStart, 2> known{};
  known[place] = start_of(place, home.minter.incarnation());
  known[other_of(place)] = start_of(other_of(place), home.other);
  if (!scheme.bound_to_starts) std::copy_n(batch.owners.begin(), 2, known.begin());
  return may_vote({.row_version = kRow,
                   .row_settled = !knows_of_filling,
                   .fence = scheme.fenced ? home.fence.stamp() : FenceStamp{},
                   .self = known[place],
                   .known = known},
                  batch);
}

ReapMask ReapWorld::voters(const ReapScheme& scheme) const {
  return static_cast<ReapMask>(bit(kHomeA) | bit(kHomeB) |
                               (scheme.holder_votes ? bit(kHolderC) : 0));
}

bool ReapWorld::holds_hints() const {
  return std::ranges::any_of(hints_, [](const ReapHint& hint) { return hint.kept; });
}

}  // namespace starling

#include "node/change_driver.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"
#include "ring/next_steps.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling {
namespace {

bool is_under_way(const SlotRow& row) {
  return std::ranges::any_of(row,
                             [](const Slot& slot) { return slot.state != SlotState::Settled; });
}

// Who of the slot is filled, or was and waits for the old holder.
std::optional<NodeId> sink_of(const Slot& slot) {
  if (is_moving(slot)) return slot.target;
  const bool fills = slot.state == SlotState::Vacant || slot.state == SlotState::Extra;
  return fills ? std::optional(slot.holder) : std::nullopt;
}

}  // namespace

ChangeDriver::ChangeDriver(const Neighbours& neighbours, const Options& options, Random random,
                           Instant now)
    : neighbours_(neighbours),
      options_(options),
      random_(random),
      epoch_since_(now),
      held_until_(now),
      next_(now + options.pause) {}

void ChangeDriver::on_letter(NodeId from, const ChainLetter& letter) {
  const auto* const fetch = std::get_if<ChainFetch>(&letter.message);
  if (fetch != nullptr) board_.note(from, fetch->store, fetch->adopted);
}

void ChangeDriver::collect(Instant now) {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr || adopted->epoch == epoch_) return;
  epoch_ = adopted->epoch;
  epoch_since_ = now;
  held_until_ = now;
  last_refusal_.clear();
  std::vector<NodeId> members;
  members.reserve(adopted->members.size());
  for (const ConfigMember& member : adopted->members) members.push_back(member.member.id);
  board_.keep_only(members);
  tell_companions();
}

void ChangeDriver::on_timer(Instant now) {
  if (!next_.has_value() || now < *next_) return;
  next_ = now + random_.between(options_.pause / 2, options_.pause * 3 / 2);
  work(now);
}

bool ChangeDriver::is_member() const {
  const ConfigMember* const self = neighbours_.chain.adopted()->member(neighbours_.self);
  return self != nullptr && self->store == neighbours_.identity.store;
}

void ChangeDriver::work(Instant now) {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr || !is_member() || !neighbours_.confirmation.counting()) return;
  const bool any = !adopted->aims.empty() || std::ranges::any_of(adopted->rows, is_under_way) ||
                   std::ranges::any_of(adopted->members, [](const ConfigMember& member) {
                     return member.intent != MemberIntent::Stay;
                   });
  if (!any) return;
  // Again and again: any message may be lost.
  tell_companions();
  if (now >= held_until_ && !neighbours_.chain.is_proposing()) propose(now);
}

void ChangeDriver::tell_companions() const {
  std::set<NodeId> companions;
  for (const SlotRow& row : neighbours_.chain.adopted()->rows) {
    if (!is_under_way(row) || !is_in_row(row, neighbours_.self)) continue;
    for (const Slot& slot : row) {
      for (const NodeId node : write_nodes(slot)) companions.insert(node);
    }
  }
  companions.erase(neighbours_.self);
  for (const NodeId node : companions) {
    if (neighbours_.peers.connected(node)) neighbours_.chain.announce(node);
  }
}

ProposalEvidence ChangeDriver::evidence() const {
  const Configuration& adopted = *neighbours_.chain.adopted();
  std::set<NodeId> concerned;
  for (const SlotRow& row : adopted.rows) {
    if (!is_under_way(row)) continue;
    for (const Slot& slot : row) {
      for (const NodeId node : write_nodes(slot)) concerned.insert(node);
    }
  }
  ProposalEvidence evidence{.fillings = neighbours_.fills.fillings()};
  if (concerned.contains(neighbours_.self)) {
    evidence.adoptions.push_back({.store = neighbours_.identity.store,
                                  .adoption = {.node = neighbours_.self, .epoch = adopted.epoch}});
  }
  for (const StoreAdoption& fact : board_.adoptions()) {
    if (concerned.contains(fact.adoption.node)) evidence.adoptions.push_back(fact);
  }
  if (neighbours_.planted == PlantedBug::SkipFence) {
    // Planted: what this node works by, all others are taken to work by as well.
    for (const ConfigMember& member : adopted.members) {
      evidence.adoptions.push_back(
          {.store = member.store, .adoption = {.node = member.member.id, .epoch = adopted.epoch}});
    }
  }
  return evidence;
}

// Where a row waits for this node's word, nobody else can give it. All that anybody could propose
// is for one, or if that one is not heard of, for all.
bool ChangeDriver::is_its_turn(Instant now) const {
  const Configuration& adopted = *neighbours_.chain.adopted();
  const bool waits_for_it = std::ranges::any_of(adopted.rows, [&](const SlotRow& row) {
    return std::ranges::any_of(row,
                               [&](const Slot& slot) { return sink_of(slot) == neighbours_.self; });
  });
  const bool is_first = std::ranges::none_of(adopted.members, [&](const ConfigMember& member) {
    const NodeId node = member.member.id;
    return node < neighbours_.self && neighbours_.peers.reachable(node);
  });
  const bool leaves = adopted.member(neighbours_.self)->intent == MemberIntent::Leave;
  return waits_for_it || leaves || is_first || now >= epoch_since_ + options_.stand_by;
}

std::vector<NodeId> ChangeDriver::given_up(Instant now) {
  std::set<NodeId> targets;
  for (const SlotRow& row : neighbours_.chain.adopted()->rows) {
    for (const Slot& slot : row) {
      if (is_moving(slot) && slot.target != neighbours_.self) targets.insert(slot.target);
    }
  }
  std::erase_if(down_since_, [&](const auto& entry) { return !targets.contains(entry.first); });
  std::vector<NodeId> late;
  for (const NodeId target : targets) {
    if (neighbours_.peers.connected(target)) {
      down_since_.erase(target);
      continue;
    }
    const Instant since = down_since_.try_emplace(target, now).first->second;
    if (now >= since + options_.move_patience) late.push_back(target);
  }
  return late;
}

std::vector<NodeId> ChangeDriver::kept() const {
  std::vector<NodeId> kept;
  for (const ConfigMember& member : neighbours_.chain.adopted()->members) {
    const bool is_self = member.member.id == neighbours_.self;
    const bool has_left =
        neighbours_.handoff.ledger().counted() == 0 && neighbours_.copies.is_done();
    if (!is_self || !has_left) kept.push_back(member.member.id);
  }
  return kept;
}

void ChangeDriver::propose(Instant now) {
  const std::vector<NodeId> late = given_up(now);
  if (!is_its_turn(now)) return;
  const ProposalEvidence known = evidence();
  const std::optional<Configuration> after =
      next_configuration(*neighbours_.chain.adopted(), known, {}, late, kept());
  if (!after.has_value()) return;
  const Status begun = neighbours_.chain.propose(*after, known, now);
  if (begun.ok()) return note_steps(*after);
  // The same would be refused again.
  held_until_ = now + options_.refused_pause;
  if (begun.message() == last_refusal_) return;
  last_refusal_ = begun.message();
  neighbours_.log.warning("the next steps of the configuration can not be proposed: " +
                          last_refusal_);
}

void ChangeDriver::note_steps(const Configuration& after) const {
  const Configuration& before = *neighbours_.chain.adopted();
  for (std::size_t i = 0; i < before.rows.size(); ++i) {
    const std::optional<RowStep> step = step_between(before.rows[i], after.rows[i], after.epoch);
    if (!step.has_value()) continue;
    neighbours_.log.write(LogLevel::Trace,
                          "mark: change: proposed to " + std::string(to_text(step->step)));
  }
}

}  // namespace starling

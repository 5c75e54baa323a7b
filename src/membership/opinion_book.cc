#include "membership/opinion_book.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/rumour_queue.h"
#include "membership/suspicion.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {
namespace {

bool is_possible(const SwimIncarnation& heard) {
  return heard.start <= OpinionBook::kStartMax && heard.refutations <= OpinionBook::kRefutationsMax;
}

// Whether a rumour may be true for somebody who knows `known`.
bool is_plausible(const SwimIncarnation& known, const SwimIncarnation& heard) {
  if (!is_possible(heard)) return false;
  if (known.start == 0 || heard <= known) return true;
  const std::uint32_t base = heard.start == known.start ? known.refutations : 0;
  return heard.start - known.start <= OpinionBook::kStartsAheadMax &&
         heard.refutations - base <= OpinionBook::kRefutationsAheadMax;
}

bool is_fresh(std::optional<Instant> heard, Duration window, Instant now) {
  return heard.has_value() && now < *heard + window;
}

}  // namespace

OpinionBook::OpinionBook(NodeId self, SwimIncarnation own) : self_(self), own_(own) {
  STARLING_CHECK(own.start > 0);
  news_.add({.subject = self, .state = PeerState::Up, .incarnation = own, .accuser = self});
}

void OpinionBook::set_members(std::span<const NodeId> members, Instant now, SwimActions& out) {
  const std::set<NodeId> wanted(members.begin(), members.end());
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (wanted.contains(entry->first)) {
      ++entry;
      continue;
    }
    news_.forget(entry->first);
    accused_.erase(entry->first);
    entry = entries_.erase(entry);
  }
  for (const NodeId member : wanted) {
    if (member == self_ || entries_.contains(member)) continue;
    Entry entry;
    entry.opinion.since = now;
    out.emplace_back(OpinionChanged{.member = member, .after = entry.opinion});
    entries_.emplace(member, std::move(entry));
  }
}

bool OpinionBook::on_sign(NodeId member, std::optional<SwimIncarnation> word, Instant now,
                          SwimActions& out) {
  const auto found = entries_.find(member);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  const PeerState before = entry.opinion.state;
  entry.heard = now;
  entry.doubted = false;
  if (before != PeerState::Up) acquit(member, entry);
  if (word.has_value() && is_possible(*word)) {
    entry.word = word;
    if (*word > entry.opinion.incarnation) {
      entry.opinion.incarnation = *word;
      // Who passed on an accusation passes on its end as well.
      if (entry.charge.has_value()) {
        news_.add(
            {.subject = member, .state = PeerState::Up, .incarnation = *word, .accuser = member});
        entry.charge.reset();
      }
    }
  }
  settle(member, entry, now, out);
  return entry.opinion.state != before;
}

void OpinionBook::on_reached_by_others(NodeId member, Instant now, SwimActions& out) {
  const auto found = entries_.find(member);
  if (found == entries_.end()) return;
  acquit(member, found->second);
  settle(member, found->second, now, out);
}

void OpinionBook::on_doubt(NodeId member, Instant now, SwimActions& out) {
  const auto found = entries_.find(member);
  if (found == entries_.end()) return;
  found->second.doubted = true;
  settle(member, found->second, now, out);
}

void OpinionBook::on_probe_failed(NodeId member, Instant now, SwimActions& out) {
  const auto found = entries_.find(member);
  if (found == entries_.end() || found->second.down) return;
  Entry& entry = found->second;
  if (!is_accused_by_self(member)) ++counts_.accusations;
  accuse(entry,
         {.subject = member,
          .state = PeerState::Suspect,
          .incarnation = entry.opinion.incarnation,
          .accuser = self_},
         now);
  entry.tried = true;
  settle(member, entry, now, out);
}

bool OpinionBook::on_rumour(const Rumour& rumour, Instant now, SwimActions& out) {
  if (rumour.subject == self_) return on_rumour_of_self(rumour, now);
  const auto found = entries_.find(rumour.subject);
  if (found == entries_.end() ||
      !is_plausible(found->second.opinion.incarnation, rumour.incarnation)) {
    ++counts_.refused_rumours;
    return false;
  }
  Entry& entry = found->second;
  if (rumour.incarnation < entry.opinion.incarnation) return false;
  const bool is_later = rumour.incarnation > entry.opinion.incarnation;
  if (is_later) {
    // It contradicted, or began anew: what was held against it before is void.
    entry.opinion.incarnation = rumour.incarnation;
    entry.charge.reset();
    acquit(rumour.subject, entry);
  }
  switch (rumour.state) {
    case PeerState::Up:
      if (is_later) {
        entry.doubted = false;
        news_.add(rumour);
      }
      break;
    case PeerState::Suspect:
      on_suspect_rumour(rumour, entry, now);
      break;
    case PeerState::Down:
      on_down_rumour(rumour, entry, now);
      break;
  }
  settle(rumour.subject, entry, now, out);
  return false;
}

bool OpinionBook::on_rumour_of_self(const Rumour& rumour, Instant now) {
  if (!is_plausible(own_, rumour.incarnation)) {
    ++counts_.refused_rumours;
    return false;
  }
  const bool is_accusation = rumour.state != PeerState::Up;
  if (rumour.incarnation < own_ || (rumour.incarnation == own_ && !is_accusation)) return false;
  if (refuted_.has_value() && now < *refuted_ + kRefutationPause) return false;
  // Later than one's own: an earlier process of this node said so, whose store is not there any
  // more. It goes above that as well, or nobody would listen.
  const bool is_of_now = rumour.incarnation == own_;
  own_ = {.start = rumour.incarnation.start, .refutations = rumour.incarnation.refutations + 1};
  refuted_ = now;
  ++counts_.refutations;
  news_.add({.subject = self_, .state = PeerState::Up, .incarnation = own_, .accuser = self_});
  return is_of_now;
}

void OpinionBook::on_suspect_rumour(const Rumour& rumour, Entry& entry, Instant now) {
  if (entry.down) return;
  if (is_fresh(entry.heard, kFreshAgainstSuspect, now)) {
    entry.charge = rumour;
    return;
  }
  accuse(entry, rumour, now);
}

void OpinionBook::on_down_rumour(const Rumour& rumour, Entry& entry, Instant now) {
  if (entry.down) return;
  entry.charge = rumour;
  if (is_fresh(entry.heard, kFreshAgainstDown, now)) return;
  convict(rumour.subject, entry);
}

void OpinionBook::accuse(Entry& entry, const Rumour& rumour, Instant now) {
  entry.charge = rumour;
  if (!entry.suspicion.has_value()) {
    entry.suspicion.emplace(rumour.accuser, cluster_size(), now);
    entry.tried = false;
    accused_.insert(rumour.subject);
    news_.add(rumour);
  } else if (entry.suspicion->confirm(rumour.accuser)) {
    news_.add(rumour);
  }
}

void OpinionBook::convict(NodeId member, Entry& entry) {
  entry.suspicion.reset();
  accused_.erase(member);
  entry.down = true;
  entry.charge = Rumour{.subject = member,
                        .state = PeerState::Down,
                        .incarnation = entry.opinion.incarnation,
                        .accuser = self_};
  news_.add(*entry.charge);
}

void OpinionBook::acquit(NodeId member, Entry& entry) {
  if (entry.suspicion.has_value() || entry.down) news_.forget(member);
  entry.suspicion.reset();
  accused_.erase(member);
  entry.down = false;
}

void OpinionBook::settle(NodeId member, Entry& entry, Instant now, SwimActions& out) {
  const bool is_suspect = entry.suspicion.has_value() || entry.doubted;
  const PeerState state = entry.down   ? PeerState::Down
                          : is_suspect ? PeerState::Suspect
                                       : PeerState::Up;
  if (state == entry.opinion.state) return;
  const PeerState before = std::exchange(entry.opinion.state, state);
  entry.opinion.since = now;
  out.emplace_back(OpinionChanged{.member = member, .before = before, .after = entry.opinion});
}

std::vector<NodeId> OpinionBook::give_grace(Duration grace, Instant now) {
  std::vector<NodeId> untried;
  for (const NodeId member : accused_) {
    Entry& entry = entries_.at(member);
    if (!entry.suspicion.has_value() || entry.tried || now < entry.suspicion->deadline()) continue;
    entry.tried = true;
    entry.suspicion->postpone(now + grace - entry.suspicion->deadline());
    untried.push_back(member);
  }
  return untried;
}

void OpinionBook::on_timer(Instant now, SwimActions& out) {
  const std::vector<NodeId> accused(accused_.begin(), accused_.end());
  for (const NodeId member : accused) {
    Entry& entry = entries_.at(member);
    if (!entry.suspicion.has_value() || now < entry.suspicion->deadline()) continue;
    convict(member, entry);
    settle(member, entry, now, out);
  }
}

void OpinionBook::postpone(Duration late) {
  for (const NodeId member : accused_) {
    Entry& entry = entries_.at(member);
    if (entry.suspicion.has_value()) entry.suspicion->postpone(late);
  }
}

std::optional<Instant> OpinionBook::next_deadline() const {
  std::optional<Instant> next;
  for (const NodeId member : accused_) {
    const Entry& entry = entries_.at(member);
    if (!entry.suspicion.has_value()) continue;
    const Instant deadline = entry.suspicion->deadline();
    if (!next.has_value() || deadline < *next) next = deadline;
  }
  return next;
}

std::vector<Rumour> OpinionBook::news_for(NodeId to) {
  std::vector<Rumour> news;
  const auto found = entries_.find(to);
  if (found != entries_.end()) {
    const Entry& entry = found->second;
    const SwimIncarnation known = entry.opinion.incarnation;
    if (entry.charge.has_value()) {
      news.push_back(*entry.charge);
    } else if (entry.word.has_value() && *entry.word < known) {
      // It began anew without knowing how far it had come.
      news.push_back({.subject = to, .state = PeerState::Up, .incarnation = known, .accuser = to});
    }
  }
  const std::size_t room = kRumoursPerMessage - news.size();
  const std::vector<Rumour> rest = news_.take(room, RumourQueue::transmissions(cluster_size()));
  news.insert(news.end(), rest.begin(), rest.end());
  return news;
}

std::optional<Opinion> OpinionBook::opinion(NodeId member) const {
  const auto found = entries_.find(member);
  if (found == entries_.end()) return std::nullopt;
  return found->second.opinion;
}

std::vector<std::pair<NodeId, Opinion>> OpinionBook::opinions() const {
  std::vector<std::pair<NodeId, Opinion>> all;
  all.reserve(entries_.size());
  for (const auto& [member, entry] : entries_) all.emplace_back(member, entry.opinion);
  return all;
}

bool OpinionBook::is_down(NodeId member) const {
  const auto found = entries_.find(member);
  return found != entries_.end() && found->second.down;
}

bool OpinionBook::is_accused_by_self(NodeId member) const {
  const auto found = entries_.find(member);
  if (found == entries_.end()) return false;
  const std::optional<Suspicion>& suspicion = found->second.suspicion;
  return suspicion.has_value() && suspicion->is_accused_by(self_);
}

void OpinionBook::check_invariants() const {
  STARLING_CHECK(!entries_.contains(self_));
  STARLING_CHECK(news_.size() <= cluster_size());
  for (const auto& [member, entry] : entries_) {
    STARLING_CHECK(!(entry.down && entry.suspicion.has_value()));
    STARLING_CHECK(entry.suspicion.has_value() == accused_.contains(member));
    STARLING_CHECK(entry.down == (entry.opinion.state == PeerState::Down));
    if (!entry.charge.has_value()) continue;
    STARLING_CHECK(entry.charge->incarnation == entry.opinion.incarnation);
  }
}

}  // namespace starling

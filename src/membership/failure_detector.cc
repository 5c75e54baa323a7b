#include "membership/failure_detector.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/opinion_book.h"
#include "membership/relay_table.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"
#include "ring/configuration.h"

namespace starling {

// The first turn comes at a random part of the first period: nodes started together probe apart.
FailureDetector::FailureDetector(NodeId self, SwimIncarnation incarnation, Random random,
                                 Instant now, SelfDoubt self_doubt)
    : self_(self),
      random_(random.fork("relays")),
      self_doubt_(self_doubt),
      book_(self, incarnation),
      order_(random.fork("order")),
      health_(self_doubt.health_score_max),
      next_turn_(now + random.fork("turn").between(Duration{0}, kPeriod)),
      wake_(next_turn_) {}

void FailureDetector::set_members(std::span<const NodeId> members, Instant now, SwimActions& out) {
  STARLING_CHECK(members.size() <= kMembersMax);
  notice_time(now);
  book_.set_members(members, now, out);
  std::vector<NodeId> others;
  others.reserve(members.size());
  for (const auto& [member, opinion] : book_.opinions()) others.push_back(member);
  order_.set_members(others);
  std::erase_if(probes_, [this](const Probe& probe) { return !book_.knows(probe.target); });
  rearm();
}

void FailureDetector::on_message(NodeId from, const SwimMessage& message, Instant now,
                                 SwimActions& out) {
  notice_time(now);
  if (!book_.knows(from)) {
    ++counts_.strangers;
    return;
  }
  book_.on_sign(from, message.sender, now, out);
  end_probes_of(from);
  const std::size_t read = std::min(message.rumours.size(), kRumoursPerMessage);
  for (std::size_t i = 0; i < read; ++i) {
    // Whoever is accused wrongly may be the slow one (Lifeguard, section IV.A).
    if (book_.on_rumour(message.rumours[i], now, out)) health_.on_bad_sign();
  }
  switch (message.kind) {
    case SwimKind::Probe:
      send(from, SwimKind::Ack, message.number, self_, out);
      break;
    case SwimKind::ProbeRequest:
      on_probe_request(from, message, now, out);
      break;
    case SwimKind::Ack:
      on_ack(from, message, now, out);
      break;
    case SwimKind::Nack:
      on_nack(from, message);
      break;
  }
  rearm();
}

void FailureDetector::on_alive_sign(NodeId member, Instant now, SwimActions& out) {
  notice_time(now);
  if (!book_.knows(member)) return;
  const bool changed = book_.on_sign(member, std::nullopt, now, out);
  if (!changed && !is_probing(member)) return;
  end_probes_of(member);
  rearm();
}

void FailureDetector::on_request_signal(NodeId member, RequestSignal signal, Instant now,
                                        SwimActions& out) {
  notice_time(now);
  if (!book_.knows(member) || book_.is_down(member)) return;
  book_.on_doubt(member, now, out);
  begin_urgent_probe(member, now, out);
  if (signal != RequestSignal::NoAnswer) {
    // The direct way is known to be bad, so others are asked without waiting for it.
    const auto probe = std::ranges::find(probes_, member, &Probe::target);
    if (probe != probes_.end() && !probe->asked_others) ask_others(*probe, out);
  }
  rearm();
}

void FailureDetector::on_timer(Instant now, SwimActions& out) {
  notice_time(now);
  if (now < wake_) return;
  expire_probes(now, out);
  for (const RelayTable::Relay& relay : relays_.expire(now)) {
    send(relay.requester, SwimKind::Nack, relay.requested, relay.subject, out);
  }
  for (const NodeId member : book_.give_grace(kPeriod * health_.multiplier(), now)) {
    begin_urgent_probe(member, now, out);
  }
  book_.on_timer(now, out);
  if (next_turn_ <= now) {
    next_turn_ = now + kPeriod * health_.multiplier();
    const std::optional<NodeId> target = order_.next();
    if (target.has_value() && !is_probing(*target)) {
      begin_probe(*target, Turn::Periodic, now, out);
    }
  }
  rearm();
}

// A node that was stopped, or whose loop was busy, finds all its deadlines passed and the answers
// unread. It gives everybody the lost time back, and trusts itself less.
void FailureDetector::notice_time(Instant now) {
  const Duration late = now - wake_;
  if (late <= self_doubt_.lateness_max) return;
  ++counts_.stalls;
  health_.on_bad_sign();
  next_turn_ += late;
  for (Probe& probe : probes_) {
    probe.direct_until += late;
    probe.until += late;
  }
  relays_.postpone(late);
  book_.postpone(late);
  rearm();
}

void FailureDetector::rearm() {
  wake_ = next_turn_;
  for (const Probe& probe : probes_) {
    wake_ = std::min(wake_, probe.asked_others ? probe.until : probe.direct_until);
  }
  const std::optional<Instant> relay = relays_.next_deadline();
  if (relay.has_value()) wake_ = std::min(wake_, *relay);
  const std::optional<Instant> verdict = book_.next_deadline();
  if (verdict.has_value()) wake_ = std::min(wake_, *verdict);
}

void FailureDetector::begin_probe(NodeId target, Turn turn, Instant now, SwimActions& out) {
  ++counts_.probes;
  const int multiplier = health_.multiplier();
  probes_.push_back({.number = ++numbers_,
                     .target = target,
                     .turn = turn,
                     .direct_until = now + kDirectPatience * multiplier,
                     .until = now + kPeriod * multiplier,
                     .relays = {}});
  send(target, SwimKind::Probe, numbers_, target, out);
}

void FailureDetector::begin_urgent_probe(NodeId target, Instant now, SwimActions& out) {
  if (is_probing(target)) return;
  const auto urgent = std::ranges::count(probes_, Turn::Urgent, &Probe::turn);
  if (static_cast<std::size_t>(urgent) >= kUrgentProbesMax) {
    ++counts_.refused_signals;
    return;
  }
  begin_probe(target, Turn::Urgent, now, out);
}

void FailureDetector::ask_others(Probe& probe, SwimActions& out) {
  probe.asked_others = true;
  // Nobody is troubled for a member whose verdict is known: its own word will change it.
  if (book_.is_down(probe.target)) return;
  std::vector<NodeId> candidates;
  for (const auto& [member, opinion] : book_.opinions()) {
    if (member != probe.target && opinion.state == PeerState::Up) candidates.push_back(member);
  }
  const std::size_t count = std::min(kIndirectProbes, candidates.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(candidates[i], candidates[i + random_.below(candidates.size() - i)]);
    ++counts_.indirect_probes;
    probe.relays.push_back(candidates[i]);
    send(candidates[i], SwimKind::ProbeRequest, probe.number, probe.target, out);
  }
}

void FailureDetector::end_probes_of(NodeId target) {
  const std::size_t ended =
      std::erase_if(probes_, [&](const Probe& probe) { return probe.target == target; });
  if (ended > 0) health_.on_good_sign();
}

void FailureDetector::expire_probes(Instant now, SwimActions& out) {
  for (Probe& probe : probes_) {
    if (!probe.asked_others && probe.direct_until <= now) ask_others(probe, out);
  }
  std::vector<Probe> failed;
  for (const Probe& probe : probes_) {
    if (probe.until <= now) failed.push_back(probe);
  }
  std::erase_if(probes_, [now](const Probe& probe) { return probe.until <= now; });
  for (const Probe& probe : failed) on_probe_failed(probe, now, out);
}

void FailureDetector::on_probe_failed(const Probe& probe, Instant now, SwimActions& out) {
  ++counts_.failed_probes;
  const bool was_known = book_.is_down(probe.target) || book_.is_accused_by_self(probe.target);
  // Those who were asked and did not even say no may not be heard for the same reason.
  const bool others_silent = probe.relays.empty() || probe.nacks < probe.relays.size();
  if (!was_known && others_silent) health_.on_bad_sign();
  book_.on_probe_failed(probe.target, now, out);
  if (book_.is_accused_by_self(probe.target)) begin_urgent_probe(probe.target, now, out);
}

void FailureDetector::on_probe_request(NodeId from, const SwimMessage& request, Instant now,
                                       SwimActions& out) {
  if (request.subject == self_) {
    send(from, SwimKind::Ack, request.number, self_, out);
    return;
  }
  if (!book_.knows(request.subject)) {
    ++counts_.strangers;
    return;
  }
  const bool begun = relays_.begin({.number = numbers_ + 1,
                                    .subject = request.subject,
                                    .requester = from,
                                    .requested = request.number,
                                    .until = now + kDirectPatience});
  if (!begun) {
    ++counts_.refused_relays;
    return;
  }
  send(request.subject, SwimKind::Probe, ++numbers_, request.subject, out);
}

void FailureDetector::on_ack(NodeId from, const SwimMessage& ack, Instant now, SwimActions& out) {
  // Of the member itself: its own probe ended when it was heard, and perhaps others wait for it.
  if (ack.subject == from) {
    const auto relay = relays_.finish(ack.number, from);
    if (relay.has_value()) {
      send(relay->requester, SwimKind::Ack, relay->requested, relay->subject, out);
    }
    return;
  }
  const auto probe = std::ranges::find(probes_, ack.number, &Probe::number);
  if (probe == probes_.end() || probe->target != ack.subject) return;
  if (std::ranges::find(probe->relays, from) == probe->relays.end()) return;
  ++counts_.helped_probes;
  book_.on_reached_by_others(probe->target, now, out);
  book_.on_doubt(probe->target, now, out);
  end_probes_of(ack.subject);
}

void FailureDetector::on_nack(NodeId from, const SwimMessage& nack) {
  const auto probe = std::ranges::find(probes_, nack.number, &Probe::number);
  if (probe == probes_.end()) return;
  if (std::ranges::find(probe->relays, from) == probe->relays.end()) return;
  probe->nacks = std::min(probe->nacks + 1, probe->relays.size());
}

void FailureDetector::send(NodeId to, SwimKind kind, std::uint64_t number, NodeId subject,
                           SwimActions& out) {
  out.emplace_back(SendSwim{.to = to,
                            .message = {.kind = kind,
                                        .number = number,
                                        .subject = subject,
                                        .sender = book_.own(),
                                        .rumours = book_.news_for(to)}});
}

bool FailureDetector::is_probing(NodeId target) const {
  return std::ranges::find(probes_, target, &Probe::target) != probes_.end();
}

void FailureDetector::check_invariants() const {
  book_.check_invariants();
  STARLING_CHECK(probes_.size() <= kUrgentProbesMax + 1);
  STARLING_CHECK(relays_.size() <= RelayTable::kRelaysMax);
  for (const Probe& probe : probes_) {
    STARLING_CHECK(book_.knows(probe.target));
    STARLING_CHECK(probe.relays.size() <= kIndirectProbes);
    STARLING_CHECK(probe.nacks <= probe.relays.size());
  }
}

}  // namespace starling

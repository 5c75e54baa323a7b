#include "node/detector_service.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/swim_actions.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"
#include "ring/member.h"

namespace starling {

DetectorService::DetectorService(const Neighbours& neighbours, std::uint64_t start, Random random,
                                 Instant now)
    : neighbours_(neighbours),
      detector_(neighbours.outbox.self(), SwimIncarnation{.start = start}, random, now) {
  look_at_ring(now);
}

void DetectorService::look_at_ring(Instant now) {
  std::vector<NodeId> members;
  for (const RingMember& member : neighbours_.ring->members()) members.push_back(member.id);
  SwimActions actions;
  detector_.set_members(members, now, actions);
  std::erase_if(
      said_, [this](const auto& said) { return neighbours_.ring->member(said.first) == nullptr; });
  perform(actions);
}

void DetectorService::on_message(NodeId from, const SwimMessage& message, Instant now) {
  SwimActions actions;
  detector_.on_message(from, message, now, actions);
  perform(actions);
}

void DetectorService::on_heard(NodeId member, Instant now) {
  SwimActions actions;
  detector_.on_alive_sign(member, now, actions);
  if (!actions.empty()) perform(actions);
}

void DetectorService::on_peer_down(NodeId peer, Instant now) {
  SwimActions actions;
  detector_.on_request_signal(peer, RequestSignal::Reset, now, actions);
  perform(actions);
}

void DetectorService::on_silent(NodeId member, Instant now) {
  SwimActions actions;
  detector_.on_request_signal(member, RequestSignal::NoAnswer, now, actions);
  perform(actions);
}

void DetectorService::on_timer(Instant now) {
  if (now >= detector_.next_deadline()) {
    SwimActions actions;
    detector_.on_timer(now, actions);
    perform(actions);
  }
  if (news_ && now >= look_again_) say_what_changed(now);
}

DetectorReport DetectorService::report() const {
  return {.counts = detector_.counts(),
          .accusations = detector_.book().counts().accusations,
          .verdicts = verdicts_,
          .refutations = detector_.book().counts().refutations};
}

void DetectorService::perform(const SwimActions& actions) {
  for (const SwimAction& action : actions) {
    if (const auto* const message = std::get_if<SendSwim>(&action)) {
      neighbours_.outbox.send(message->to, message->message);
    } else if (const auto* const change = std::get_if<OpinionChanged>(&action)) {
      note_change(*change);
    }
  }
  mark_progress();
}

void DetectorService::note_change(const OpinionChanged& change) {
  const PeerState state = change.after.state;
  neighbours_.peers.on_opinion(change.member, state, change.after.since);
  news_ = true;
  if (state == PeerState::Down) {
    ++verdicts_;
    neighbours_.log.write(LogLevel::Trace, kConvicted);
  } else if (change.before == PeerState::Down && state == PeerState::Up) {
    neighbours_.log.write(LogLevel::Trace, "mark: detector: found a member again");
  } else if (change.before == PeerState::Up) {
    neighbours_.log.write(LogLevel::Trace, "mark: detector: suspected a member");
  }
}

// Once a change: what is over before anybody could read it is left out.
void DetectorService::say_what_changed(Instant now) {
  news_ = false;
  look_again_ = now + kLooksApart;
  for (const RingMember& member : neighbours_.ring->members()) {
    if (member.id == neighbours_.outbox.self()) continue;
    const PeerState state = neighbours_.peers.state(member.id);
    const auto known = said_.find(member.id);
    const PeerState said = known == said_.end() ? PeerState::Up : known->second;
    if (state == said) continue;
    const Instant since = neighbours_.peers.state_since(member.id);
    if (state == PeerState::Suspect && now < since + kSuspectBeforeLogged) {
      news_ = true;
      continue;
    }
    said_.insert_or_assign(member.id, state);
    const std::string words = "'" + member.name + "' is " + std::string(peer_state_name(state));
    if (state == PeerState::Up) {
      neighbours_.log.info("member " + words + ": it answers");
    } else if (state == PeerState::Suspect) {
      neighbours_.log.info("member " + words + ": it does not answer this node");
    } else {
      neighbours_.log.warning("member " + words + ": it answers nobody, and did not contradict");
    }
  }
}

void DetectorService::mark_progress() {
  const DetectorReport now = report();
  mark_if_more(now.counts.helped_probes, marked_.counts.helped_probes,
               "mark: detector: others reached a member");
  mark_if_more(now.counts.stalls, marked_.counts.stalls, "mark: detector: this node stood still");
  mark_if_more(now.accusations, marked_.accusations, "mark: detector: accused a member");
  mark_if_more(now.refutations, marked_.refutations, "mark: detector: refuted an accusation");
}

void DetectorService::mark_if_more(std::uint64_t now, std::uint64_t& before,
                                   std::string_view line) {
  if (now <= before) return;
  before = now;
  neighbours_.log.write(LogLevel::Trace, line);
}

}  // namespace starling

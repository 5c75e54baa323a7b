#include "swim_world.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {

SwimWorld::SwimWorld(Options options)
    : options_(options), random_(options.seed), nodes_(options.members) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) begin(i);
  if (!options_.greeted) return;
  SwimActions ignored;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      nodes_[i].detector->on_alive_sign(id_of(j), now_, ignored);
    }
  }
}

void SwimWorld::begin(std::size_t member) {
  Node& node = nodes_[member];
  node.is_running = true;
  node.armed = Instant::max();
  ++node.start;
  node.detector = std::make_unique<FailureDetector>(
      id_of(member), SwimIncarnation{.start = node.start},
      random_.fork("member", member * 1000 + node.start), now_, options_.self_doubt);
  std::vector<NodeId> members;
  for (std::size_t i = 0; i < nodes_.size(); ++i) members.push_back(id_of(i));
  SwimActions actions;
  node.detector->set_members(members, now_, actions);
  perform(member, actions);
}

void SwimWorld::run(Duration time) {
  const Instant end = now_ + time;
  while (!events_.empty() && events_.front().at <= end) step();
  now_ = end;
}

std::optional<Duration> SwimWorld::run_until(const std::function<bool()>& happened,
                                             Duration limit) {
  constexpr Duration kStep = std::chrono::milliseconds(50);
  const Instant begun = now_;
  while (!happened()) {
    if (now_ - begun >= limit) return std::nullopt;
    run(kStep);
  }
  return now_ - begun;
}

void SwimWorld::crash(std::size_t member) {
  nodes_[member].is_running = false;
}

void SwimWorld::restart(std::size_t member) {
  begin(member);
  SwimActions ignored;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].is_running) nodes_[member].detector->on_alive_sign(id_of(i), now_, ignored);
  }
}

void SwimWorld::stall(std::size_t member, Duration time) {
  nodes_[member].stalled_until = now_ + time;
}

void SwimWorld::send(std::size_t from, std::size_t to, const SwimMessage& message) {
  ++sent_;
  rumours_sent_ += message.rumours.size();
  if (cut_.contains({from, to}) || random_.chance_ppm(options_.lost_ppm)) return;
  if (!options_.indirect_probes && message.kind == SwimKind::ProbeRequest) return;
  Event event{.at = now_ + random_.between(options_.delay_least, options_.delay_most),
              .is_message = true,
              .from = from,
              .to = to,
              .message = message};
  if (!options_.refutations) {
    std::erase_if(event.message.rumours,
                  [&](const Rumour& rumour) { return rumour.subject == id_of(to); });
  }
  push(std::move(event));
}

void SwimWorld::fail_request(std::size_t from, std::size_t to, RequestSignal signal) {
  SwimActions actions;
  nodes_[from].detector->on_request_signal(id_of(to), signal, now_, actions);
  perform(from, actions);
}

PeerState SwimWorld::opinion(std::size_t of, std::size_t about) const {
  return nodes_[of].detector->opinion(id_of(about))->state;
}

std::size_t SwimWorld::count(std::size_t about, PeerState state) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i != about && nodes_[i].is_running && opinion(i, about) == state) ++count;
  }
  return count;
}

std::size_t SwimWorld::running() const {
  return static_cast<std::size_t>(std::ranges::count(nodes_, true, &Node::is_running));
}

bool SwimWorld::all_up() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].is_running && count(i, PeerState::Up) + 1 != running()) return false;
  }
  return true;
}

std::uint64_t SwimWorld::accusations() const {
  std::uint64_t sum = 0;
  for (const Node& node : nodes_) sum += node.detector->book().counts().accusations;
  return sum;
}

bool SwimWorld::is_later(const Event& left, const Event& right) {
  return std::tie(left.at, left.is_message, left.order) >
         std::tie(right.at, right.is_message, right.order);
}

void SwimWorld::push(Event event) {
  event.order = ++order_;
  events_.push_back(std::move(event));
  std::ranges::push_heap(events_, is_later);
}

void SwimWorld::perform(std::size_t member, SwimActions& actions) {
  for (SwimAction& action : actions) {
    if (const auto* const message = std::get_if<SendSwim>(&action)) {
      send(member, message->to.value - 1, message->message);
    } else if (const auto* const changed = std::get_if<OpinionChanged>(&action)) {
      if (changed->after.state != PeerState::Down) continue;
      verdicts_.push_back({.at = now_, .by = member, .about = changed->member.value - 1});
    }
  }
  arm(member);
}

void SwimWorld::arm(std::size_t member) {
  Node& node = nodes_[member];
  const Instant deadline = node.detector->next_deadline();
  if (deadline >= node.armed) return;
  node.armed = deadline;
  push({.at = deadline, .timer = ++node.timer, .from = member, .to = member, .message = {}});
}

void SwimWorld::step() {
  std::ranges::pop_heap(events_, is_later);
  Event event = std::move(events_.back());
  events_.pop_back();
  now_ = std::max(now_, event.at);
  Node& node = nodes_[event.to];
  if (!node.is_running) return;
  if (now_ < node.stalled_until) {
    event.at = node.stalled_until;
    push(std::move(event));
    return;
  }
  deliver(event);
}

void SwimWorld::deliver(Event& event) {
  Node& node = nodes_[event.to];
  SwimActions actions;
  if (event.is_message) {
    node.detector->on_message(id_of(event.from), event.message, now_, actions);
  } else {
    if (event.timer != node.timer) return;  // an earlier one was armed after it, or a restart
    node.armed = Instant::max();
    node.detector->on_timer(now_, actions);
  }
  if (order_ % 64 == 0) node.detector->check_invariants();
  perform(event.to, actions);
}

}  // namespace starling

#include "membership/failure_detector.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/relay_table.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NodeId kDetectorOwner{1};

// Member 1 among `members`, all of whom were greeted; the test is the network.
struct LoneDetector {
  explicit LoneDetector(std::uint64_t members = 5)
      : detector(kDetectorOwner, {.start = 1}, Random(5), Instant{}) {
    std::vector<NodeId> ids;
    for (std::uint64_t i = 1; i <= members; ++i) ids.push_back(NodeId{i});
    detector.set_members(ids, now, actions);
    for (const NodeId id : ids) detector.on_alive_sign(id, now, actions);
    actions.clear();
  }
  // To the next deadline.
  void tick() {
    now = detector.next_deadline();
    actions.clear();
    detector.on_timer(now, actions);
    detector.check_invariants();
  }
  void receive(NodeId from, SwimKind kind, std::uint64_t number, NodeId subject) {
    actions.clear();
    detector.on_message(
        from, {.kind = kind, .number = number, .subject = subject, .sender = {.start = 1}}, now,
        actions);
    detector.check_invariants();
  }
  std::vector<SendSwim> sent(SwimKind kind) const {
    std::vector<SendSwim> found;
    for (const SwimAction& action : actions) {
      const auto* const send = std::get_if<SendSwim>(&action);
      if (send != nullptr && send->message.kind == kind) found.push_back(*send);
    }
    return found;
  }
  int patience() const { return detector.patience_multiplier(); }
  PeerState state(NodeId member) const { return detector.opinion(member)->state; }

  FailureDetector detector;
  Instant now{};
  SwimActions actions;
};

TEST_CASE("FailureDetector: one probe a period, and an ack in time is all there is") {
  LoneDetector lone;
  for (int i = 0; i < 20; ++i) {
    const Instant before = lone.now;
    lone.tick();
    REQUIRE(lone.sent(SwimKind::Probe).size() == 1);
    if (i > 0) CHECK(lone.now - before == FailureDetector::kPeriod);
    const SendSwim probe = lone.sent(SwimKind::Probe).front();
    lone.receive(probe.to, SwimKind::Ack, probe.message.number, probe.to);
    CHECK(lone.actions.empty());
  }
}

TEST_CASE("FailureDetector: without an ack three others are asked, then the member is accused") {
  LoneDetector lone;
  lone.tick();
  const Instant begun = lone.now;
  const NodeId target = lone.sent(SwimKind::Probe).front().to;
  lone.tick();
  CHECK(lone.now == begun + FailureDetector::kDirectPatience);
  CHECK(lone.sent(SwimKind::ProbeRequest).size() == FailureDetector::kIndirectProbes);
  CHECK(lone.state(target) == PeerState::Up);
  lone.tick();
  CHECK(lone.now == begun + FailureDetector::kPeriod);
  CHECK(lone.state(target) == PeerState::Suspect);
  CHECK(lone.patience() > 1);
}

TEST_CASE("FailureDetector: an ack passed on clears the member, who stays doubtful until heard") {
  LoneDetector lone;
  lone.tick();
  const SendSwim probe = lone.sent(SwimKind::Probe).front();
  lone.tick();
  const NodeId relay = lone.sent(SwimKind::ProbeRequest).front().to;
  lone.receive(relay, SwimKind::Ack, probe.message.number, probe.to);
  lone.tick();
  CHECK(lone.detector.counts().failed_probes == 0);
  CHECK(lone.detector.counts().helped_probes == 1);
  CHECK_FALSE(lone.detector.book().is_accused_by_self(probe.to));
  CHECK(lone.state(probe.to) == PeerState::Suspect);
  lone.detector.on_alive_sign(probe.to, lone.now, lone.actions);
  CHECK(lone.state(probe.to) == PeerState::Up);
}

TEST_CASE("FailureDetector: an ack from one who was not asked, or of another probe, is nothing") {
  LoneDetector lone(9);
  lone.tick();
  const SendSwim probe = lone.sent(SwimKind::Probe).front();
  lone.tick();
  std::vector<NodeId> strangers;
  for (std::uint64_t i = 2; i <= 9; ++i) strangers.push_back(NodeId{i});
  std::erase(strangers, probe.to);
  const NodeId relay = lone.sent(SwimKind::ProbeRequest).front().to;
  for (const SendSwim& request : lone.sent(SwimKind::ProbeRequest)) {
    std::erase(strangers, request.to);
  }
  lone.receive(strangers.front(), SwimKind::Ack, probe.message.number, probe.to);
  lone.receive(relay, SwimKind::Ack, probe.message.number + 1, probe.to);
  lone.tick();
  CHECK(lone.state(probe.to) == PeerState::Suspect);
}

TEST_CASE("FailureDetector: where all who were asked say no, the node does not doubt itself") {
  LoneDetector lone;
  lone.tick();
  const SendSwim probe = lone.sent(SwimKind::Probe).front();
  lone.tick();
  for (const SendSwim& request : lone.sent(SwimKind::ProbeRequest)) {
    lone.receive(request.to, SwimKind::Nack, probe.message.number, probe.to);
  }
  lone.tick();
  CHECK(lone.state(probe.to) == PeerState::Suspect);
  CHECK(lone.patience() == 1);
}

TEST_CASE("FailureDetector: any sign of the member ends its probe") {
  LoneDetector lone;
  lone.tick();
  const NodeId target = lone.sent(SwimKind::Probe).front().to;
  lone.detector.on_alive_sign(target, lone.now, lone.actions);
  lone.tick();
  CHECK(lone.sent(SwimKind::ProbeRequest).empty());
  CHECK(lone.sent(SwimKind::Probe).size() == 1);
}

TEST_CASE("FailureDetector: a probe for another is passed on, and so is what comes of it") {
  LoneDetector lone;
  lone.receive(NodeId{2}, SwimKind::ProbeRequest, 77, NodeId{3});
  const SendSwim probe = lone.sent(SwimKind::Probe).front();
  CHECK(probe.to == NodeId{3});
  lone.receive(NodeId{3}, SwimKind::Ack, probe.message.number, NodeId{3});
  const SendSwim ack = lone.sent(SwimKind::Ack).front();
  CHECK(ack.to == NodeId{2});
  CHECK(ack.message.number == 77);
  CHECK(ack.message.subject == NodeId{3});
  lone.receive(NodeId{2}, SwimKind::ProbeRequest, 78, NodeId{3});
  std::vector<SendSwim> nacks;
  while (nacks.empty()) {
    lone.tick();
    nacks = lone.sent(SwimKind::Nack);
  }
  CHECK(nacks.front().to == NodeId{2});
  CHECK(nacks.front().message.number == 78);
}

TEST_CASE("FailureDetector: a failed request makes its member suspect and probes it at once") {
  LoneDetector lone;
  lone.detector.on_request_signal(NodeId{3}, RequestSignal::NoAnswer, lone.now, lone.actions);
  CHECK(lone.state(NodeId{3}) == PeerState::Suspect);
  REQUIRE(lone.sent(SwimKind::Probe).size() == 1);
  CHECK(lone.sent(SwimKind::Probe).front().to == NodeId{3});
  CHECK(lone.sent(SwimKind::ProbeRequest).empty());
  lone.detector.on_request_signal(NodeId{3}, RequestSignal::NoAnswer, lone.now, lone.actions);
  CHECK(lone.sent(SwimKind::Probe).size() == 1);
  lone.detector.on_request_signal(NodeId{4}, RequestSignal::Refused, lone.now, lone.actions);
  CHECK(lone.sent(SwimKind::ProbeRequest).size() == 2);
}

TEST_CASE("FailureDetector: probes out of turn have a bound; the doubt stands without one") {
  LoneDetector lone(100);
  for (std::uint64_t i = 2; i <= 100; ++i) {
    lone.detector.on_request_signal(NodeId{i}, RequestSignal::Reset, lone.now, lone.actions);
    CHECK(lone.state(NodeId{i}) == PeerState::Suspect);
  }
  CHECK(lone.sent(SwimKind::Probe).size() == FailureDetector::kUrgentProbesMax);
  CHECK(lone.detector.counts().refused_signals == 99 - FailureDetector::kUrgentProbesMax);
  lone.detector.on_request_signal(NodeId{777}, RequestSignal::Reset, lone.now, lone.actions);
  lone.detector.check_invariants();
}

TEST_CASE("FailureDetector: a node that stood still gives everybody the lost time back") {
  LoneDetector lone;
  lone.tick();
  const NodeId target = lone.sent(SwimKind::Probe).front().to;
  lone.now += seconds(60);
  lone.actions.clear();
  lone.detector.on_timer(lone.now, lone.actions);
  CHECK(lone.detector.counts().stalls == 1);
  CHECK(lone.patience() == 2);
  CHECK(lone.state(target) == PeerState::Up);
  CHECK(lone.detector.next_deadline() >= lone.now);
}

TEST_CASE("FailureDetector: a message that comes before the late timer is noticed as late too") {
  LoneDetector lone;
  lone.tick();
  lone.now += seconds(60);
  lone.receive(NodeId{2}, SwimKind::Probe, 1, NodeId{1});
  CHECK(lone.detector.counts().stalls == 1);
  CHECK(lone.detector.next_deadline() >= lone.now);
}

TEST_CASE("FailureDetector: floods and strangers are bounded, counted and harmless") {
  LoneDetector lone;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    lone.receive(NodeId{2}, SwimKind::ProbeRequest, i, NodeId{3});
  }
  CHECK(lone.detector.counts().refused_relays == 1000 - RelayTable::kRelaysPerRequester);
  lone.receive(NodeId{2}, SwimKind::ProbeRequest, 1, NodeId{999});
  lone.receive(NodeId{999}, SwimKind::Probe, 1, kDetectorOwner);
  CHECK(lone.actions.empty());
  CHECK(lone.detector.counts().strangers == 2);
  SwimMessage crowded{.kind = SwimKind::Ack, .sender = {.start = 1}};
  crowded.rumours.resize(100'000, {.subject = NodeId{998}, .state = PeerState::Down});
  lone.detector.on_message(NodeId{2}, crowded, lone.now, lone.actions);
  CHECK(lone.detector.book().counts().refused_rumours == kRumoursPerMessage);
}

TEST_CASE("FailureDetector: who leaves during its probe is neither accused nor missed") {
  LoneDetector lone;
  lone.tick();
  const NodeId target = lone.sent(SwimKind::Probe).front().to;
  std::vector<NodeId> rest{{1}, {2}, {3}, {4}, {5}};
  std::erase(rest, target);
  lone.detector.set_members(rest, lone.now, lone.actions);
  for (int i = 0; i < 10; ++i) {
    lone.tick();
    for (const SendSwim& probe : lone.sent(SwimKind::Probe)) CHECK(probe.to != target);
  }
  CHECK_FALSE(lone.detector.opinion(target).has_value());
}

TEST_CASE("FailureDetector: a node alone probes nobody and goes on") {
  LoneDetector lone(1);
  for (int i = 0; i < 5; ++i) {
    lone.tick();
    CHECK(lone.actions.empty());
  }
}

}  // namespace
}  // namespace starling

#include "sim/detector_drill.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/local_health.h"
#include "membership/suspicion.h"
#include "message/peer_state.h"
#include "sim/detector_monitor.h"
#include "sim/sim_cluster.h"
#include "sim/sim_member.h"

namespace starling::sim {
namespace {

// One run in so many ends a node: it costs half a minute of virtual time.
constexpr std::uint64_t kRunsToADrill = 4;
constexpr Duration kStep = std::chrono::milliseconds(250);

// Each is probed within two passes of the round.
Duration two_passes(std::uint32_t members) {
  return FailureDetector::kPeriod * 2 * static_cast<int>(members - 1);
}

}  // namespace

// Found by the round, accused at the end of that period, and the longest time-out, behind which who
// knows of it by rumour makes a probe of its own.
Duration DetectorDrill::verdict_max(std::uint32_t members) {
  const Duration least = std::max<Duration>(
      Suspicion::kLeast, Suspicion::kLeastPerDoubling * static_cast<int>(std::bit_width(members)));
  return two_passes(members) + least * Suspicion::kMostInLeast + 2 * FailureDetector::kPeriod;
}

// A node that trusts itself least waits for nine periods, then for eight, and so on; then two
// passes of the round reach everybody.
Duration DetectorDrill::recovery_max(std::uint32_t members) {
  constexpr int kMost = static_cast<int>(LocalHealth::kScoreMax) + 1;
  return FailureDetector::kPeriod * (kMost * (kMost + 1) / 2) + two_passes(members);
}

void DetectorDrill::await_all_up() {
  const Instant limit = events_.now() + recovery_max(cluster_.size());
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const bool runs = cluster_.boot_of(node) != 0;
    const Duration left = std::max(Duration(0), limit - events_.now());
    if (runs && !await(node, PeerState::Up, left)) accuse("not-held-for-up", node, PeerState::Up);
  }
}

void DetectorDrill::maybe_end_one() {
  await_all_up();
  if (random_.below(kRunsToADrill) != 0) return;
  const auto node = static_cast<std::uint32_t>(random_.below(cluster_.size()));
  if (!await_end_of(node)) {
    accuse("not-held-for-down", node, PeerState::Down);
  } else {
    marks_.reach("detector: all knew of an end");
  }
  cluster_.start(node);
  if (!await(node, PeerState::Up, recovery_max(cluster_.size()))) {
    accuse("not-held-for-up", node, PeerState::Up);
  }
}

bool DetectorDrill::await_end_of(std::uint32_t node) {
  Instant limit = events_.now() + verdict_max(cluster_.size());
  while (monitors_.detectors().first_who_differs(node, PeerState::Down).has_value()) {
    if (cluster_.boot_of(node) != 0) {
      // Perhaps once more: an earlier fault may have ordered its return for later.
      cluster_.stop(node, SimMember::Power::Stays);
      limit = events_.now() + verdict_max(cluster_.size());
    }
    if (events_.now() >= limit) return false;
    events_.run_until(std::min(limit, events_.now() + kStep));
  }
  return true;
}

bool DetectorDrill::await(std::uint32_t about, PeerState wanted, Duration most) {
  const DetectorMonitor& opinions = monitors_.detectors();
  const Instant limit = events_.now() + most;
  while (opinions.first_who_differs(about, wanted).has_value()) {
    if (events_.now() >= limit) return false;
    events_.run_until(std::min(limit, events_.now() + kStep));
  }
  return true;
}

void DetectorDrill::accuse(const char* checker, std::uint32_t about, PeerState wanted) {
  violations_.push_back(
      {checker, "",
       monitors_.detectors().first_who_differs(about, wanted).value_or("somebody was wrong") +
           ", though it has been " + std::string(peer_state_name(wanted)) + " for long"});
}

}  // namespace starling::sim

#include "sim/fault_driver.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "node/node.h"
#include "ring/member.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/sim_cluster.h"
#include "sim/sim_member.h"
#include "sim/sim_storage.h"
#include "sim/trace.h"

namespace starling::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A power loss inside the store comes within that many of its calls, and within this time.
constexpr std::uint64_t kCallsAhead = 40;
constexpr Duration kStrikeMax = seconds(1);
// How much later than the first one a node may hear of a new configuration.
constexpr Duration kLateMax = milliseconds(1500);
constexpr Duration kOrdersApart = seconds(2);
// A few messages and commits.
constexpr Duration kRivalsApartMax = milliseconds(50);

// Whom others may then rightly hold for down; who ends says so itself.
bool takes_somebody_away(FaultKind kind) {
  return kind == FaultKind::Pause || kind == FaultKind::CutOneWay || kind == FaultKind::CutTwoWay ||
         kind == FaultKind::Isolate || kind == FaultKind::Split || kind == FaultKind::Reset ||
         kind == FaultKind::JumpClock;
}

}  // namespace

FaultDriver::FaultDriver(const FaultPlan& plan, EventQueue& events, SimCluster& cluster,
                         Trace& trace)
    : plan_(plan), events_(events), cluster_(cluster), trace_(trace), orders_(events, cluster) {}

void FaultDriver::begin() {
  for (const Fault& fault : plan_.faults) {
    events_.at(Instant(fault.at), [this, &fault] {
      if (!healed_) inject(fault);
    });
  }
}

void FaultDriver::heal() {
  healed_ = true;
  orders_.stop();
  trace_.note(events_.now(), "everything", "", "is healed");
  cluster_.disturb(Duration(0));
  cluster_.network().calm_down();
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    SimMember& member = cluster_.member(node);
    member.heal_damage();
    member.spare_commits();
    member.make_room();
    member.call_off_strike();
    member.set_disk_speed({plan_.commit_fastest, plan_.commit_slowest});
    // What a node has in its cache it does not read, so that it would never notice what rotted
    // below.
    if (rotten_.contains(node)) cluster_.stop(node, SimMember::Power::Stays);
    cluster_.keep_down(node, false);
    cluster_.start(node);
  }
}

void FaultDriver::inject(const Fault& fault) {
  ++injected_;
  if (takes_somebody_away(fault.kind)) cluster_.disturb(fault.lasting);
  trace_.fold(events_.now(), fault.node, 1024 + static_cast<std::uint64_t>(fault.kind));
  if (trace_.wants_words()) {
    cluster_.note(fault.node,
                  "FAULT " + std::string(fault_kind_name(fault.kind)) + " for " +
                      std::to_string(duration_cast<milliseconds>(fault.lasting).count()) +
                      " ms, other: node" + std::to_string(fault.other));
  }
  switch (fault.kind) {
    case FaultKind::Kill:
      return stop_for(fault.node, SimMember::Power::Stays, fault.lasting);
    case FaultKind::PowerLoss:
      return lose_power(fault);
    case FaultKind::PowerLossAll:
      return stop_all(fault);
    case FaultKind::LoseDisk:
    case FaultKind::RollBack:
      return destroy_disk(fault);
    case FaultKind::DiskError:
      return cluster_.member(fault.node).fail_commits(fault.detail);
    case FaultKind::SlowDisk:
      return slow_disk(fault);
    case FaultKind::DamageReads:
      return damage_reads(fault);
    case FaultKind::JumpClock:
    case FaultKind::JumpWall:
      return jump_clock(fault);
    case FaultKind::Pause:
      return cluster_.member(fault.node).pause(fault.lasting);
    case FaultKind::CutOneWay:
      return cut_for(fault.node, fault.other, fault.lasting);
    case FaultKind::CutTwoWay:
      cut_for(fault.node, fault.other, fault.lasting);
      return cut_for(fault.other, fault.node, fault.lasting);
    case FaultKind::Isolate:
    case FaultKind::Split:
      return split(fault);
    case FaultKind::Reset:
      return cluster_.network().reset(fault.node, fault.other);
    case FaultKind::RotRecords:
      rotten_.insert(fault.node);
      return cluster_.member(fault.node).rot_records(Random(fault.detail));
    case FaultKind::ChangeConfiguration:
    case FaultKind::SetAims:
      return change_configuration(fault);
    case FaultKind::DiskFull:
      return fill_disk(fault);
    case FaultKind::LeaveMember:
      return let_leave(fault);
    case FaultKind::RemoveMember:
      return remove(fault);
    case FaultKind::JoinMember:
      return let_join(fault);
  }
}

// One order after the other: what the operator said before is worth nothing until it is agreed on.
void FaultDriver::let_leave(const Fault& fault) {
  if (healed_) return;
  const bool began =
      cluster_.is_founded() &&
      orders_.begin({.verb = ChangeVerb::Leave, .member = cluster_.member(fault.other).name()},
                    fault.node, Random(fault.detail));
  if (!began) events_.after(kOrdersApart, [this, fault] { let_leave(fault); });
}

// A spare that does not run can not say who it is.
void FaultDriver::let_join(const Fault& fault) {
  if (healed_) return;
  const Node* const spare = cluster_.member(fault.other).node();
  bool began = false;
  if (cluster_.is_founded() && spare != nullptr) {
    const NodeInfoReply info = spare->report().info;
    const RingMember* const self = cluster_.member(fault.other).ring()->member(info.id);
    const Newcomer newcomer{.name = info.name,
                            .cluster = info.cluster,
                            .address = info.address,
                            .zone = self == nullptr ? std::string() : self->zone,
                            .store = hash128_named(info.store_id).value_or(Hash128{}),
                            .secret = info.secret,
                            .partitions = info.partitions_of_cluster};
    began = orders_.begin({.verb = ChangeVerb::Join, .member = {}, .newcomer = newcomer},
                          fault.node, Random(fault.detail));
  }
  if (!began) events_.after(kOrdersApart, [this, fault] { let_join(fault); });
}

// It stays away for the rest of the run: who is given up and lives answers reads of one copy alone,
// as documented.
void FaultDriver::remove(const Fault& fault) {
  if (healed_) return;
  const bool began =
      cluster_.is_founded() &&
      orders_.begin({.verb = ChangeVerb::Remove, .member = cluster_.member(fault.other).name()},
                    fault.node, Random(fault.detail));
  if (!began)
    return static_cast<void>(events_.after(kOrdersApart, [this, fault] { remove(fault); }));
  cluster_.stop(fault.other, SimMember::Power::Stays);
  cluster_.keep_down(fault.other, true);
}

void FaultDriver::stop_for(std::uint32_t node, SimMember::Power power, Duration lasting) {
  cluster_.stop(node, power);
  events_.after(lasting, [this, node] { cluster_.start(node); });
}

// Now, or inside one of the next calls of the store, where there is one that can be cut in two.
void FaultDriver::lose_power(const Fault& fault) {
  SimMember& member = cluster_.member(fault.node);
  const std::uint64_t calls = (fault.detail >> 2U) % kCallsAhead;
  const bool strikes = (fault.detail & 1U) != 0 && member.strike_after(calls);
  if (!strikes) {
    stop_for(fault.node, SimMember::Power::Fails, fault.lasting);
    // And once more while it starts again.
    const bool twice = (fault.detail & 2U) != 0;
    if (twice) static_cast<void>(member.strike_after(calls));
    return;
  }
  const std::uint64_t boot = cluster_.boot_of(fault.node);
  events_.after(kStrikeMax, [this, boot, fault] {
    if (healed_ || cluster_.boot_of(fault.node) != boot) return;
    stop_for(fault.node, SimMember::Power::Fails, fault.lasting);
  });
}

void FaultDriver::stop_all(const Fault& fault) {
  Random random(fault.detail);
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    stop_for(node, SimMember::Power::Fails, random.between(Duration(0), fault.lasting));
  }
}

// A cluster that loses a disk while it is founded has to be founded again, as documented: not
// before all know what was decided.
void FaultDriver::destroy_disk(const Fault& fault) {
  if (healed_) return;
  if (!cluster_.is_founded()) {
    events_.after(seconds(1), [this, fault] { destroy_disk(fault); });
    return;
  }
  if (fault.kind == FaultKind::LoseDisk) return lose_disk(fault);
  begin_roll_back(fault);
}

void FaultDriver::lose_disk(const Fault& fault) {
  stop_for(fault.node, SimMember::Power::Fails, fault.lasting);
  cluster_.write_off(fault.node);
  cluster_.member(fault.node).erase_disk();
}

void FaultDriver::begin_roll_back(const Fault& fault) {
  // Not by a power loss: what this node had only written is acknowledged, and must stay.
  stop_for(fault.node, SimMember::Power::Stays, milliseconds(500));
  const RollBackEnd end{
      .node = fault.node,
      .starts_unseen = fault.detail % 3,
      .power = fault.detail % 2 == 0 ? SimMember::Power::Stays : SimMember::Power::Fails};
  events_.after(fault.lasting, [this, end, image = cluster_.member(fault.node).image()] {
    end_roll_back(end, image);
  });
}

// A start that never counted acknowledged nothing, and nothing is missing without it: so the disk
// is put back once the node has counted. Who may know of that, and who is there now, is left to
// chance while the machine stays up, for it remembers. A reboot makes it forget: then all others
// have met the start that will be missing, or nobody might be there who can tell.
void FaultDriver::end_roll_back(const RollBackEnd& end, const SimMember::Image& image) {
  if (healed_) return;
  const std::uint32_t node = end.node;
  const bool is_noticed = end.power == SimMember::Power::Stays || cluster_.is_in_full_sight(node);
  if (!cluster_.is_ready(node) || !is_noticed) {
    events_.after(seconds(1), [this, end, image] { end_roll_back(end, image); });
    return;
  }
  stop_for(node, end.power, milliseconds(500));
  cluster_.note(node, "gets an old copy of its disk back");
  cluster_.write_off(node);
  cluster_.member(node).restore(image);
  for (std::uint64_t start = 0; start < end.starts_unseen; ++start) {
    cluster_.start(node);
    cluster_.stop(node, SimMember::Power::Stays);
  }
}

void FaultDriver::damage_reads(const Fault& fault) {
  SimMember& member = cluster_.member(fault.node);
  member.damage_reads(Random(fault.detail));
  events_.after(fault.lasting, [&member] { member.heal_damage(); });
}

void FaultDriver::fill_disk(const Fault& fault) {
  constexpr std::array kShortages{SimMember::Shortage::Tight, SimMember::Shortage::Full,
                                  SimMember::Shortage::CommitsFail};
  SimMember& member = cluster_.member(fault.node);
  member.run_short(kShortages.at(fault.detail % kShortages.size()));
  events_.after(fault.lasting, [&member] { member.make_room(); });
}

void FaultDriver::slow_disk(const Fault& fault) {
  // Up to half a second for each group: a disk that is about to die.
  const SimStorage::Speed slow{plan_.commit_slowest,
                               plan_.commit_slowest + milliseconds(fault.detail % 500)};
  cluster_.member(fault.node).set_disk_speed(slow);
  events_.after(fault.lasting, [this, node = fault.node] {
    cluster_.member(node).set_disk_speed({plan_.commit_fastest, plan_.commit_slowest});
  });
}

void FaultDriver::jump_clock(const Fault& fault) {
  SimMember& member = cluster_.member(fault.node);
  if (fault.kind == FaultKind::JumpClock) {
    member.clock().jump_forward(fault.lasting);
  } else {
    // A year, either way.
    constexpr std::uint64_t kMinutesInTwoYears = 2ULL * 365 * 24 * 60;
    const auto minutes = static_cast<std::int64_t>(fault.detail % kMinutesInTwoYears);
    member.clock().set_wall_error(std::chrono::minutes(minutes) - hours(365 * 24));
  }
  // Its timers are due earlier now.
  member.perform([](Node& /*node*/) {});
}

void FaultDriver::cut_for(std::uint32_t from, std::uint32_t to, Duration lasting) {
  cluster_.network().cut(from, to);
  events_.after(lasting, [this, from, to] {
    if (!healed_) cluster_.network().mend(from, to);
  });
}

void FaultDriver::split(const Fault& fault) {
  for (std::uint32_t one = 0; one < cluster_.size(); ++one) {
    for (std::uint32_t other = one + 1; other < cluster_.size(); ++other) {
      const bool isolates = fault.kind == FaultKind::Isolate;
      const bool one_side = isolates ? one == fault.node : ((fault.detail >> one) & 1U) != 0;
      const bool other_side = isolates ? other == fault.node : ((fault.detail >> other) & 1U) != 0;
      if (one_side == other_side) continue;
      cut_for(one, other, fault.lasting);
      cut_for(other, one, fault.lasting);
    }
  }
}

// Two nodes at about the same time in half of the cases: they get in each other's way.
void FaultDriver::change_configuration(const Fault& fault) {
  Random random(fault.detail);
  const Random first = random.fork("first");
  // Some hear late of what comes of it, so that requests meet rows of several versions.
  Random late = random.fork("late");
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    if (late.below(2) == 0) cluster_.keep_uninformed(node, late.between(Duration(0), kLateMax));
  }
  const SimCluster::Change change =
      fault.kind == FaultKind::SetAims ? SimCluster::Change::Aims : SimCluster::Change::Anything;
  cluster_.propose_change(fault.node, first, change);
  if (random.below(2) == 0) return;
  const Duration later = random.between(Duration(0), kRivalsApartMax);
  events_.after(later, [this, change, node = fault.other, second = random.fork("second")] {
    cluster_.propose_change(node, second, change);
  });
}

}  // namespace starling::sim

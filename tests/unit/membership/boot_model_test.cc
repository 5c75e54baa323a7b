// All short histories of one store, on the product's own functions: it is started with any of the
// other members there, copied, and put back from any copy, and each start is announced to those who
// are there. Never may a store count that lacks a start which counted; and one that never was put
// back is never refused. The rule that was in force before is shown to fail.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "ring/member.h"

namespace starling {
namespace {

// What lies on the disk: all starts of this line of copies, oldest first.
using Image = std::vector<Incarnation>;

struct World {
  Image disk;
  std::vector<Image> copies;                              // each start's disk, as somebody kept it
  std::vector<std::optional<BootAnnouncement>> memories;  // of each witness
  Image last_counted;                                     // the disk of the last start that counted
  std::optional<BootAnnouncement> machine;  // what it remembers of the last start that counted
  bool put_back = false;                    // ever
};

struct Findings {
  std::uint64_t histories = 0;
  std::uint64_t counted = 0;
  std::uint64_t recognised = 0;
  std::uint64_t old_stores_that_counted = 0;
  std::uint64_t good_stores_that_were_refused = 0;
};

// Whether the starts that confirmed this one are enough.
using Rule =
    std::function<bool(StoreStanding, const std::vector<Witness>&, const std::set<NodeId>&)>;

// Whether the machine keeps what it remembers.
enum class Machine : std::uint8_t { IsRebooted, Stays, DoesEither };

// As BootConfirmation itself judges them.
bool in_force(StoreStanding standing, const std::vector<Witness>& witnesses,
              const std::set<NodeId>& confirmed_by) {
  const BootAnnouncement own;
  BootConfirmation confirmation(own, witnesses, standing);
  for (const NodeId witness : confirmed_by) {
    confirmation.on_reply(witness, {.store = own.store,
                                    .boot_sequence = own.boot_sequence,
                                    .incarnation = own.incarnation,
                                    .verdict = BootVerdict::Confirmed});
  }
  return confirmation.counting();
}

// A majority of the members, the node itself included.
bool before(StoreStanding /*standing*/, const std::vector<Witness>& witnesses,
            const std::set<NodeId>& confirmed_by) {
  return confirmed_by.size() >= (witnesses.size() + 1) / 2;
}

bool descends_from(const Image& disk, const Image& ancestor) {
  return disk.size() >= ancestor.size() &&
         std::equal(ancestor.begin(), ancestor.end(), disk.begin());
}

class Model {
 public:
  struct Options {
    bool announces_earlier = true;
    Machine machine = Machine::IsRebooted;
  };

  Model(std::size_t members, std::size_t starts_max, Rule rule, Options options)
      : starts_max_(starts_max), rule_(std::move(rule)), options_(options) {
    std::vector<RingMember> all;
    for (std::uint64_t i = 1; i <= members; ++i) {
      all.push_back({.id = NodeId{i}, .name = "node" + std::to_string(i), .address = {}});
    }
    witnesses_ = witnesses_of(NodeId{1}, all);
  }

  Findings search() {
    World founded;
    founded.memories.resize(witnesses_.size());
    start(founded, (std::size_t{1} << witnesses_.size()) - 1);
    explore(founded, 1);
    return findings_;
  }

 private:
  void explore(const World& world, std::size_t starts) {
    if (starts == starts_max_) {
      ++findings_.histories;
      return;
    }
    // From the disk as it is, or from any copy of it.
    for (std::size_t copy = 0; copy <= world.copies.size(); ++copy) {
      for (std::size_t there = 0; there < std::size_t{1} << witnesses_.size(); ++there) {
        World next = world;
        if (copy < world.copies.size()) {
          if (next.disk == world.copies[copy]) continue;
          next.disk = world.copies[copy];
          next.put_back = true;
        }
        reboot_and_start(next, there, starts);
      }
    }
  }

  void reboot_and_start(const World& world, std::size_t there, std::size_t starts) {
    if (options_.machine != Machine::IsRebooted) {
      World next = world;
      start(next, there);
      explore(next, starts + 1);
    }
    if (options_.machine != Machine::Stays) {
      World next = world;
      next.machine.reset();
      start(next, there);
      explore(next, starts + 1);
    }
  }

  // `there`: a bit for each witness that is reached by this start.
  void start(World& world, std::size_t there) {
    BootAnnouncement own{.store = StoreId{Hash128{.high = 0, .low = 1}},
                         .boot_sequence = world.disk.size() + 1,
                         .incarnation = Incarnation{++incarnations_}};
    if (options_.announces_earlier) own.earlier.assign(world.disk.rbegin(), world.disk.rend());
    const StoreStanding standing = standing_of(
        own, !world.disk.empty(), world.machine.has_value() ? &*world.machine : nullptr);
    world.disk.push_back(own.incarnation);
    world.copies.push_back(world.disk);
    std::set<NodeId> confirmed_by;
    bool refused = standing == StoreStanding::Overtaken;
    for (std::size_t i = 0; i < witnesses_.size(); ++i) {
      if (((there >> i) & 1U) == 0) continue;
      std::optional<BootAnnouncement>& memory = world.memories[i];
      const BootVerdict verdict = judge_boot(memory.has_value() ? &*memory : nullptr, own);
      refused = refused || verdict != BootVerdict::Confirmed;
      if (verdict != BootVerdict::Confirmed) continue;
      memory = own;
      confirmed_by.insert(witnesses_[i].id);
    }
    const bool counts = judge(world, standing, refused, confirmed_by);
    if (counts) world.machine = own;
  }

  // Returns whether it counts.
  bool judge(World& world, StoreStanding standing, bool refused,
             const std::set<NodeId>& confirmed_by) {
    if (refused) {
      ++findings_.recognised;
      if (!world.put_back) ++findings_.good_stores_that_were_refused;
      return false;
    }
    if (!rule_(standing, witnesses_, confirmed_by)) return false;
    ++findings_.counted;
    if (!descends_from(world.disk, world.last_counted)) ++findings_.old_stores_that_counted;
    world.last_counted = world.disk;
    return true;
  }

  std::size_t starts_max_;
  Rule rule_;
  Options options_;
  std::vector<Witness> witnesses_;
  std::uint64_t incarnations_ = 0;
  Findings findings_;
};

Findings search_all(std::size_t members, std::size_t starts_max, const Rule& rule,
                    Model::Options options = {}) {
  return Model(members, starts_max, rule, options).search();
}

TEST_CASE("Boot model: a store that lacks a start which counted never counts, for 2 to 5 members") {
  const std::vector<std::size_t> starts_max{0, 0, 7, 6, 5, 5};
  for (std::size_t members = 2; members <= 5; ++members) {
    const Findings found = search_all(members, starts_max[members], in_force);
    CAPTURE(members);
    CHECK(found.old_stores_that_counted == 0);
    CHECK(found.good_stores_that_were_refused == 0);
    CHECK(found.counted > 0);
    CHECK(found.recognised > 0);
    MESSAGE(members << " members: " << found.histories << " histories, " << found.counted
                    << " starts counted, " << found.recognised << " old copies recognised");
  }
}

TEST_CASE("Boot model: on a machine that stays up a majority is enough, for 2 to 5 members") {
  const std::vector<std::size_t> starts_max{0, 0, 7, 6, 5, 5};
  for (std::size_t members = 2; members <= 5; ++members) {
    CAPTURE(members);
    const Findings found =
        search_all(members, starts_max[members], in_force, {.machine = Machine::Stays});
    CHECK(found.old_stores_that_counted == 0);
    CHECK(found.good_stores_that_were_refused == 0);
    CHECK(found.counted > 0);
    CHECK(found.recognised > 0);
  }
}

// The price of letting a majority be enough: the start that it let count was known to one member
// only, which is away now; and the machine was rebooted since, or is another one. With four members
// the majority is more than half of the others anyway.
TEST_CASE("Boot model: a reboot between two such starts leaves a gap, for 3 and 5 members") {
  const Model::Options either{.machine = Machine::DoesEither};
  CHECK(search_all(3, 3, in_force, either).old_stores_that_counted > 0);
  CHECK(search_all(5, 3, in_force, either).old_stores_that_counted > 0);
  CHECK(search_all(2, 5, in_force, either).old_stores_that_counted == 0);
  CHECK(search_all(3, 4, in_force, either).good_stores_that_were_refused == 0);
}

TEST_CASE("Boot model: nobody can tell of a cluster of one") {
  CHECK(search_all(1, 3, in_force).old_stores_that_counted > 0);
}

TEST_CASE("Boot model: a majority that the node itself is part of lets old copies count") {
  CHECK(search_all(3, 3, before).old_stores_that_counted > 0);
  CHECK(search_all(5, 3, before).old_stores_that_counted > 0);
}

TEST_CASE("Boot model: numbers alone let a copy count that was started once unseen") {
  CHECK(search_all(2, 4, in_force, {.announces_earlier = false}).old_stores_that_counted > 0);
  CHECK(search_all(3, 4, in_force, {.announces_earlier = false}).old_stores_that_counted > 0);
}

TEST_CASE("Boot model: with all members there every restart counts, also of all at once") {
  // Confirmers need not be confirmed themselves, so nothing more is there to be shown.
  for (std::size_t members = 1; members <= 5; ++members) {
    std::vector<RingMember> all;
    for (std::uint64_t i = 1; i <= members; ++i) {
      all.push_back({.id = NodeId{i}, .name = {}, .address = {}});
    }
    for (const RingMember& member : all) {
      const std::vector<Witness> witnesses = witnesses_of(member.id, all);
      std::set<NodeId> confirmed_by;
      for (const Witness& witness : witnesses) confirmed_by.insert(witness.id);
      CHECK(enough_witnesses(witnesses, confirmed_by));
    }
  }
}

// How many (restarted member, member that is down) pairs let the restarted one count.
std::size_t restarts_that_count(std::size_t members, StoreStanding standing) {
  std::vector<RingMember> all;
  for (std::uint64_t i = 1; i <= members; ++i) {
    all.push_back({.id = NodeId{i}, .name = {}, .address = {}});
  }
  std::size_t counted = 0;
  for (const RingMember& restarted : all) {
    for (const RingMember& down : all) {
      if (down.id == restarted.id) continue;
      const std::vector<Witness> witnesses = witnesses_of(restarted.id, all);
      std::set<NodeId> confirmed_by;
      for (const Witness& witness : witnesses) {
        if (witness.id != down.id) confirmed_by.insert(witness.id);
      }
      if (in_force(standing, witnesses, confirmed_by)) ++counted;
    }
  }
  return counted;
}

TEST_CASE("Boot model: with one member down every restart of a process counts") {
  CHECK(restarts_that_count(3, StoreStanding::Continued) == 6);
  CHECK(restarts_that_count(4, StoreStanding::Continued) == 12);
  CHECK(restarts_that_count(5, StoreStanding::Continued) == 20);
}

TEST_CASE("Boot model: with one member down a rebooted one counts; of three, every second") {
  CHECK(restarts_that_count(3, StoreStanding::Counted) == 3);
  CHECK(restarts_that_count(4, StoreStanding::Counted) == 12);
  CHECK(restarts_that_count(5, StoreStanding::Counted) == 20);
}

}  // namespace
}  // namespace starling

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
  bool put_back = false;                                  // ever
};

struct Findings {
  std::uint64_t histories = 0;
  std::uint64_t counted = 0;
  std::uint64_t recognised = 0;
  std::uint64_t old_stores_that_counted = 0;
  std::uint64_t good_stores_that_were_refused = 0;
};

// Whether the starts that confirmed this one are enough.
using Rule = std::function<bool(const std::vector<Witness>&, const std::set<NodeId>&)>;

bool in_force(const std::vector<Witness>& witnesses, const std::set<NodeId>& confirmed_by) {
  return enough_witnesses(witnesses, confirmed_by);
}

// A majority of the members, the node itself included.
bool before(const std::vector<Witness>& witnesses, const std::set<NodeId>& confirmed_by) {
  return confirmed_by.size() >= (witnesses.size() + 1) / 2;
}

bool descends_from(const Image& disk, const Image& ancestor) {
  return disk.size() >= ancestor.size() &&
         std::equal(ancestor.begin(), ancestor.end(), disk.begin());
}

class Model {
 public:
  Model(std::size_t members, std::size_t starts_max, Rule rule, bool announces_earlier)
      : starts_max_(starts_max), rule_(std::move(rule)), announces_earlier_(announces_earlier) {
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
        start(next, there);
        explore(next, starts + 1);
      }
    }
  }

  // `there`: a bit for each witness that is reached by this start.
  void start(World& world, std::size_t there) {
    BootAnnouncement own{.store = StoreId{Hash128{.high = 0, .low = 1}},
                         .boot_sequence = world.disk.size() + 1,
                         .incarnation = Incarnation{++incarnations_}};
    if (announces_earlier_) own.earlier.assign(world.disk.rbegin(), world.disk.rend());
    world.disk.push_back(own.incarnation);
    world.copies.push_back(world.disk);
    std::set<NodeId> confirmed_by;
    bool refused = false;
    for (std::size_t i = 0; i < witnesses_.size(); ++i) {
      if (((there >> i) & 1U) == 0) continue;
      std::optional<BootAnnouncement>& memory = world.memories[i];
      const BootVerdict verdict = judge_boot(memory.has_value() ? &*memory : nullptr, own);
      refused = refused || verdict != BootVerdict::Confirmed;
      if (verdict != BootVerdict::Confirmed) continue;
      memory = own;
      confirmed_by.insert(witnesses_[i].id);
    }
    judge(world, refused, confirmed_by);
  }

  void judge(World& world, bool refused, const std::set<NodeId>& confirmed_by) {
    if (refused) {
      ++findings_.recognised;
      if (!world.put_back) ++findings_.good_stores_that_were_refused;
      return;
    }
    if (!rule_(witnesses_, confirmed_by)) return;
    ++findings_.counted;
    if (!descends_from(world.disk, world.last_counted)) ++findings_.old_stores_that_counted;
    world.last_counted = world.disk;
  }

  std::size_t starts_max_;
  Rule rule_;
  bool announces_earlier_;
  std::vector<Witness> witnesses_;
  std::uint64_t incarnations_ = 0;
  Findings findings_;
};

Findings search_all(std::size_t members, std::size_t starts_max, const Rule& rule,
                    bool announces_earlier = true) {
  return Model(members, starts_max, rule, announces_earlier).search();
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

TEST_CASE("Boot model: nobody can tell of a cluster of one") {
  CHECK(search_all(1, 3, in_force).old_stores_that_counted > 0);
}

TEST_CASE("Boot model: a majority that the node itself is part of lets old copies count") {
  CHECK(search_all(3, 3, before).old_stores_that_counted > 0);
  CHECK(search_all(5, 3, before).old_stores_that_counted > 0);
}

TEST_CASE("Boot model: numbers alone let a copy count that was started once unseen") {
  CHECK(search_all(2, 4, in_force, false).old_stores_that_counted > 0);
  CHECK(search_all(3, 4, in_force, false).old_stores_that_counted > 0);
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
std::size_t restarts_that_count(std::size_t members) {
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
      if (enough_witnesses(witnesses, confirmed_by)) ++counted;
    }
  }
  return counted;
}

TEST_CASE("Boot model: with one member down a restart counts; of three members, every second") {
  CHECK(restarts_that_count(3) == 3);  // of 6
  CHECK(restarts_that_count(4) == 12);
  CHECK(restarts_that_count(5) == 20);
}

}  // namespace
}  // namespace starling

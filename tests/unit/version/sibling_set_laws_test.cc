// SiblingSet against a naive store, over histories of chance. The naive store keeps every write for
// ever, each with the explicit set of dots that its client had seen; merging is the union of sets,
// a write is live when no other write had seen it. Nothing there can forget or invent anything.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "notation.h"
#include "version/dot.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// Every write that a replica took in, with all that its client had seen.
using NaiveRecord = std::map<Dot, std::set<Dot>>;

std::set<Dot> seen_in(const NaiveRecord& record) {
  std::set<Dot> seen;
  for (const auto& [dot, history] : record) {
    seen.insert(dot);
    seen.insert(history.begin(), history.end());
  }
  return seen;
}

std::vector<Dot> live_in(const NaiveRecord& record) {
  std::vector<Dot> live;
  for (const auto& write : record) {
    const bool superseded = std::any_of(record.begin(), record.end(), [&write](const auto& other) {
      return other.second.contains(write.first);
    });
    if (!superseded) live.push_back(write.first);
  }
  return live;
}

VectorClock clock_of_dots(const std::set<Dot>& dots) {
  return VectorClock::of({}, {dots.begin(), dots.end()});
}

bool agree(const SiblingSet& record, const NaiveRecord& naive) {
  std::vector<Dot> live;
  for (const Sibling& sibling : record.siblings()) live.push_back(sibling.dot);
  return live == live_in(naive) && record.clock() == clock_of_dots(seen_in(naive));
}

struct Replica {
  Minter minter;
  ReplicaRecord record;
  NaiveRecord naive;
};

struct Message {
  SiblingSet delta;
  NaiveRecord naive;
};

// Three replicas, three clients, and a network that keeps every delta for ever.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t i = 0; i < 3; ++i) replicas_.push_back({Minter(next_nonce()), {}, {}});
  }

  // One event of chance. Whether product and naive store still agree at the replica it touched.
  [[nodiscard]] bool step() {
    Replica& replica = replicas_[random_.below(replicas_.size())];
    return happen(replica, random_.below(100)) && agree(replica.record.versions, replica.naive);
  }

  [[nodiscard]] const SiblingSet& any_record() {
    if (!messages_.empty() && random_.below(3) == 0)
      return messages_[random_.below(messages_.size())].delta;
    return replicas_[random_.below(replicas_.size())].record.versions;
  }

 private:
  // False when records that must merge did not.
  bool happen(Replica& replica, std::uint64_t dice) {
    if (dice < 20) {
      contexts_[random_.below(contexts_.size())] = seen_in(replica.naive);
      return true;
    }
    if (dice < 45) return deliver(replica);
    if (dice < 60) return repair(replica);
    if (dice < 65) {
      strike(replica);
    } else {
      put(replica);
    }
    return true;
  }

  Incarnation next_nonce() { return Incarnation{static_cast<std::uint64_t>('a') + nonces_++}; }

  void put(Replica& replica) {
    std::set<Dot>& context = contexts_[random_.below(contexts_.size())];
    if (random_.below(5) == 0) context.clear();
    const VectorClock clock = clock_of_dots(context);
    calm(replica, clock);
    const Minted minted = replica.minter.mint(
        replica.record, clock, write_of(random_.below(5) == 0 ? "⊥" : std::to_string(nonces_)));
    replica.naive[minted.dot] = context;
    messages_.push_back({minted.delta, {{minted.dot, context}}});
    context.insert(minted.dot);
  }

  bool take_in(Replica& replica, const SiblingSet& record, const NaiveRecord& naive) {
    calm(replica, record.clock());
    replica.naive.insert(naive.begin(), naive.end());
    return replica.record.versions.sync(record);
  }

  bool deliver(Replica& replica) {
    if (messages_.empty()) return true;
    const Message& message = messages_[random_.below(messages_.size())];
    return take_in(replica, message.delta, message.naive);
  }

  bool repair(Replica& replica) {
    const Replica& other = replicas_[random_.below(replicas_.size())];
    return take_in(replica, other.record.versions, NaiveRecord(other.naive));
  }

  // The copy is lost; half the time the process notices.
  void strike(Replica& replica) {
    replica.record = {};
    replica.naive.clear();
    if (random_.below(2) == 0) replica.minter.start_incarnation(next_nonce());
  }

  void calm(Replica& replica, const VectorClock& incoming) {
    if (replica.minter.is_surprised_by(replica.record.mine, incoming))
      replica.minter.start_incarnation(next_nonce());
  }

  Random random_;
  std::uint64_t nonces_ = 0;
  std::vector<Replica> replicas_;
  std::array<std::set<Dot>, 3> contexts_;
  std::vector<Message> messages_;
};

SiblingSet joined(SiblingSet left, const SiblingSet& right) {
  REQUIRE(left.sync(right));
  return left;
}

// How many of `events` went well before the first that did not.
int events_in_agreement(std::uint64_t seed, int events) {
  History history(seed);
  for (int event = 0; event < events; ++event)
    if (!history.step()) return event;
  return events;
}

void check_laws(const SiblingSet& x, const SiblingSet& y, const SiblingSet& z) {
  CHECK(joined(x, x) == x);
  CHECK(joined(x, y) == joined(y, x));
  CHECK(joined(joined(x, y), z) == joined(x, joined(y, z)));
  CHECK(joined(joined(x, y), y) == joined(x, y));
}

void check_laws_in_history(std::uint64_t seed, int events) {
  History history(seed);
  for (int event = 0; event < events; ++event) {
    REQUIRE(history.step());
    check_laws(history.any_record(), history.any_record(), history.any_record());
  }
}

TEST_CASE("SiblingSet: it never loses what no context covered, and never keeps what one did") {
  const std::uint64_t seed = seed_of_run();
  CAPTURE(seed);
  const Random seeds(seed);
  for (std::uint64_t run = 0; run < 150; ++run) {
    CAPTURE(run);
    CHECK(events_in_agreement(seeds.fork("history", run).next(), 60) == 60);
  }
}

TEST_CASE("SiblingSet: sync is idempotent, commutative and associative") {
  const std::uint64_t seed = seed_of_run();
  CAPTURE(seed);
  const Random seeds(seed);
  for (std::uint64_t run = 0; run < 60; ++run) {
    CAPTURE(run);
    check_laws_in_history(seeds.fork("laws", run).next(), 40);
  }
}

bool digests_agree(const SiblingSet& left, const SiblingSet& right) {
  return read_digest(left) == read_digest(right) &&
         visible_digest("k", left) == visible_digest("k", right);
}

TEST_CASE("SiblingSet: digests of records that were exchanged both ways are equal") {
  const std::uint64_t seed = seed_of_run();
  CAPTURE(seed);
  History history(seed);
  for (int event = 0; event < 500; ++event) {
    REQUIRE(history.step());
    const SiblingSet x = history.any_record();
    const SiblingSet y = history.any_record();
    CHECK(digests_agree(joined(x, y), joined(y, x)));
  }
}

}  // namespace
}  // namespace starling

// ReplicaStore against a naive model: random puts, merges, commits and losses, a cache that is too
// small, and a new process now and then.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/replica_store.h"
#include "store_fixture.h"
#include "support/memory_engine.h"
#include "support/seed.h"
#include "version/dot.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// Every state that each key ever had, with the commit that carried it; a crash cuts off what was
// not through.
class Model {
 public:
  void set(const std::string& key, CommitTicket ticket, SiblingSet versions) {
    history_[key].emplace_back(ticket, std::move(versions));
  }
  [[nodiscard]] SiblingSet newest(const std::string& key) const {
    const auto found = history_.find(key);
    return found == history_.end() || found->second.empty() ? SiblingSet()
                                                            : found->second.back().second;
  }
  void crash(CommitTicket through) {
    for (auto& [key, states] : history_) {
      while (!states.empty() && states.back().first > through) states.pop_back();
    }
  }
  [[nodiscard]] std::size_t keys() const {
    std::size_t count = 0;
    for (const auto& [key, states] : history_) count += states.empty() ? 0 : 1;
    return count;
  }

 private:
  std::map<std::string, std::vector<std::pair<CommitTicket, SiblingSet>>> history_;
};

class Experiment {
 public:
  explicit Experiment(std::uint64_t seed) : random_(seed) { start_process(); }

  void step() {
    const TestKey key("k" + std::to_string(random_.below(kKeys)));
    switch (random_.below(10)) {
      case 0:
        return complete_some();
      case 1:
        return compare_scan();
      case 2:
        return random_.below(10) == 0 ? crash() : complete_some();
      case 3:
      case 4:
        return merge(key);
      case 5:
      case 6:
        return mint(key);
      default:
        return compare(key);
    }
  }

 private:
  static constexpr std::uint64_t kKeys = 12;

  void start_process() {
    store_ = std::make_unique<ReplicaStore>(
        engine_, log_, Minter(Incarnation{random_.next()}), random_.fork("process", ++processes_),
        ReplicaStoreOptions{.cache_bytes_max = 3000, .siblings_max = 1000});
  }

  // A client that read the key at some time, or never.
  VectorClock some_context(const TestKey& key) {
    VectorClock context;
    if (random_.below(3) == 0) return context;
    const SiblingSet newest = model_.newest(key.address.key);
    for (const Sibling& sibling : newest.siblings()) {
      if (random_.below(3) != 0) context.add(sibling.dot);
    }
    return context;
  }

  void mint(const TestKey& key) {
    const std::string value(random_.below(300), 'v');
    const VectorClock context = some_context(key);
    const auto outcome = store_->mint(key.at(), put_of(value, context));
    REQUIRE(outcome.ok());
    CHECK(dots_.insert(outcome->minted.dot).second);
    SiblingSet expected = model_.newest(key.address.key);
    expected.discard(context);
    expected.add(outcome->minted.delta.siblings().front());
    CHECK(outcome->live_siblings == expected.live_values());
    through_at_most(outcome->ticket);
    others_.push_back(outcome->minted.delta);
    model_.set(key.address.key, outcome->ticket, std::move(expected));
  }

  // What another replica might send: its own write, or an echo of one that was minted here.
  void merge(const TestKey& key) {
    SiblingSet incoming =
        foreign_value(1 + random_.below(3), 1 + random_.below(5), key.address.key);
    if (!others_.empty() && random_.below(2) == 0)
      incoming = others_[random_.below(others_.size())];
    const auto ticket = store_->merge(key.at(), incoming, random_.below(2) == 0);
    REQUIRE(ticket.ok());
    SiblingSet expected = model_.newest(key.address.key);
    REQUIRE(expected.sync(incoming));
    through_at_most(*ticket);
    if (*ticket != CommitTicket{}) model_.set(key.address.key, *ticket, std::move(expected));
  }

  void through_at_most(CommitTicket ticket) {
    if (ticket > newest_) newest_ = ticket;
  }

  void compare(const TestKey& key) {
    const auto view = store_->read(key.at());
    REQUIRE(view.ok());
    CHECK(*view->versions == model_.newest(key.address.key));
    CHECK((view->durable_at == CommitTicket{} || view->durable_at > through_));
  }

  void compare_scan() {
    const auto scanned = store_->scan({.partition = PartitionId{7},
                                       .bucket = "b",
                                       .prefix = "k",
                                       .visited_max = 1000,
                                       .matched_max = 1000});
    REQUIRE(scanned.ok());
    CHECK(scanned->entries.size() == model_.keys());
    for (const ScanEntry& entry : scanned->entries) {
      CHECK(entry.versions == model_.newest(entry.key).without_values());
    }
  }

  void complete_some() {
    if (newest_.value <= through_.value) return;
    through_ = CommitTicket{random_.between(through_.value + 1, newest_.value)};
    CHECK(engine_.complete(through_) == through_);
    store_->on_committed(through_);
    store_->check_invariants();
  }

  void crash() {
    engine_.crash();
    model_.crash(through_);
    // The engine goes on counting behind what was lost.
    through_ = newest_;
    start_process();
  }

  Random random_;
  MemoryEngine engine_;
  NullLog log_;
  std::unique_ptr<ReplicaStore> store_;
  std::uint64_t processes_ = 0;
  Model model_;
  CommitTicket newest_;
  CommitTicket through_;
  std::set<Dot> dots_;
  std::vector<SiblingSet> others_;
};

TEST_CASE("ReplicaStore: it agrees with a naive model over any history") {
  const std::uint64_t seed = seed_or(1);
  CAPTURE(seed);
  for (std::uint64_t round = 0; round < 20; ++round) {
    CAPTURE(round);
    Experiment experiment(Random(seed).fork("round", round).next());
    for (int i = 0; i < 400; ++i) experiment.step();
  }
}

}  // namespace
}  // namespace starling

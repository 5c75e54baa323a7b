#include "membership/epoch_chain.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "chain_cluster.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/succession.h"
#include "support/configurations.h"
#include "support/seed.h"

namespace starling {
namespace {

constexpr std::uint64_t kSeed = 20240607;

// Node a of three; b and c are played by the test.
class Member {
 public:
  explicit Member(StoreId store = store_numbered(1), EpochChain::Durable durable = {})
      : chain_({.node = node_id_of("a"), .store = store, .incarnation = Incarnation{1}},
               founders_config(3, 4), std::move(durable), Random(1)) {
    chain_.set_counting(true);
  }

  ChainActions hears(const ChainMessage& message, const std::string& from = "b") {
    ChainActions actions;
    chain_.on_message(node_id_of(from), message, Instant{}, actions);
    chain_.check_invariants();
    return actions;
  }
  // Adopts it through the disk.
  void adopts(const Configuration& configuration) {
    ChainActions actions = hears(ChainDecided{encode_configuration(configuration)});
    REQUIRE(actions.size() == 1);
    chain_.on_configuration_persisted(std::get<PersistConfiguration>(actions[0]).number, actions);
    REQUIRE(chain_.adopted_epoch() == configuration.epoch);
  }
  EpochChain& chain() { return chain_; }

 private:
  EpochChain chain_;
};

template <typename Message>
bool answered_with(const ChainActions& actions) {
  for (const ChainAction& action : actions) {
    const auto* const send = std::get_if<SendChain>(&action);
    if (send != nullptr && std::holds_alternative<Message>(send->message)) return true;
  }
  return false;
}

template <typename Action>
bool holds(const ChainActions& actions) {
  for (const ChainAction& action : actions) {
    if (std::holds_alternative<Action>(action)) return true;
  }
  return false;
}

ChainPrepare prepare(Epoch epoch) {
  return {.epoch = epoch, .ballot = {.counter = 1, .node = node_id_of("b")}};
}
ChainAccept accept(const Configuration& configuration) {
  return {.epoch = configuration.epoch,
          .ballot = {.counter = 1, .node = node_id_of("b")},
          .value = {.configuration = encode_configuration(configuration), .evidence = {}}};
}

TEST_CASE("EpochChain: a configuration is in force when it is durable, and not before") {
  Member member;
  ChainActions actions = member.hears(ChainDecided{encode_configuration(founded(3, 4))});
  REQUIRE(actions.size() == 1);
  CHECK(member.chain().adopted() == nullptr);
  const std::uint64_t number = std::get<PersistConfiguration>(actions[0]).number;
  actions.clear();
  member.chain().on_configuration_persisted(number, actions);
  CHECK(holds<AdoptConfiguration>(actions));
  CHECK(member.chain().adopted_epoch() == Epoch{1});
}

TEST_CASE("EpochChain: it never goes back, and may skip epochs") {
  Member member;
  const Configuration first = founded(3, 4);
  const Configuration second = successor_of(first);
  const Configuration third = successor_of(second);
  member.adopts(first);
  member.adopts(third);
  CHECK(member.hears(ChainDecided{encode_configuration(second)}).empty());
  CHECK(member.hears(ChainDecided{encode_configuration(third)}).empty());
}

TEST_CASE("EpochChain: a second configuration of one epoch raises the alarm and nothing else") {
  Member member;
  member.adopts(founded(3, 4));
  Configuration other = founded(3, 4);
  other.members[0].member.weight = 5;
  CHECK(holds<ChainAlarm>(member.hears(ChainDecided{encode_configuration(other)})));
  Configuration branch = successor_of(other);
  CHECK(holds<ChainAlarm>(member.hears(ChainDecided{encode_configuration(branch)})));
  CHECK(member.chain().adopted_epoch() == Epoch{1});
}

TEST_CASE("EpochChain: bytes that are no configuration, or of another cluster, are not adopted") {
  Member member;
  CHECK(holds<ChainAlarm>(member.hears(ChainDecided{"rubbish"})));
  member.adopts(founded(3, 4));
  Configuration other = successor_of(founded(3, 4));
  ++other.cluster_id.low;
  CHECK(holds<ChainAlarm>(member.hears(ChainDecided{encode_configuration(other)})));
}

TEST_CASE("EpochChain: it votes for a valid successor, and for nothing else") {
  Member member;
  member.adopts(founded(3, 4));
  const Configuration after = successor_of(founded(3, 4));
  Configuration invalid = after;
  ++invalid.token_seed;
  CHECK(holds<ChainAlarm>(member.hears(accept(invalid))));
  CHECK(holds<PersistVote>(member.hears(accept(after))));
}

TEST_CASE("EpochChain: it does not vote on another disk than it is named with") {
  Member member(store_numbered(99));
  member.adopts(founded(3, 4));
  CHECK(member.hears(prepare(Epoch{2})).empty());
}

TEST_CASE("EpochChain: it does not vote while its start is not confirmed") {
  Member member;
  member.chain().set_counting(false);
  CHECK(member.hears(prepare(Epoch{1})).empty());
  member.chain().set_counting(true);
  CHECK(holds<PersistVote>(member.hears(prepare(Epoch{1}))));
}

TEST_CASE("EpochChain: a founder accepts only what counts on its own disk") {
  Member member(store_numbered(99));
  CHECK(holds<ChainAlarm>(member.hears(accept(founded(3, 4)))));
}

TEST_CASE("EpochChain: who is behind asks, who is ahead helps") {
  Member member;
  member.adopts(founded(3, 4));
  CHECK(answered_with<ChainFetch>(member.hears(prepare(Epoch{3}))));
  CHECK(answered_with<ChainDecided>(member.hears(prepare(Epoch{1}))));
  CHECK(answered_with<ChainDecided>(member.hears(ChainFetch{Epoch{0}})));
  CHECK(member.hears(ChainFetch{Epoch{1}}).empty());
}

TEST_CASE("EpochChain: a vote survives a restart, and is forgotten with its epoch") {
  const Configuration first = founded(3, 4);
  const VoteRecord vote{.epoch = Epoch{2}, .promised = {.counter = 5, .node = node_id_of("c")}};
  Member same(store_numbered(1), {.adopted = first, .vote = vote});
  CHECK(answered_with<ChainReject>(same.hears(prepare(Epoch{2}))));
  Member later(store_numbered(1), {.adopted = successor_of(first), .vote = vote});
  CHECK(holds<PersistVote>(later.hears(prepare(Epoch{3}))));
}

TEST_CASE("EpochChain: the same proposal twice is one, another one has to wait") {
  Member member;
  member.adopts(founded(3, 4));
  const Configuration after = successor_of(founded(3, 4));
  Configuration other = after;
  other.members[0].member.weight = 5;
  ChainActions actions;
  CHECK(member.chain().propose(after, {}, Instant{}, actions).ok());
  const std::size_t sent = actions.size();
  CHECK(member.chain().propose(after, {}, Instant{}, actions).ok());
  CHECK(actions.size() == sent);
  CHECK(member.chain().propose(other, {}, Instant{}, actions).code() == StatusCode::Overloaded);
  CHECK(member.chain().propose(founded(3, 4), {}, Instant{}, actions).code() ==
        StatusCode::Failure);
}

TEST_CASE("EpochChain: a proposal that another one beat ends as superseded") {
  Member member;
  member.adopts(founded(3, 4));
  const Configuration own = successor_of(founded(3, 4));
  Configuration other = own;
  other.members[0].member.weight = 5;
  ChainActions actions;
  REQUIRE(member.chain().propose(own, {}, Instant{}, actions).ok());
  actions = member.hears(ChainDecided{encode_configuration(other)});
  const std::uint64_t number = std::get<PersistConfiguration>(actions[0]).number;
  member.chain().on_configuration_persisted(number, actions);
  REQUIRE(holds<ProposalEnded>(actions));
  CHECK(std::get<ProposalEnded>(actions.back()).outcome == ProposalOutcome::Superseded);
  CHECK_FALSE(member.chain().is_proposing());
}

TEST_CASE("EpochChain: a cluster of one founds itself and goes on") {
  ChainCluster cluster(1, 1, {});
  cluster.found(0);
  REQUIRE(cluster.settles(1000));
  REQUIRE(cluster.propose(0));
  REQUIRE(cluster.settles(1000));
  CHECK(cluster.highest_epoch() == Epoch{2});
  CHECK(cluster.ended(ProposalOutcome::Decided) == 2);
}

TEST_CASE("EpochChain: founders who all propose at once found one cluster") {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t seed = seed_or(kSeed) + round;
    CAPTURE(seed);
    ChainCluster cluster(3, seed, {.lost_ppm = 50000, .doubled_ppm = 50000});
    for (std::size_t i = 0; i < 3; ++i) cluster.found(i);
    REQUIRE(cluster.settles(20000));
    CHECK(cluster.violation().empty());
    CHECK(cluster.highest_epoch() == Epoch{1});
    CHECK(cluster.alarms() == 0);
  }
}

TEST_CASE("EpochChain: a founder that lost its disk before founding was over does not split it") {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t seed = seed_or(kSeed) + round;
    CAPTURE(seed);
    ChainCluster cluster(3, seed, {});
    for (std::size_t i = 0; i < 3; ++i) cluster.found(i);
    for (std::uint64_t i = 0; i < 5 * round; ++i) cluster.step();
    cluster.wipe(1);
    for (std::size_t i = 0; i < 3; ++i) cluster.found(i);
    // It may be stuck: then the founders have to begin again, with empty disks. It is never two.
    (void)cluster.settles(3000);
    CHECK(cluster.violation().empty());
  }
}

// `nodes` propose at random under faults; then all is well and they settle.
void run_random_cluster(std::size_t nodes, std::uint64_t seed, std::size_t steps) {
  CAPTURE(nodes);
  CAPTURE(seed);
  ChainCluster cluster(nodes, seed, {});
  cluster.found(0);
  REQUIRE(cluster.settles(50000));
  cluster.set_faults({.lost_ppm = 100000, .doubled_ppm = 100000, .crash_ppm = 3000});
  Random random(seed);
  for (std::size_t i = 0; i < steps; ++i) {
    if (random.below(40) == 0) (void)cluster.propose(random.below(nodes));
    cluster.step();
  }
  REQUIRE(cluster.violation().empty());
  const Epoch under_faults = cluster.highest_epoch();
  CHECK(under_faults.value > 3);
  cluster.set_faults({});
  REQUIRE(cluster.settles(100000));
  CHECK(cluster.violation().empty());
  CHECK(cluster.alarms() == 0);
  CHECK(cluster.ended(ProposalOutcome::Decided) > 0);
  CHECK(cluster.ended(ProposalOutcome::Superseded) > 0);
}

TEST_CASE("EpochChain: under loss, doubling, reordering and crashes no epoch is decided twice") {
  for (std::uint64_t round = 0; round < 6; ++round) {
    run_random_cluster(3, seed_or(kSeed) + round, 8000);
    run_random_cluster(5, seed_or(kSeed) + round, 8000);
  }
  run_random_cluster(20, seed_or(kSeed), 20000);
}

}  // namespace
}  // namespace starling

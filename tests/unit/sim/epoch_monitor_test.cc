#include "sim/epoch_monitor.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "message/chain_messages.h"
#include "node/chain_memory.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/succession.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

bool says(const EpochMonitor& monitor, const std::string& checker) {
  return std::ranges::any_of(monitor.violations(), [&](const Violation& violation) {
    return violation.checker == checker;
  });
}

Configuration next_of(const Configuration& before, std::uint32_t weight) {
  Configuration after = successor_of(before);
  after.members[0].member.weight = weight;
  return after;
}

struct Watched {
  const Configuration& first() { return *small.cluster.member(0).node()->configuration(); }
  // As if the disk of `node` had it, durably.
  void store(std::uint32_t node, const Configuration& configuration) {
    const StorageWrite write = write_of_configuration(encode_configuration(configuration));
    small.cluster.member(node).disk().write({{write.key, write.value}});
    small.cluster.member(node).disk().sync();
  }
  void adopt(std::uint32_t node, const Configuration& configuration) {
    store(node, configuration);
    monitor.on_adopted(node, configuration);
  }

  SmallCluster small;
  EpochMonitor monitor{small.cluster, small.marks};
};

TEST_CASE("EpochMonitor: one configuration an epoch, adopted once durable, is no violation") {
  Watched watched;
  const Configuration second = next_of(watched.first(), 120);
  for (std::uint32_t node = 0; node < 3; ++node) {
    watched.adopt(node, watched.first());
    watched.adopt(node, second);
  }
  CHECK(watched.monitor.violations().empty());
}

TEST_CASE("EpochMonitor: two configurations of one epoch are noticed, adopted or only sent") {
  Watched watched;
  const Configuration one = next_of(watched.first(), 120);
  const Configuration other = next_of(watched.first(), 130);
  watched.adopt(0, one);
  watched.monitor.on_peer_send(1, ChainLetter{ChainDecided{encode_configuration(other)}});
  CHECK(says(watched.monitor, "decided-twice"));
  Watched again;
  again.adopt(0, next_of(again.first(), 120));
  again.adopt(1, next_of(again.first(), 130));
  CHECK(says(again.monitor, "decided-twice"));
}

TEST_CASE("EpochMonitor: what the disk could still lose may not be in force") {
  Watched watched;
  watched.monitor.on_adopted(0, next_of(watched.first(), 120));
  CHECK(says(watched.monitor, "adopted-before-durable"));
}

TEST_CASE("EpochMonitor: a node that goes back is noticed, unless its disk was lost") {
  Watched watched;
  const Configuration first = watched.first();
  watched.adopt(0, next_of(first, 120));
  watched.adopt(0, first);
  CHECK(says(watched.monitor, "adoption-undone"));
  Watched lost;
  lost.adopt(0, next_of(lost.first(), 120));
  lost.small.cluster.write_off(0);
  lost.adopt(0, lost.first());
  CHECK_FALSE(says(lost.monitor, "adoption-undone"));
}

TEST_CASE("EpochMonitor: who proposes because of what a node does not know is noticed") {
  Watched watched;
  const Configuration first = watched.first();
  const auto says_of_node2 = [&](Epoch epoch) {
    ChainAccept accept{.epoch = Epoch{2}};
    accept.value.evidence.adoptions.push_back(
        {.store = first.members[2].store,
         .adoption = {.node = watched.small.cluster.member(2).id(), .epoch = epoch}});
    watched.monitor.on_peer_send(0, ChainLetter{accept});
    return says(watched.monitor, "false-adoption");
  };
  watched.adopt(2, first);
  CHECK_FALSE(says_of_node2(first.epoch));
  CHECK(says_of_node2(Epoch{first.epoch.value + 1}));
}

TEST_CASE("EpochMonitor: in a running cluster it has nothing to say, and sees what is decided") {
  SmallCluster small;
  for (std::uint64_t i = 0; i < 5; ++i) {
    small.cluster.propose_change(static_cast<std::uint32_t>(i % 3), Random(i),
                                 SimCluster::Change::Anything);
    small.wait(std::chrono::seconds(2));
  }
  CHECK(small.monitors.epochs().violations().empty());
  CHECK(small.cluster.newest_ring().epoch() == Epoch{6});
  CHECK(small.marks.times("chain: a proposal was decided") >= 5);
}

}  // namespace
}  // namespace starling::sim

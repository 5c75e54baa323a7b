#include "membership/epoch_gossip.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "support/seed.h"

namespace starling {
namespace {

constexpr std::uint64_t kGossipSeed = 7;

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<NodeId> kOthers{{1}, {2}, {3}, {4}, {5}};

TEST_CASE("EpochGossip: three different nodes are told of what was adopted, or all there are") {
  EpochGossip gossip(Random(1), Instant{});
  std::vector<NodeId> told = gossip.on_adopted(kOthers);
  CHECK(told.size() == EpochGossip::kRumours);
  std::ranges::sort(told);
  CHECK(std::ranges::adjacent_find(told) == told.end());
  CHECK(gossip.on_adopted(std::vector<NodeId>{{7}, {8}}).size() == 2);
  CHECK(gossip.on_adopted({}).empty());
}

TEST_CASE("EpochGossip: one node a period is told, whoever it is") {
  EpochGossip gossip(Random(1), Instant{});
  const Instant first = gossip.next_deadline();
  CHECK(first <= Instant{} + EpochGossip::kPeriod);
  CHECK(gossip.on_timer(kOthers, first).has_value());
  CHECK_FALSE(gossip.on_timer(kOthers, first).has_value());
  CHECK(gossip.next_deadline() == first + EpochGossip::kPeriod);
  CHECK_FALSE(gossip.on_timer({}, first + EpochGossip::kPeriod).has_value());
}

TEST_CASE("EpochGossip: a later epoch is asked for once in a while, an earlier one never") {
  EpochGossip gossip(Random(1), Instant{});
  CHECK_FALSE(gossip.may_fetch(Epoch{3}, Epoch{3}, Instant{}));
  CHECK(gossip.may_fetch(Epoch{4}, Epoch{3}, Instant{}));
  CHECK_FALSE(gossip.may_fetch(Epoch{5}, Epoch{3}, Instant{}));
  CHECK(gossip.may_fetch(Epoch{5}, Epoch{3}, Instant{} + EpochGossip::kFetchPause));
  static_cast<void>(gossip.on_adopted(kOthers));
  CHECK(gossip.may_fetch(Epoch{6}, Epoch{5}, Instant{} + EpochGossip::kFetchPause));
}

TEST_CASE("EpochGossip: one node gets one configuration once in a while, a later one at once") {
  EpochGossip gossip(Random(1), Instant{});
  CHECK(gossip.may_hand_out(NodeId{1}, Epoch{3}, Instant{}));
  CHECK_FALSE(gossip.may_hand_out(NodeId{1}, Epoch{3}, Instant{}));
  CHECK(gossip.may_hand_out(NodeId{2}, Epoch{3}, Instant{}));
  CHECK(gossip.may_hand_out(NodeId{1}, Epoch{4}, Instant{}));
  gossip.on_peer_up(NodeId{1});
  CHECK(gossip.may_hand_out(NodeId{1}, Epoch{4}, Instant{}));
}

// How an epoch spreads among so many nodes, of which one has it at first. Messages take one hop of
// time each and some are lost; what is sent is what ChainService sends.
class Rumour {
 public:
  static constexpr Duration kHop = milliseconds(20);

  Rumour(std::size_t nodes, std::uint64_t lost_ppm, std::uint64_t seed)
      : random_(seed), lost_ppm_(lost_ppm), epochs_(nodes, Epoch{1}) {
    for (std::size_t i = 0; i < nodes; ++i) {
      everybody_.push_back(NodeId{i});
      gossips_.emplace_back(random_.fork("node", i), now_);
    }
    adopt(0, Epoch{2});
  }

  void hop() {
    now_ += kHop;
    std::vector<Letter> arriving;
    arriving.swap(letters_);
    for (const Letter& letter : arriving) {
      if (!random_.chance_ppm(lost_ppm_)) deliver(letter);
    }
    for (std::size_t i = 0; i < gossips_.size(); ++i) {
      const auto told = gossips_[i].on_timer(others_of(i), now_);
      if (told.has_value()) letters_.push_back({i, told->value, epochs_[i], false});
    }
  }
  [[nodiscard]] std::size_t informed() const {
    return static_cast<std::size_t>(std::ranges::count(epochs_, Epoch{2}));
  }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::size_t documents() const { return documents_; }

 private:
  struct Letter {
    std::size_t from = 0;
    std::size_t to = 0;
    Epoch epoch;
    bool is_document = false;
  };

  // Everybody else; the node itself is left out by giving another one its place.
  std::vector<NodeId> others_of(std::size_t node) const {
    std::vector<NodeId> others = everybody_;
    others[node] = others.back();
    others.pop_back();
    return others;
  }
  void adopt(std::size_t node, Epoch epoch) {
    if (epoch <= epochs_[node]) return;
    epochs_[node] = epoch;
    for (const NodeId told : gossips_[node].on_adopted(others_of(node))) {
      letters_.push_back({node, told.value, epoch, false});
    }
  }
  void deliver(const Letter& letter) {
    if (letter.is_document) return adopt(letter.to, letter.epoch);
    const Epoch mine = epochs_[letter.to];
    if (gossips_[letter.to].may_fetch(letter.epoch, mine, now_)) {
      letters_.push_back({letter.to, letter.from, mine, false});
    }
    const bool is_behind = letter.epoch < mine;
    if (is_behind && gossips_[letter.to].may_hand_out(NodeId{letter.from}, mine, now_)) {
      ++documents_;
      letters_.push_back({letter.to, letter.from, mine, true});
    }
  }

  Random random_;
  std::uint64_t lost_ppm_;
  Instant now_{};
  std::vector<Epoch> epochs_;
  std::vector<NodeId> everybody_;
  std::vector<EpochGossip> gossips_;
  std::vector<Letter> letters_;
  std::size_t documents_ = 0;
};

// A round is what one generation of the rumour takes: somebody is told, asks, and gets it.
std::string curve_of(Rumour& rumour, std::size_t nodes, std::size_t rounds_max) {
  std::string curve = std::to_string(rumour.informed());
  for (std::size_t round = 0; round < rounds_max && rumour.informed() < nodes; ++round) {
    for (int hop = 0; hop < 3; ++hop) rumour.hop();
    curve += ' ' + std::to_string(rumour.informed());
  }
  return curve;
}

TEST_CASE("EpochGossip: an epoch reaches 10, 100 and 1,000 nodes in O(log n) rounds") {
  const std::uint64_t seed = seed_or(kGossipSeed);
  CAPTURE(seed);
  for (const std::size_t nodes : {std::size_t{10}, std::size_t{100}, std::size_t{1000}}) {
    Rumour rumour(nodes, 0, seed);
    // Of n nodes log4(n) generations reach most; the rest hears of it within three periods.
    std::size_t log2 = 0;
    while ((std::size_t{1} << log2) < nodes) ++log2;
    const std::size_t rounds_max = log2 + 3 * 1000 / 60;
    const std::string curve = curve_of(rumour, nodes, rounds_max);
    MESSAGE(nodes << " nodes, informed after each round of "
                  << std::chrono::duration_cast<milliseconds>(3 * Rumour::kHop).count()
                  << " ms: " << curve);
    CHECK(rumour.informed() == nodes);
    CHECK(rumour.documents() < 2 * nodes);
  }
}

TEST_CASE("EpochGossip: most nodes of 1,000 have it after eight rounds") {
  Rumour rumour(1000, 0, seed_or(kGossipSeed));
  static_cast<void>(curve_of(rumour, 1000, 8));
  CHECK(rumour.informed() > 800);
}

TEST_CASE("EpochGossip: where one message in five is lost everybody has it after some seconds") {
  const std::uint64_t seed = seed_or(kGossipSeed);
  CAPTURE(seed);
  Rumour rumour(200, 200'000, seed);
  while (rumour.informed() < 200 && rumour.now() < Instant{} + seconds(20)) rumour.hop();
  CHECK(rumour.informed() == 200);
  CHECK(rumour.now() < Instant{} + seconds(15));
}

}  // namespace
}  // namespace starling

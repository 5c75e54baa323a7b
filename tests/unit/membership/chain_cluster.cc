#include "chain_cluster.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

constexpr std::size_t kMailMax = 1000;

}  // namespace

ChainCluster::ChainCluster(std::size_t nodes, std::uint64_t seed, Faults faults)
    : founding_(founders_config(nodes, 4)), random_(seed), faults_(faults), nodes_(nodes) {
  for (std::size_t i = 0; i < nodes; ++i) {
    nodes_[i].store = store_numbered(i + 1);
    start(i);
  }
}

void ChainCluster::start(std::size_t node) {
  Node& self = nodes_[node];
  ++self.starts;
  self.chain = std::make_unique<EpochChain>(
      EpochChain::Self{.node = founding_.founders[node].id,
                       .store = self.store,
                       .incarnation = Incarnation{node * 1000 + self.starts}},
      founding_, self.durable, random_.fork("node", node * 1000 + self.starts));
  self.chain->set_counting(true);
}

void ChainCluster::crash(std::size_t node) {
  nodes_[node].chain.reset();
  nodes_[node].disk.clear();
  nodes_[node].timers.clear();
}

void ChainCluster::wipe(std::size_t node) {
  crash(node);
  nodes_[node].durable = {};
  nodes_[node].store.value.high += 1;
  newest_.erase(node);
  start(node);
}

void ChainCluster::found(std::size_t node) {
  ChainActions actions;
  if (chain(node) == nullptr) return;
  (void)chain(node)->found(
      {.cluster_id = {.high = random_.next(), .low = random_.next()}, .token_seed = random_.next()},
      now_, actions);
  perform(node, actions);
}

bool ChainCluster::propose(std::size_t node) {
  if (chain(node) == nullptr || chain(node)->adopted() == nullptr) return false;
  Configuration after = successor_of(*chain(node)->adopted());
  after.members[random_.below(after.members.size())].member.weight =
      static_cast<std::uint32_t>(random_.between(1, 1000000));
  ChainActions actions;
  const bool begun = chain(node)->propose(after, {}, now_, actions).ok();
  perform(node, actions);
  return begun;
}

void ChainCluster::perform(std::size_t node, ChainActions& actions) {
  Node& self = nodes_[node];
  for (ChainAction& action : actions) {
    if (auto* send = std::get_if<SendChain>(&action)) {
      const auto to = std::ranges::find(founding_.founders, send->to, &RingMember::id);
      REQUIRE(to != founding_.founders.end());
      if (mail_.size() >= kMailMax) continue;
      mail_.push_back({.from = node,
                       .to = static_cast<std::size_t>(to - founding_.founders.begin()),
                       .message = std::move(send->message)});
    } else if (auto* vote = std::get_if<PersistVote>(&action)) {
      self.disk.push_back({.is_vote = true, .number = vote->number, .vote = vote->vote});
    } else if (auto* persist = std::get_if<PersistConfiguration>(&action)) {
      self.disk.push_back({.number = persist->number, .configuration = persist->configuration});
    } else if (auto* timer = std::get_if<ArmChainTimer>(&action)) {
      self.timers.push_back(timer->at);
    } else if (auto* adopt = std::get_if<AdoptConfiguration>(&action)) {
      adopted(node, adopt->configuration);
    } else if (auto* end = std::get_if<ProposalEnded>(&action)) {
      ++ended_[end->outcome];
    } else {
      ++alarms_;
    }
  }
  if (self.chain) self.chain->check_invariants();
}

void ChainCluster::adopted(std::size_t node, const Configuration& configuration) {
  const Hash128 digest = digest_of(configuration);
  const auto [known, is_new] = decided_.emplace(configuration.epoch, digest);
  if (!is_new && known->second != digest) violation_ = "two configurations of one epoch";
  if (newest_[node] >= configuration.epoch) violation_ = "a node went back";
  newest_[node] = configuration.epoch;
}

void ChainCluster::step() {
  // A node gets about as much done in a second whatever the number of nodes.
  now_ += std::chrono::microseconds(random_.between(0, 60000 / nodes_.size()));
  const std::size_t node = random_.below(nodes_.size());
  if (chain(node) != nullptr && random_.chance_ppm(faults_.crash_ppm)) return crash(node);
  if (chain(node) == nullptr) return start(node);
  fire_timers();
  if (!nodes_[node].disk.empty() && random_.below(2) == 0) return finish_write(node);
  deliver();
}

void ChainCluster::deliver() {
  if (mail_.empty()) return;
  const std::size_t place = random_.below(mail_.size());
  const Mail mail = mail_[place];
  if (!random_.chance_ppm(faults_.doubled_ppm)) {
    std::swap(mail_[place], mail_.back());
    mail_.pop_back();
  }
  if (random_.chance_ppm(faults_.lost_ppm) || chain(mail.to) == nullptr) return;
  ChainActions actions;
  chain(mail.to)->on_message(founding_.founders[mail.from].id, mail.message, now_, actions);
  perform(mail.to, actions);
}

void ChainCluster::finish_write(std::size_t node) {
  Node& self = nodes_[node];
  const Write write = self.disk.front();
  self.disk.erase(self.disk.begin());
  ChainActions actions;
  if (write.is_vote) {
    self.durable.vote = write.vote;
    self.chain->on_vote_persisted(write.number, actions);
  } else {
    auto decoded = decode_configuration(write.configuration);
    REQUIRE(decoded.ok());
    self.durable.adopted = std::move(*decoded);
    self.chain->on_configuration_persisted(write.number, actions);
  }
  perform(node, actions);
}

void ChainCluster::fire_timers() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& self = nodes_[i];
    const auto due = [&](Instant at) { return at <= now_; };
    if (!self.chain || std::erase_if(self.timers, due) == 0) continue;
    ChainActions actions;
    self.chain->on_timer(now_, actions);
    perform(i, actions);
  }
}

bool ChainCluster::is_settled() const {
  const Epoch epoch = highest_epoch();
  return std::ranges::all_of(nodes_, [&](const Node& node) {
    return node.chain && node.chain->adopted_epoch() == epoch && !node.chain->is_proposing();
  });
}

// Whoever hears nothing asks somebody now and then, as gossip would make it.
bool ChainCluster::settles(std::size_t steps) {
  for (std::size_t i = 0; i < steps && violation_.empty(); ++i) {
    if (i % 50 == 0) {
      const std::size_t node = random_.below(nodes_.size());
      if (chain(node) != nullptr) {
        mail_.push_back({.from = node,
                         .to = random_.below(nodes_.size()),
                         .message = ChainFetch{chain(node)->adopted_epoch()}});
      }
    }
    step();
    if (highest_epoch().value > 0 && is_settled()) return true;
  }
  return false;
}

Epoch ChainCluster::highest_epoch() const {
  return decided_.empty() ? Epoch{0} : decided_.rbegin()->first;
}

std::size_t ChainCluster::ended(ProposalOutcome outcome) const {
  const auto found = ended_.find(outcome);
  return found == ended_.end() ? 0 : found->second;
}

}  // namespace starling

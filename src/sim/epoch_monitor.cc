#include "sim/epoch_monitor.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "message/chain_messages.h"
#include "message/peer_messages.h"
#include "node/chain_memory.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "sim/sim_disk.h"

namespace starling::sim {
namespace {

std::string epoch_text(Epoch epoch) {
  return "epoch " + std::to_string(epoch.value);
}

}  // namespace

void EpochMonitor::accuse(const char* checker, std::string text) {
  violations_.push_back({checker, "", std::move(text)});
}

void EpochMonitor::on_decided(std::uint32_t node, const Configuration& configuration) {
  const Hash128 digest = digest_of(configuration);
  const auto [known, is_new] = decided_.try_emplace(configuration.epoch, digest);
  if (is_new || known->second == digest) return;
  accuse("decided-twice", cluster_.member(node).name() + " has another configuration of " +
                              epoch_text(configuration.epoch) + " than was decided before");
}

// Of each epoch once, where the one before it was adopted by somebody as well.
void EpochMonitor::mark_steps(const Configuration& configuration) {
  if (!configurations_.emplace(configuration.epoch, configuration).second) return;
  const auto before = configurations_.find(Epoch{configuration.epoch.value - 1});
  if (before == configurations_.end()) return;
  for (std::size_t i = 0; i < configuration.rows.size(); ++i) {
    const std::optional<RowStep> step =
        step_between(before->second.rows.at(i), configuration.rows.at(i), configuration.epoch);
    if (step.has_value()) {
      marks_.reach("change: decided to " + std::string(to_text(step->step)));
    }
  }
}

void EpochMonitor::on_adopted(std::uint32_t node, const Configuration& configuration) {
  on_decided(node, configuration);
  mark_steps(configuration);
  const std::string& name = cluster_.member(node).name();
  const std::optional<std::string> bytes =
      cluster_.member(node).disk().durable(configuration_store_key());
  const Result<Configuration> durable = parse_configuration(bytes.value_or(""));
  if (!durable.ok() || durable->epoch < configuration.epoch) {
    accuse("adopted-before-durable", name + " works by " + epoch_text(configuration.epoch) +
                                         ", which its disk could still lose");
  }
  // Who lost its disk, or got an old one back, begins anew.
  Epoch& newest = adopted_[node];
  if (configuration.epoch < newest && !cluster_.is_written_off(node)) {
    accuse("adoption-undone", name + " went back from " + epoch_text(newest) + " to " +
                                  epoch_text(configuration.epoch));
  }
  if (newest.value > 0 && configuration.epoch.value > newest.value + 1) {
    marks_.reach("chain: an epoch was skipped");
  }
  if (configuration.epoch.value > 1) marks_.reach("chain: a later epoch was adopted");
  newest = configuration.epoch;
}

// Of a disk that was lost nobody knows any more what it had.
void EpochMonitor::check_evidence(std::uint32_t from, const ProposalEvidence& evidence) {
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const SimMember& member = cluster_.member(node);
    if (cluster_.is_written_off(node)) continue;
    for (const StoreAdoption& fact : evidence.adoptions) {
      if (fact.adoption.node != member.id() || fact.adoption.epoch <= adopted_[node]) continue;
      accuse("false-adoption", cluster_.member(from).name() + " proposes a step because " +
                                   member.name() + " works by " + epoch_text(fact.adoption.epoch) +
                                   ", which it does not");
    }
  }
}

void EpochMonitor::on_peer_send(std::uint32_t from, const PeerMessage& message) {
  const auto* const letter = std::get_if<ChainLetter>(&message);
  if (letter == nullptr) return;
  if (const auto* const decided = std::get_if<ChainDecided>(&letter->message)) {
    const Result<Configuration> configuration = decode_configuration(decided->configuration);
    if (configuration.ok()) on_decided(from, *configuration);
  } else if (const auto* const accept = std::get_if<ChainAccept>(&letter->message)) {
    check_evidence(from, accept->value.evidence);
  } else if (std::holds_alternative<ChainReject>(letter->message)) {
    marks_.reach("chain: a ballot was rejected");
  } else if (const auto* const promise = std::get_if<ChainPromise>(&letter->message)) {
    if (promise->accepted.has_value()) marks_.reach("chain: a promise named an accepted value");
  }
}

}  // namespace starling::sim

#include "node/chain_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "membership/peer_table.h"
#include "message/chain_messages.h"
#include "node/chain_memory.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/configured_ring.h"
#include "ring/evidence_codec.h"
#include "ring/member.h"
#include "ring/ring.h"
#include "ring/succession.h"

namespace starling {
namespace {

// The founders begin one after the other, so that two of them rarely get in each other's way: the
// first at once, each further one that much later, if there is still no configuration.
constexpr Duration kFoundingPause = std::chrono::seconds(1);
constexpr std::size_t kFoundingPausesMax = 5;

std::string epoch_text(Epoch epoch) {
  return "epoch " + std::to_string(epoch.value);
}

// The place of a member among the founders by id.
std::size_t rank_of(NodeId self, const std::vector<RingMember>& founders) {
  return static_cast<std::size_t>(std::ranges::count_if(
      founders, [self](const RingMember& founder) { return founder.id < self; }));
}

}  // namespace

ChainService::ChainService(const Neighbours& neighbours, EpochChain::Durable durable, Random random,
                           Instant now)
    : neighbours_(neighbours),
      chain_({.node = neighbours.outbox.self(),
              .store = neighbours.identity.store,
              .incarnation = neighbours.identity.incarnation,
              .planted = neighbours.planted},
             neighbours.founding, std::move(durable), random.fork("chain")),
      gossip_(random.fork("gossip"), now) {
  Random ids = random.fork("cluster id");
  cluster_id_ = {.high = ids.next(), .low = ids.next()};
}

std::vector<NodeId> ChainService::others() const {
  std::vector<NodeId> others;
  const auto add = [&](NodeId node) {
    const bool is_other = node != neighbours_.outbox.self();
    if (is_other && neighbours_.peers.connected(node)) others.push_back(node);
  };
  if (chain_.adopted() == nullptr) {
    for (const RingMember& founder : neighbours_.founding.founders) add(founder.id);
  } else {
    for (const ConfigMember& member : chain_.adopted()->members) add(member.member.id);
  }
  return others;
}

void ChainService::announce(NodeId to) {
  neighbours_.outbox.send(to, ChainLetter{ChainFetch{.adopted = chain_.adopted_epoch(),
                                                     .store = neighbours_.identity.store}});
}

void ChainService::on_peer_up(NodeId peer, Instant now) {
  gossip_.on_peer_up(peer);
  announce(peer);
  collect(now);
}

Status ChainService::check_letter(const ChainMessage& message) const {
  const std::string* bytes = nullptr;
  if (const auto* const accept = std::get_if<ChainAccept>(&message)) {
    bytes = &accept->value.configuration;
  } else if (const auto* const promise = std::get_if<ChainPromise>(&message)) {
    if (promise->accepted.has_value()) bytes = &promise->accepted->value.configuration;
  } else if (const auto* const decided = std::get_if<ChainDecided>(&message)) {
    bytes = &decided->configuration;
  }
  if (bytes == nullptr) return Status::success();
  return decode_configuration(*bytes).status();
}

void ChainService::on_letter(NodeId from, const ChainLetter& letter, Instant now) {
  const Status status = check_letter(letter.message);
  if (!status.ok()) return alarm(status.message());
  if (const auto* const fetch = std::get_if<ChainFetch>(&letter.message)) {
    on_epoch_seen(from, fetch->adopted, now);
    if (!gossip_.may_hand_out(from, chain_.adopted_epoch(), now)) return;
  }
  chain_.set_counting(neighbours_.confirmation.counting());
  ChainActions actions;
  chain_.on_message(from, letter.message, now, actions);
  perform(actions);
}

void ChainService::on_epoch_seen(NodeId from, Epoch epoch, Instant now) {
  if (from == neighbours_.outbox.self()) return;
  if (gossip_.may_fetch(epoch, chain_.adopted_epoch(), now)) announce(from);
}

void ChainService::on_committed(CommitTicket through) {
  while (!pending_.empty() && pending_.front().ticket <= through) {
    const Pending done = pending_.front();
    pending_.pop_front();
    ChainActions actions;
    if (done.is_vote) {
      chain_.on_vote_persisted(done.number, actions);
    } else {
      chain_.on_configuration_persisted(done.number, actions);
    }
    perform(actions);
  }
}

void ChainService::on_store_reopened() {
  if (pending_.empty()) return;
  // The newest of each kind stands for those before it.
  pending_.clear();
  if (last_vote_.has_value()) perform(*last_vote_);
  if (last_configuration_.has_value()) perform(*last_configuration_);
}

void ChainService::on_timer(Instant now) {
  if (timer_.has_value() && *timer_ <= now) {
    timer_.reset();
    ChainActions actions;
    chain_.on_timer(now, actions);
    perform(actions);
  }
  const std::optional<NodeId> told = gossip_.on_timer(others(), now);
  if (told.has_value()) announce(*told);
  collect(now);
}

std::optional<Instant> ChainService::next_deadline() const {
  const std::size_t members = chain_.adopted() == nullptr ? neighbours_.founding.founders.size()
                                                          : chain_.adopted()->members.size();
  if (members < 2) return timer_;
  return std::min(timer_.value_or(gossip_.next_deadline()), gossip_.next_deadline());
}

bool ChainService::may_found(Instant now) {
  const bool is_founder = !neighbours_.founding.founders.empty();
  const bool is_open = is_founder && chain_.adopted() == nullptr && !chain_.is_proposing();
  if (!is_open || !neighbours_.confirmation.counting() || !missing_founders().empty()) {
    may_found_.reset();
    return false;
  }
  may_found_ = may_found_.value_or(now);
  const std::size_t rank = rank_of(neighbours_.outbox.self(), neighbours_.founding.founders);
  return now >= *may_found_ + kFoundingPause * std::min(rank, kFoundingPausesMax);
}

void ChainService::collect(Instant now) {
  if (chain_.adopted() != nullptr || !may_found(now)) return;
  chain_.set_counting(true);
  ChainActions actions;
  const Status begun = chain_.found(founding_draw(neighbours_.founding, cluster_id_), now, actions);
  if (!begun.ok()) alarm(begun.message());
  perform(actions);
}

Status ChainService::propose(const Configuration& after, const ProposalEvidence& evidence,
                             Instant now) {
  STARLING_RETURN_IF_ERROR(after.check());
  const bool fits = encode_configuration(after).size() <= kConfigurationBytesMax &&
                    encode_evidence(evidence).size() <= kEvidenceBytesMax;
  if (!fits) return {StatusCode::TooLarge, "the configuration is longer than a message may be"};
  ChainActions actions;
  const Status begun = chain_.propose(after, evidence, now, actions);
  perform(actions);
  return begun;
}

std::shared_ptr<const Ring> ChainService::take_ring() {
  return std::exchange(news_, nullptr);
}

void ChainService::perform(const ChainActions& actions) {
  struct Performer {
    ChainService& service;
    void operator()(const PersistVote& action) const { service.perform(action); }
    void operator()(const PersistConfiguration& action) const { service.perform(action); }
    void operator()(const SendChain& action) const {
      service.neighbours_.outbox.send(action.to, ChainLetter{action.message});
    }
    void operator()(const ArmChainTimer& action) const { service.timer_ = action.at; }
    void operator()(const AdoptConfiguration& action) const { service.perform(action); }
    void operator()(const ProposalEnded& action) const {
      const bool decided = action.outcome == ProposalOutcome::Decided;
      service.neighbours_.log.write(LogLevel::Trace,
                                    decided ? "mark: chain: a proposal was decided"
                                            : "mark: chain: a proposal was superseded");
    }
    void operator()(const ChainAlarm& action) const { service.alarm(action.what); }
  };
  for (const ChainAction& action : actions) std::visit(Performer{*this}, action);
}

void ChainService::perform(const PersistVote& action) {
  last_vote_ = action;
  const CommitTicket ticket =
      neighbours_.storage.commit({write_of_vote(action.vote)}, CommitDemand::Synced);
  pending_.push_back({.ticket = ticket, .number = action.number, .is_vote = true});
}

void ChainService::perform(const PersistConfiguration& action) {
  last_configuration_ = action;
  const Result<Configuration> configuration = decode_configuration(action.configuration);
  STARLING_CHECK(configuration.ok());  // the chain has read it before
  const CommitTicket ticket =
      neighbours_.storage.commit(writes_of_adoption(neighbours_.identity, configuration->epoch,
                                                    write_of_configuration(action.configuration)),
                                 CommitDemand::Synced);
  if (neighbours_.planted == PlantedBug::AdoptBeforeDurable) {
    ChainActions actions;
    chain_.on_configuration_persisted(action.number, actions);
    return perform(actions);
  }
  pending_.push_back({.ticket = ticket, .number = action.number, .is_vote = false});
}

void ChainService::perform(const AdoptConfiguration& action) {
  news_ = ring_of(action.configuration);
  neighbours_.log.info("adopted the configuration of " + epoch_text(action.configuration.epoch));
  if (!explanation().empty()) neighbours_.log.error(explanation());
  for (const NodeId told : gossip_.on_adopted(others())) announce(told);
}

void ChainService::alarm(const std::string& what) {
  if (what == last_alarm_) return;
  last_alarm_ = what;
  neighbours_.log.warning("agreeing on a configuration: " + what);
}

std::string ChainService::missing_founders() const {
  std::string missing;
  for (const RingMember& founder : neighbours_.founding.founders) {
    const bool is_own = founder.id == neighbours_.outbox.self();
    if (is_own || neighbours_.peers.reachable(founder.id)) continue;
    missing += (missing.empty() ? "" : ", ") + founder.name;
  }
  return missing;
}

std::string ChainService::explanation() const {
  const Configuration* const adopted = chain_.adopted();
  if (adopted == nullptr && neighbours_.founding.founders.empty()) {
    return std::string(kWaitsToBeJoined);
  }
  if (adopted == nullptr) {
    const std::string missing = missing_founders();
    return "the cluster is not founded yet, as far as this node knows: all founders must vote for "
           "its first configuration" +
           (missing.empty() ? std::string() : "; not there, or not confirmed: " + missing);
  }
  const ConfigMember* const self = adopted->member(neighbours_.outbox.self());
  if (self == nullptr) {
    return "this node is no member of the cluster any more, since " + epoch_text(adopted->epoch) +
           " or before: end it, and keep or delete its data directory as you like";
  }
  if (self->store == neighbours_.identity.store) return {};
  return "the cluster knows this member by another store (" + to_text(self->store.value) +
         "): its data directory was emptied or replaced. Nothing here counts: an emptied one comes "
         "back by itself, in the place of another one put the right directory back";
}

FoundingDraw founding_draw(const ClusterConfig& founding, Hash128 cluster_id) {
  return {.cluster_id = cluster_id,
          .token_seed = first_ring(founding)->token_seed(),
          .context_key = context_key(founding)};
}

Result<Configuration> found_alone(StorageEngine& engine, StoreIdentity& identity,
                                  const ClusterConfig& founding, Hash128 cluster_id) {
  Configuration first = genesis_of(founding, {identity.store}, founding_draw(founding, cluster_id));
  StorageWrite configuration = write_of_configuration(encode_configuration(first));
  STARLING_RETURN_IF_ERROR(
      engine.commit_now(writes_of_adoption(identity, first.epoch, std::move(configuration))));
  return first;
}

}  // namespace starling

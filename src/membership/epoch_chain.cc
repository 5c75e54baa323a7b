#include "membership/epoch_chain.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "membership/epoch_acceptor.h"
#include "membership/epoch_proposer.h"
#include "message/chain_messages.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/member.h"
#include "ring/succession.h"

namespace starling {
namespace {

Status failure(const std::string& what) {
  return {StatusCode::Failure, what};
}

std::string epoch_text(Epoch epoch) {
  return "epoch " + std::to_string(epoch.value);
}

// The disks of the founders in their order; all of them promised.
std::vector<StoreId> stores_of(const ClusterConfig& founding, const std::vector<Voter>& promised) {
  std::vector<StoreId> stores;
  for (const RingMember& founder : founding.founders) {
    const auto voter = std::ranges::find(promised, founder.id, &Voter::node);
    STARLING_CHECK(voter != promised.end());
    stores.push_back(voter->store);
  }
  return stores;
}

}  // namespace

EpochChain::EpochChain(Self self, ClusterConfig founding, Durable durable, Random random,
                       ProposerTimes times)
    : self_(self),
      founding_(std::move(founding)),
      adopted_(std::move(durable.adopted)),
      // A vote of an epoch that is over says nothing any more.
      acceptor_(self.store,
                durable.vote.epoch == next_epoch() ? std::move(durable.vote)
                                                   : VoteRecord{.epoch = next_epoch()},
                self.planted),
      proposer_(self.node, self.incarnation, random.fork("epoch proposer"), times) {}

const Configuration* EpochChain::adopted() const {
  return adopted_ ? &*adopted_ : nullptr;
}

Epoch EpochChain::adopted_epoch() const {
  return adopted_ ? adopted_->epoch : Epoch{0};
}

Epoch EpochChain::next_epoch() const {
  return Epoch{adopted_epoch().value + 1};
}

EpochProposer::Electorate EpochChain::electorate() const {
  EpochProposer::Electorate electorate{.epoch = next_epoch(), .voters = {}, .founding = !adopted_};
  if (adopted_) {
    electorate.voters = adopted_->voters;
  } else {
    for (const RingMember& founder : founding_.founders) {
      electorate.voters.push_back({.node = founder.id, .store = {}});
    }
  }
  return electorate;
}

bool EpochChain::may_vote() const {
  const auto is_self = [&](const Voter& voter) {
    return voter.node == self_.node && (!adopted_ || voter.store == self_.store);
  };
  return counting_ && std::ranges::any_of(electorate().voters, is_self);
}

Status EpochChain::found(const FoundingDraw& draw, Instant now, ChainActions& out) {
  if (adopted_) return failure("this cluster is founded: it is at " + epoch_text(adopted_->epoch));
  const bool founder = std::ranges::find(founding_.founders, self_.node, &RingMember::id) !=
                       founding_.founders.end();
  if (!founder) return failure("this node is none of the founders");
  if (proposal_) return Status::success();
  proposal_ = Proposal{.epoch = Epoch{1}, .digest = {}};
  proposer_.start(
      electorate(),
      [this, draw](const std::vector<Voter>& promised) {
        const Configuration first = genesis_of(founding_, stores_of(founding_, promised), draw);
        return ChainValue{.configuration = encode_configuration(first), .evidence = {}};
      },
      now, out);
  return Status::success();
}

Status EpochChain::propose(const Configuration& after, const ProposalEvidence& evidence,
                           Instant now, ChainActions& out) {
  if (!adopted_) return failure("the cluster is not founded yet");
  STARLING_RETURN_IF_ERROR(after.check());
  STARLING_RETURN_IF_ERROR(check_succession(*adopted_, after, evidence));
  const Hash128 digest = digest_of(after);
  if (proposal_ && proposal_->digest == digest) return Status::success();
  if (proposal_) {
    return {StatusCode::Overloaded, "another change of the configuration is being decided"};
  }
  proposal_ = Proposal{.epoch = after.epoch, .digest = digest};
  ChainValue value{.configuration = encode_configuration(after), .evidence = evidence};
  proposer_.start(
      electorate(), [value = std::move(value)](const std::vector<Voter>&) { return value; }, now,
      out);
  return Status::success();
}

void EpochChain::withdraw() {
  proposer_.cancel();
  proposal_.reset();
}

void EpochChain::on_message(NodeId from, const ChainMessage& message, Instant now,
                            ChainActions& out) {
  std::visit([&](const auto& kind) { on(from, kind, now, out); }, message);
}

bool EpochChain::is_at(NodeId from, Epoch epoch, ChainActions& out) const {
  if (epoch == next_epoch()) return true;
  if (epoch > next_epoch()) {
    out.push_back(SendChain{from, ChainFetch{.adopted = adopted_epoch(), .store = self_.store}});
  } else if (adopted_) {
    out.push_back(SendChain{from, ChainDecided{encode_configuration(*adopted_)}});
  }
  return false;
}

void EpochChain::on(NodeId from, const ChainPrepare& prepare, Instant /*now*/, ChainActions& out) {
  if (is_at(from, prepare.epoch, out) && may_vote()) acceptor_.on_prepare(from, prepare, out);
}

void EpochChain::on(NodeId from, const ChainAccept& accept, Instant /*now*/, ChainActions& out) {
  if (!is_at(from, accept.epoch, out) || !may_vote()) return;
  const Status status = check_value(accept.value);
  if (!status.ok()) {
    out.push_back(ChainAlarm{"no vote for " + epoch_text(accept.epoch) + ": " + status.message()});
    return;
  }
  acceptor_.on_accept(from, accept, out);
}

Status EpochChain::check_value(const ChainValue& value) const {
  STARLING_ASSIGN_OR_RETURN(decoded, const Configuration after,
                            decode_configuration(value.configuration));
  if (adopted_) return check_succession(*adopted_, after, value.evidence);
  STARLING_RETURN_IF_ERROR(check_genesis(founding_, after));
  const ConfigMember* const self = after.member(self_.node);
  if (self == nullptr || self->store != self_.store) {
    return failure(
        "it counts on another disk than the one that this node has; found the cluster "
        "again, with empty directories");
  }
  return Status::success();
}

void EpochChain::on(NodeId from, const ChainPromise& promise, Instant now, ChainActions& out) {
  proposer_.on_promise(from, promise, now, out);
}

void EpochChain::on(NodeId from, const ChainAccepted& accepted, Instant /*now*/,
                    ChainActions& out) {
  const bool decided_before = proposer_.state() == EpochProposer::State::Decided;
  proposer_.on_accepted(from, accepted);
  if (decided_before || proposer_.state() != EpochProposer::State::Decided) return;
  const std::string& bytes = proposer_.decided().configuration;
  for (const Voter& voter : electorate().voters) {
    if (voter.node != self_.node) out.push_back(SendChain{voter.node, ChainDecided{bytes}});
  }
  learn(bytes, out);
}

void EpochChain::on(NodeId from, const ChainReject& reject, Instant now, ChainActions& out) {
  proposer_.on_reject(from, reject, now, out);
}

void EpochChain::on(NodeId /*from*/, const ChainDecided& decided, Instant /*now*/,
                    ChainActions& out) {
  learn(decided.configuration, out);
}

void EpochChain::on(NodeId from, const ChainFetch& fetch, Instant /*now*/, ChainActions& out) {
  if (!adopted_ || fetch.adopted >= adopted_->epoch) return;
  out.push_back(SendChain{from, ChainDecided{encode_configuration(*adopted_)}});
}

void EpochChain::learn(const std::string& bytes, ChainActions& out) {
  auto decoded = decode_configuration(bytes);
  if (!decoded.ok()) {
    out.push_back(ChainAlarm{decoded.status().message()});
    return;
  }
  if (decoded->epoch < adopted_epoch()) return;
  if (adopted_ && *decoded == *adopted_) return;
  if (pending_ && pending_->configuration.epoch >= decoded->epoch) return;
  const Status status = check_learned(*decoded);
  if (!status.ok()) {
    out.push_back(ChainAlarm{status.message()});
    return;
  }
  pending_ = Pending{.number = ++persisted_, .configuration = std::move(*decoded)};
  out.push_back(PersistConfiguration{.number = persisted_, .configuration = bytes});
}

// Of the first one that comes to a node which founded nothing, or has lost what it adopted: then
// the members know it by another store, and tell it so (BootConfirmation).
Status EpochChain::check_joined(const Configuration& configuration) const {
  if (configuration.cluster != founding_.cluster) {
    return failure("a configuration of the cluster '" + configuration.cluster + "' came in");
  }
  if (configuration.rows.size() != founding_.partitions) {
    return failure("the cluster has " + std::to_string(configuration.rows.size()) +
                   " partitions, and this node was started with --partitions " +
                   std::to_string(founding_.partitions) + ": start it again with that number");
  }
  const bool is_stranger =
      founding_.founders.empty() && configuration.member(self_.node) == nullptr;
  return is_stranger ? failure("a configuration came in of which this node is no member")
                     : Status::success();
}

// What was decided is not judged again, only recognised as a part of this chain.
Status EpochChain::check_learned(const Configuration& configuration) const {
  if (!adopted_) {
    if (configuration.epoch == Epoch{1} && !founding_.founders.empty()) {
      return check_genesis(founding_, configuration);
    }
    return check_joined(configuration);
  }
  if (configuration.cluster_id != adopted_->cluster_id) {
    return failure("a configuration of another cluster came in");
  }
  if (configuration.epoch == adopted_->epoch) {
    return failure("two configurations of " + epoch_text(adopted_->epoch) + ": this can not be");
  }
  if (configuration.epoch == next_epoch() && configuration.previous != digest_of(*adopted_)) {
    return failure(epoch_text(configuration.epoch) + " does not follow what was adopted here");
  }
  return Status::success();
}

void EpochChain::on_timer(Instant now, ChainActions& out) {
  proposer_.on_timer(now, out);
}

void EpochChain::on_vote_persisted(std::uint64_t number, ChainActions& out) {
  acceptor_.on_persisted(number, out);
}

void EpochChain::on_configuration_persisted(std::uint64_t number, ChainActions& out) {
  // An earlier one than that which is on its way now: it would be in force for no time.
  if (!pending_ || pending_->number != number) return;
  adopted_ = std::move(pending_->configuration);
  pending_.reset();
  acceptor_.begin(next_epoch());
  out.push_back(AdoptConfiguration{*adopted_});
  if (!proposal_ || proposal_->epoch > adopted_->epoch) return;
  const bool same = proposal_->epoch == adopted_->epoch &&
                    (!proposal_->digest || *proposal_->digest == digest_of(*adopted_));
  withdraw();
  out.push_back(ProposalEnded{same ? ProposalOutcome::Decided : ProposalOutcome::Superseded});
}

void EpochChain::check_invariants() const {
  acceptor_.check_invariants();
  proposer_.check_invariants();
  STARLING_CHECK(acceptor_.vote().epoch == next_epoch());
  STARLING_CHECK(!pending_ || pending_->configuration.epoch > adopted_epoch());
  STARLING_CHECK(!proposal_ || proposal_->epoch == next_epoch());
}

}  // namespace starling

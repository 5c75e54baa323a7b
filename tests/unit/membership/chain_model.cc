#include "chain_model.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "membership/epoch_acceptor.h"
#include "membership/epoch_proposer.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"

namespace starling {
namespace {

constexpr Epoch kEpoch{1};
constexpr std::size_t kProposers = 2;
// Voters are nodes 1, 2, ...; proposers are others, so that each answer has one meaning.
constexpr std::uint64_t kFirstProposer = 11;

StoreId store_of(std::size_t voter, bool wiped) {
  return StoreId{Hash128{.high = wiped ? 1U : 0U, .low = voter + 1}};
}

struct Mail {
  NodeId from;
  NodeId to;
  ChainMessage message;
};

void write(ByteWriter& writer, const Ballot& ballot) {
  writer.u64(ballot.counter);
  writer.u64(ballot.node.value);
}
void write(ByteWriter& writer, const std::optional<AcceptedValue>& accepted) {
  writer.u8(accepted ? 1 : 0);
  if (!accepted) return;
  write(writer, accepted->ballot);
  writer.sized(accepted->value.configuration);
}

std::string bytes_of(const Mail& mail) {
  ByteWriter writer;
  writer.u64(mail.from.value);
  writer.u64(mail.to.value);
  writer.u64(mail.message.index());
  if (const auto* prepare = std::get_if<ChainPrepare>(&mail.message)) {
    write(writer, prepare->ballot);
  } else if (const auto* promise = std::get_if<ChainPromise>(&mail.message)) {
    write(writer, promise->ballot);
    writer.u64(promise->store.value.high);
    write(writer, promise->accepted);
  } else if (const auto* accept = std::get_if<ChainAccept>(&mail.message)) {
    write(writer, accept->ballot);
    writer.sized(accept->value.configuration);
  } else if (const auto* accepted = std::get_if<ChainAccepted>(&mail.message)) {
    write(writer, accepted->ballot);
    writer.u64(accepted->store.value.high);
  } else if (const auto* reject = std::get_if<ChainReject>(&mail.message)) {
    write(writer, reject->ballot);
    write(writer, reject->promised);
  }
  return std::string(writer.bytes());
}

struct ModelVoter {
  EpochAcceptor acceptor;
  VoteRecord durable;
  std::deque<PersistVote> disk;  // asked for, in order
  bool wiped = false;
};

struct ChainWorld {
  std::vector<ModelVoter> voters;
  std::vector<EpochProposer> proposers;
  std::set<std::uint32_t> mail;      // what was sent and may still make a difference
  std::vector<std::size_t> ballots;  // of each proposer
  std::size_t crashes = 0;
  std::size_t wipes = 0;
  std::set<std::string> decided;
};

class ChainSearch {
 public:
  explicit ChainSearch(const ChainScheme& scheme) : scheme_(scheme) {}

  ChainFindings run() {
    reach(first());
    // A broken rule is found out once.
    const bool once = scheme_.bug != ChainBug::None;
    while (!frontier_.empty() && !(once && findings_.split > 0)) {
      // All are seen in the end, so the way down keeps fewest waiting.
      const ChainWorld world = std::move(frontier_.back());
      frontier_.pop_back();
      expand(world);
    }
    findings_.states = seen_.size();
    return findings_;
  }

 private:
  ChainWorld first() {
    ChainWorld world;
    std::vector<Voter> voters;
    for (std::size_t i = 0; i < scheme_.voters; ++i) {
      const VoteRecord none{.epoch = kEpoch};
      world.voters.push_back(
          {.acceptor = EpochAcceptor(store_of(i, false), none), .durable = none});
      voters.push_back({.node = NodeId{i + 1}, .store = store_of(i, false)});
    }
    for (std::size_t i = 0; i < kProposers; ++i) {
      const NodeId node{kFirstProposer + i};
      world.ballots.push_back(1);
      world.proposers.emplace_back(node, Incarnation{i + 1}, Random(i));
      ChainActions actions;
      world.proposers.back().start(
          {.epoch = kEpoch, .voters = voters, .founding = scheme_.founding},
          [i](const std::vector<Voter>& promised) { return drawn_up(i, promised); }, Instant{},
          actions);
      post(world, node, actions);
    }
    return world;
  }

  // A founding configuration names the disks that it counts on.
  static ChainValue drawn_up(std::size_t proposer, const std::vector<Voter>& promised) {
    std::string text(1, static_cast<char>('x' + static_cast<char>(proposer)));
    for (const Voter& voter : promised) text += voter.store.value.high == 0 ? 'o' : 'n';
    return {.configuration = std::move(text), .evidence = {}};
  }
  [[nodiscard]] static bool counts_on(const std::string& value, std::size_t voter, bool wiped) {
    return value[voter + 1] == (wiped ? 'n' : 'o');
  }

  void expand(const ChainWorld& world) {
    for (const std::uint32_t number : world.mail) {
      ChainWorld next = world;
      deliver(next, mail_[number]);
      reach(std::move(next));
    }
    for (std::size_t i = 0; i < world.voters.size(); ++i) {
      if (!world.voters[i].disk.empty()) finish_write(world, i);
      if (world.crashes < scheme_.crashes_max) crash(world, i);
      if (world.wipes < scheme_.wipes_max && has_something_to_lose(world.voters[i])) wipe(world, i);
    }
    for (std::size_t i = 0; i < kProposers; ++i) retry(world, i);
  }

  [[nodiscard]] static bool has_something_to_lose(const ModelVoter& voter) {
    return !voter.wiped && voter.durable.promised.counter > 0;
  }

  void deliver(ChainWorld& world, const Mail& mail) {
    if (mail.to.value >= kFirstProposer) {
      return to_proposer(world, world.proposers[mail.to.value - kFirstProposer], mail);
    }
    const std::size_t index = mail.to.value - 1;
    ModelVoter& voter = world.voters[index];
    // While the disk is busy the message may as well be on its way.
    if (!voter.disk.empty()) return;
    ChainActions actions;
    if (const auto* prepare = std::get_if<ChainPrepare>(&mail.message)) {
      voter.acceptor.on_prepare(mail.from, *prepare, actions);
    } else if (const auto* accept = std::get_if<ChainAccept>(&mail.message)) {
      if (scheme_.founding && !counts_on(accept->value.configuration, index, voter.wiped)) return;
      if (scheme_.bug == ChainBug::AcceptBelowPromise) forget_promise(voter, index, *accept);
      voter.acceptor.on_accept(mail.from, *accept, actions);
    }
    voter.acceptor.check_invariants();
    post(world, mail.to, actions);
  }

  static void forget_promise(ModelVoter& voter, std::size_t index, const ChainAccept& accept) {
    if (accept.ballot >= voter.acceptor.vote().promised) return;
    voter.acceptor = EpochAcceptor(store_of(index, voter.wiped), {.epoch = kEpoch});
    voter.disk.clear();
  }

  void to_proposer(ChainWorld& world, EpochProposer& proposer, const Mail& mail) {
    ChainActions actions;
    if (const auto* promise = std::get_if<ChainPromise>(&mail.message)) {
      ChainPromise shown = *promise;
      if (scheme_.bug == ChainBug::OwnValue) shown.accepted.reset();
      if (scheme_.bug == ChainBug::CountWiped) shown.store.value.high = 0;
      proposer.on_promise(mail.from, shown, Instant{}, actions);
    } else if (const auto* accepted = std::get_if<ChainAccepted>(&mail.message)) {
      ChainAccepted shown = *accepted;
      if (scheme_.bug == ChainBug::CountWiped) shown.store.value.high = 0;
      proposer.on_accepted(mail.from, shown);
    } else if (const auto* reject = std::get_if<ChainReject>(&mail.message)) {
      proposer.on_reject(mail.from, *reject, Instant{}, actions);
    }
    proposer.check_invariants();
    if (proposer.state() == EpochProposer::State::Decided) {
      world.decided.insert(proposer.decided().configuration);
    }
    post(world, mail.to, actions);
  }

  void finish_write(ChainWorld world, std::size_t index) {
    ModelVoter& voter = world.voters[index];
    voter.durable = voter.disk.front().vote;
    ChainActions actions;
    if (scheme_.bug != ChainBug::VoteWithoutPersist) {
      voter.acceptor.on_persisted(voter.disk.front().number, actions);
    }
    voter.disk.pop_front();
    post(world, NodeId{index + 1}, actions);
    reach(std::move(world));
  }

  void crash(ChainWorld world, std::size_t index) {
    ModelVoter& voter = world.voters[index];
    voter.acceptor = EpochAcceptor(store_of(index, voter.wiped), voter.durable);
    voter.disk.clear();
    ++world.crashes;
    reach(std::move(world));
  }

  void wipe(ChainWorld world, std::size_t index) {
    ModelVoter& voter = world.voters[index];
    const VoteRecord none{.epoch = kEpoch};
    voter = {
        .acceptor = EpochAcceptor(store_of(index, true), none), .durable = none, .wiped = true};
    ++world.wipes;
    reach(std::move(world));
  }

  // Its patience ends, and its rest after that.
  void retry(ChainWorld world, std::size_t index) {
    EpochProposer& proposer = world.proposers[index];
    if (proposer.state() == EpochProposer::State::Decided) return;
    if (world.ballots[index] >= scheme_.ballots_max) return;
    ++world.ballots[index];
    ChainActions actions;
    const Instant late = Instant{} + std::chrono::hours(1);
    if (proposer.state() != EpochProposer::State::Resting) proposer.on_timer(late, actions);
    proposer.on_timer(late + std::chrono::hours(1), actions);
    post(world, NodeId{kFirstProposer + index}, actions);
    reach(std::move(world));
  }

  void post(ChainWorld& world, NodeId from, ChainActions& actions) {
    for (ChainAction& action : actions) {
      auto* const send = std::get_if<SendChain>(&action);
      // A rejection only makes a proposer begin again, which it may at any time.
      if (send != nullptr && std::holds_alternative<ChainReject>(send->message)) continue;
      if (send != nullptr) {
        world.mail.insert(number_of({from, send->to, std::move(send->message)}));
      } else if (auto* persist = std::get_if<PersistVote>(&action)) {
        ask_disk(world, from, std::move(*persist));
      }
    }
  }

  void ask_disk(ChainWorld& world, NodeId voter, PersistVote persist) {
    ModelVoter& self = world.voters[voter.value - 1];
    const std::uint64_t number = persist.number;
    self.disk.push_back(std::move(persist));
    if (scheme_.bug != ChainBug::VoteWithoutPersist) return;
    ChainActions early;
    self.acceptor.on_persisted(number, early);
    post(world, voter, early);
  }

  std::uint32_t number_of(Mail mail) {
    const auto next = static_cast<std::uint32_t>(mail_.size());
    const auto [found, is_new] = numbers_.emplace(bytes_of(mail), next);
    if (is_new) mail_.push_back(std::move(mail));
    return found->second;
  }

  [[nodiscard]] bool counts(StoreId store) const {
    return scheme_.founding || scheme_.bug == ChainBug::CountWiped || store.value.high == 0;
  }

  // Nobody counts its answers any more: they come from another disk than it was named with.
  [[nodiscard]] bool is_ignored(const ChainWorld& world, NodeId voter) const {
    return !scheme_.founding && scheme_.bug != ChainBug::CountWiped &&
           world.voters[voter.value - 1].wiped;
  }

  // Whether it could make a difference to whoever gets it, now or later.
  [[nodiscard]] bool is_of_use(const ChainWorld& world, const Mail& mail) const {
    if (mail.to.value >= kFirstProposer) {
      const EpochProposer& proposer = world.proposers[mail.to.value - kFirstProposer];
      if (const auto* promise = std::get_if<ChainPromise>(&mail.message)) {
        return proposer.state() == EpochProposer::State::Preparing &&
               promise->ballot == proposer.ballot() && counts(promise->store);
      }
      const auto* accepted = std::get_if<ChainAccepted>(&mail.message);
      return accepted != nullptr && accepted->ballot == proposer.ballot() &&
             counts(accepted->store) && proposer.state() != EpochProposer::State::Decided;
    }
    if (is_ignored(world, mail.to)) return false;
    const bool may_forget =
        world.wipes < scheme_.wipes_max || scheme_.bug == ChainBug::AcceptBelowPromise;
    const Ballot& durable = world.voters[mail.to.value - 1].durable.promised;
    if (const auto* prepare = std::get_if<ChainPrepare>(&mail.message)) {
      return may_forget || prepare->ballot >= durable;
    }
    const auto* accept = std::get_if<ChainAccept>(&mail.message);
    return accept != nullptr && (may_forget || accept->ballot >= durable);
  }

  [[nodiscard]] Hash128 fingerprint(const ChainWorld& world) const {
    ByteWriter writer;
    for (const ModelVoter& voter : world.voters) {
      writer.u8(voter.wiped ? 1 : 0);
      write(writer, voter.acceptor.vote().promised);
      write(writer, voter.acceptor.vote().accepted);
      write(writer, voter.durable.promised);
      write(writer, voter.durable.accepted);
      writer.varint(voter.disk.size());
    }
    for (const EpochProposer& proposer : world.proposers) writer.sized(proposer.describe());
    for (const std::uint32_t number : world.mail) writer.varint(number);
    for (const std::size_t ballots : world.ballots) writer.varint(ballots);
    writer.varint(world.crashes);
    writer.varint(world.wipes);
    for (const std::string& value : world.decided) writer.sized(value);
    return hash128(writer.bytes());
  }

  void reach(ChainWorld world) {
    std::erase_if(world.mail,
                  [&](std::uint32_t number) { return !is_of_use(world, mail_[number]); });
    if (!seen_.insert(fingerprint(world)).second) return;
    findings_.decided += world.decided.empty() ? 0 : 1;
    if (world.decided.size() > 1) {
      ++findings_.split;
      return;
    }
    frontier_.push_back(std::move(world));
  }

  struct FingerprintHash {
    std::size_t operator()(const Hash128& hash) const { return hash.low; }
  };

  const ChainScheme& scheme_;
  std::vector<Mail> mail_;
  std::map<std::string, std::uint32_t> numbers_;
  std::unordered_set<Hash128, FingerprintHash> seen_;
  std::deque<ChainWorld> frontier_;
  ChainFindings findings_;
};

}  // namespace

ChainFindings search(const ChainScheme& scheme) {
  return ChainSearch(scheme).run();
}

}  // namespace starling

#include "minting_model_state.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "version/dot.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;
constexpr std::size_t kC = 2;
constexpr std::array<std::size_t, 2> kOwners{kA, kB};
constexpr std::array<std::size_t, 3> kNodes{kA, kB, kC};

WriteMask bit(std::size_t write) {
  return static_cast<WriteMask>(1U << write);
}

WriteMask join_masks(WriteMask left, WriteMask right) {
  return static_cast<WriteMask>(left | right);
}

ModelAction action_of(ModelVerb verb, std::size_t subject, std::size_t place) {
  return {.verb = verb,
          .subject = static_cast<std::uint8_t>(subject),
          .place = static_cast<std::uint8_t>(place)};
}

bool restores_backup(Fault fault) {
  return fault == Fault::OldBackup || fault == Fault::SilentRollback;
}

PlantedBug planted_in(const Scheme& scheme, std::size_t node) {
  if (scheme.minting != Minting::FixedActor) return PlantedBug::None;
  return node == kC ? PlantedBug::MintAtNonOwner : PlantedBug::ReuseCounter;
}

// The mistake of vectors_without_gaps: every actor's greatest counter, and all before it.
VectorClock without_gaps(const VectorClock& clock) {
  std::vector<VectorClock::Entry> prefix = clock.prefix();
  for (const Dot& dot : clock.cloud())
    prefix.push_back({.actor = dot.actor, .counter = dot.counter});
  return VectorClock::of(std::move(prefix));
}

VectorClock as_context(const Scheme& scheme, const VectorClock& clock) {
  return scheme.vectors_without_gaps ? without_gaps(clock) : clock;
}

// The mistake of LineagesFromClock: the newest lineage of this incarnation that the clock knows.
std::optional<Dot> last_own_dot(const VectorClock& clock, Incarnation incarnation) {
  std::optional<Dot> last;
  const VectorClock known = without_gaps(clock);
  for (const VectorClock::Entry& entry : known.prefix()) {
    if (entry.actor.incarnation == incarnation)
      last = Dot{.actor = entry.actor, .counter = entry.counter};
  }
  return last;
}

// A record in which two values share a dot refuses the other; a store without that alarm keeps its
// own value, and so does the model, to count what is lost by it.
void merge_keeping_own(SiblingSet& own, const SiblingSet& other) {
  if (own.sync(other)) return;
  std::vector<Sibling> theirs = other.siblings();
  for (Sibling& sibling : theirs) {
    for (const Sibling& mine : own.siblings())
      if (mine.dot == sibling.dot) sibling = mine;
  }
  static_cast<void>(own.sync(SiblingSet(other.clock(), std::move(theirs))));
}

// Plain vectors: the greater clock wins, and of two equal ones the first that came.
void merge_plain(std::vector<PlainVersion>& own, const PlainVersion& version) {
  const auto makes_needless = [&version](const PlainVersion& mine) {
    return mine.clock.covers(version.clock);
  };
  if (std::any_of(own.begin(), own.end(), makes_needless)) return;
  std::erase_if(own,
                [&version](const PlainVersion& mine) { return version.clock.covers(mine.clock); });
  own.push_back(version);
  std::sort(own.begin(), own.end(), [](const PlainVersion& left, const PlainVersion& right) {
    return left.write < right.write;
  });
}

void merge_copies(ModelCopy& own, const ModelCopy& other) {
  merge_keeping_own(own.record.versions, other.record.versions);
  for (const PlainVersion& version : other.plain) merge_plain(own.plain, version);
  own.holds = join_masks(own.holds, other.holds);
}

WriteMask visible_in(const ModelCopy& copy) {
  WriteMask visible = 0;
  for (const Sibling& sibling : copy.record.versions.siblings())
    visible = join_masks(visible, bit(sibling.value_hash));
  for (const PlainVersion& version : copy.plain) visible = join_masks(visible, bit(version.write));
  return visible;
}

VectorClock context_of(const ModelCopy& copy) {
  VectorClock context = copy.record.versions.clock();
  for (const PlainVersion& version : copy.plain) context.join(version.clock);
  return context;
}

void write_dot(ByteWriter& writer, const Dot& dot) {
  writer.u8(static_cast<std::uint8_t>(dot.actor.incarnation.value));
  writer.u8(static_cast<std::uint8_t>(dot.actor.lineage));
  writer.u8(static_cast<std::uint8_t>(dot.counter));
}

// Short, since all that is numbered here stays below 256.
void write_small_clock(ByteWriter& writer, const VectorClock& clock) {
  writer.u8(static_cast<std::uint8_t>(clock.prefix().size()));
  for (const VectorClock::Entry& entry : clock.prefix())
    write_dot(writer, {.actor = entry.actor, .counter = entry.counter});
  writer.u8(static_cast<std::uint8_t>(clock.cloud().size()));
  for (const Dot& dot : clock.cloud()) write_dot(writer, dot);
}

void write_copy(ByteWriter& writer, const ModelCopy& copy) {
  writer.u8(copy.holds);
  write_dot(writer, copy.record.mine.value_or(Dot{}));
  write_small_clock(writer, copy.record.versions.clock());
  // The clock of a plain version stands with its write, the value of a dot does too, unless two
  // writes share it.
  writer.u8(visible_in(copy));
}

}  // namespace

ModelState::ModelState(const Scheme& scheme) {
  for (const std::size_t node : kNodes) {
    const Incarnation incarnation{static_cast<std::uint64_t>('a') + node};
    replicas_.push_back(
        {.minter = Minter(incarnation, planted_in(scheme, node)), .lineages = 0, .copy = {}});
  }
}

std::vector<ModelAction> ModelState::possible_actions(const Scheme& scheme) const {
  std::vector<ModelAction> actions;
  // The clients are alike: who acts first is called the first.
  const std::size_t clients = clients_[0].has_acted ? 2 : 1;
  for (std::size_t client = 0; client < clients; ++client) add_requests(scheme, client, actions);
  for (const std::size_t place : kOwners) {
    for (std::size_t write = 0; write < writes_.size(); ++write) {
      if (is_news(write, replicas_[place]))
        actions.push_back(action_of(ModelVerb::Deliver, write, place));
    }
    if (!writes_.empty()) actions.push_back(action_of(ModelVerb::Repair, kA + kB - place, place));
  }
  add_faults(scheme, actions);
  return actions;
}

void ModelState::add_requests(const Scheme& scheme, std::size_t client,
                              std::vector<ModelAction>& actions) const {
  for (const std::size_t place : kNodes) {
    const bool may_mint = scheme.only_coordinator_mints == (place == kC);
    if (may_mint && writes_.size() < scheme.puts_max)
      actions.push_back(action_of(ModelVerb::Put, client, place));
    if (place != kC && gets_ < scheme.gets_max)
      actions.push_back(action_of(ModelVerb::Get, client, place));
  }
}

void ModelState::add_faults(const Scheme& scheme, std::vector<ModelAction>& actions) const {
  if (scheme.fault == Fault::None || has_failed_) return;
  const bool needs_backup = restores_backup(scheme.fault) && !backup_.has_value();
  actions.push_back(action_of(needs_backup ? ModelVerb::Backup : ModelVerb::Fail, kA, kA));
}

// What a copy has taken in already would change nothing.
bool ModelState::is_news(std::size_t write, const ModelReplica& replica) const {
  if ((replica.copy.holds & bit(write)) == 0) return true;
  return !replica.copy.record.versions.clock().covers(writes_[write].delta.clock());
}

void ModelState::apply(const Scheme& scheme, const ModelAction& action) {
  switch (action.verb) {
    case ModelVerb::Put:
      return put(scheme, clients_[action.subject], action.place);
    case ModelVerb::Get:
      ++gets_;
      return get(scheme, clients_[action.subject], replicas_[action.place]);
    case ModelVerb::Deliver:
      return deliver(action.subject, replicas_[action.place]);
    case ModelVerb::Repair:
      return repair(replicas_[action.subject], replicas_[action.place]);
    case ModelVerb::Backup:
      backup_ = replicas_[kA].copy;
      return;
    case ModelVerb::Fail:
      return fail(scheme);
  }
}

void ModelState::put(const Scheme& scheme, ModelClient& client, std::size_t place) {
  ModelReplica& replica = replicas_[place];
  client.has_acted = true;
  const WriteMask mask = bit(writes_.size());
  replica.copy.holds = join_masks(replica.copy.holds, mask);
  if (scheme.minting == Minting::PlainVector) {
    put_plain(scheme, replica, place, client);
  } else {
    put_dotted(scheme, replica, place, client);
  }
  client.known = join_masks(client.known, mask);
  // Not a replica: it forgets the key once it has sent the delta.
  if (place == kC) replica.copy = {};
}

// The mistake of node_wide_counter: the counter never repeats, but a clock of greatest entries then
// claims every smaller number, which were other keys' writes, or writes that nobody here has seen.
Minted ModelState::mint_with_node_counter(ModelReplica& replica, std::size_t place,
                                          const ModelClient& client, Sibling value) {
  const Actor node{.incarnation = Incarnation{static_cast<std::uint64_t>('a') + place},
                   .lineage = 0};
  value.dot = {.actor = node, .counter = ++replica.counter};
  SiblingSet& versions = replica.copy.record.versions;
  versions.discard(client.context);
  versions.add(value);
  versions = SiblingSet(without_gaps(versions.clock()), versions.siblings());
  VectorClock claimed = client.context;
  claimed.add(value.dot);
  const Dot dot = value.dot;
  return {.dot = dot, .delta = SiblingSet(without_gaps(claimed), {std::move(value)})};
}

void ModelState::put_dotted(const Scheme& scheme, ModelReplica& replica, std::size_t place,
                            ModelClient& client) {
  ReplicaRecord& record = replica.copy.record;
  if (scheme.minting == Minting::LineagesFromClock)
    record.mine = last_own_dot(record.versions.clock(), replica.minter.incarnation());
  if (!scheme.node_wide_counter) start_incarnation_if_surprised(replica, client.context);
  Sibling value;
  value.value_hash = writes_.size();
  Minted minted = scheme.node_wide_counter
                      ? mint_with_node_counter(replica, place, client, std::move(value))
                      : replica.minter.mint(record, client.context, std::move(value));
  if (minted.dot.counter == 1) ++replica.lineages;
  if (scheme.vectors_without_gaps) {
    VectorClock claimed = without_gaps(minted.delta.clock());
    minted.delta = SiblingSet(std::move(claimed), minted.delta.siblings());
  }
  client.context = scheme.answers_whole_context ? record.versions.clock() : minted.delta.clock();
  if (scheme.answers_without_gaps) client.context = without_gaps(client.context);
  writes_.push_back(
      {.dot = minted.dot, .delta = std::move(minted.delta), .plain = {}, .history = client.known});
}

void ModelState::put_plain(const Scheme& scheme, ModelReplica& replica, std::size_t place,
                           ModelClient& client) {
  const Actor server{.incarnation = Incarnation{static_cast<std::uint64_t>('a') + place},
                     .lineage = 0};
  VectorClock known = client.context;
  known.join(context_of(replica.copy));
  ++replica.counter;
  const std::uint64_t counter =
      scheme.node_wide_counter ? replica.counter : known.greatest(server) + 1;
  const Dot dot{.actor = server, .counter = counter};
  VectorClock stamped = client.context;
  stamped.add(dot);
  const PlainVersion version{.clock = without_gaps(stamped),
                             .write = static_cast<std::uint8_t>(writes_.size())};
  merge_plain(replica.copy.plain, version);
  client.context = scheme.answers_whole_context ? context_of(replica.copy) : version.clock;
  writes_.push_back({.dot = dot, .delta = {}, .plain = version, .history = client.known});
}

// The client forgets what it knew before: its next put stands on this answer alone.
void ModelState::get(const Scheme& scheme, ModelClient& client, const ModelReplica& replica) const {
  client.has_acted = true;
  client.context = as_context(scheme, context_of(replica.copy));
  client.known = visible_in(replica.copy);
  for (std::size_t write = 0; write < writes_.size(); ++write) {
    if ((visible_in(replica.copy) & bit(write)) != 0)
      client.known = join_masks(client.known, writes_[write].history);
  }
}

void ModelState::deliver(std::size_t write, ModelReplica& replica) {
  const ModelWrite& sent = writes_[write];
  ModelCopy incoming;
  incoming.record.versions = sent.delta;
  if (!sent.plain.clock.empty()) incoming.plain = {sent.plain};
  incoming.holds = bit(write);
  start_incarnation_if_surprised(replica, sent.delta.clock());
  merge_copies(replica.copy, incoming);
}

void ModelState::repair(const ModelReplica& from, ModelReplica& into) {
  start_incarnation_if_surprised(into, from.copy.record.versions.clock());
  merge_copies(into.copy, from.copy);
}

void ModelState::fail(const Scheme& scheme) {
  ModelReplica& replica = replicas_[kA];
  has_failed_ = true;
  replica.copy = backup_.value_or(ModelCopy{});
  backup_.reset();
  if (scheme.fault == Fault::CopyLost || scheme.fault == Fault::OldBackup)
    start_incarnation(replica);
}

void ModelState::start_incarnation(ModelReplica& replica) {
  ++incarnations_begun_;
  replica.minter.start_incarnation(
      Incarnation{static_cast<std::uint64_t>('m') + incarnations_begun_});
  replica.lineages = 0;
}

void ModelState::start_incarnation_if_surprised(ModelReplica& replica,
                                                const VectorClock& incoming) {
  if (replica.minter.is_surprised_by(replica.copy.record.mine, incoming))
    start_incarnation(replica);
}

Hash128 ModelState::fingerprint() const {
  ByteWriter writer;
  for (const ModelReplica& replica : replicas_) {
    writer.u8(static_cast<std::uint8_t>(replica.minter.incarnation().value));
    writer.u8(static_cast<std::uint8_t>(replica.lineages));
    writer.u8(static_cast<std::uint8_t>(replica.counter));
    write_copy(writer, replica.copy);
  }
  for (const ModelClient& client : clients_) {
    write_small_clock(writer, client.context);
    writer.u8(client.known);
    writer.u8(client.has_acted ? 1 : 0);
  }
  writer.u8(static_cast<std::uint8_t>(writes_.size()));
  for (const ModelWrite& write : writes_) {
    write_dot(writer, write.dot);
    writer.u8(write.history);
    write_small_clock(writer, write.delta.clock());
    write_small_clock(writer, write.plain.clock);
  }
  writer.u8(backup_.has_value() ? 1 : 0);
  if (backup_.has_value()) write_copy(writer, *backup_);
  writer.u8(static_cast<std::uint8_t>(gets_));
  writer.u8(static_cast<std::uint8_t>(incarnations_begun_));
  writer.u8(has_failed_ ? 1 : 0);
  return hash128(writer.bytes());
}

WriteMask ModelState::surviving() const {
  return join_masks(replicas_[kA].copy.holds, replicas_[kB].copy.holds);
}

WriteMask ModelState::visible_after_merge(std::size_t into, std::size_t from) const {
  ModelCopy merged = replicas_[into].copy;
  merge_copies(merged, replicas_[from].copy);
  return visible_in(merged);
}

}  // namespace starling

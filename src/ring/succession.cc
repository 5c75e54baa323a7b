#include "ring/succession.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/member.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/slot_step.h"

namespace starling {
namespace {

bool has_store(const Configuration& configuration, NodeId node, StoreId store) {
  const ConfigMember* const member = configuration.member(node);
  return member != nullptr && member->store == store;
}

}  // namespace

ProposalFacts::ProposalFacts(const Configuration& configuration, const ProposalEvidence& evidence)
    : losses_accepted_(evidence.losses_accepted) {
  for (const StoreAdoption& fact : evidence.adoptions) {
    if (has_store(configuration, fact.adoption.node, fact.store)) {
      adoptions_.push_back(fact.adoption);
    }
  }
  for (const StoreFilling& fact : evidence.fillings) {
    const bool current = has_store(configuration, fact.filling.sink, fact.sink_store) &&
                         has_store(configuration, fact.filling.source, fact.source_store);
    if (current) fillings_.push_back(fact);
  }
  std::ranges::stable_sort(fillings_, {}, &StoreFilling::partition);
}

StepVerdict ProposalFacts::judge(const SlotRow& row, const RowStep& step,
                                 PartitionId partition) const {
  std::vector<Filling> fillings;
  for (const StoreFilling& fact :
       std::ranges::equal_range(fillings_, partition, {}, &StoreFilling::partition)) {
    fillings.push_back(fact.filling);
  }
  const bool loss_accepted =
      std::ranges::find(losses_accepted_, partition) != losses_accepted_.end();
  return may_advance(
      row, step, {.adoptions = adoptions_, .fillings = fillings, .loss_accepted = loss_accepted});
}

namespace {

Status refused(const std::string& why) {
  return {StatusCode::Failure, "a proposed configuration is refused: " + why};
}

std::string row_text(std::size_t partition) {
  return "the row of partition " + std::to_string(partition);
}

std::string_view reason(StepVerdict verdict) {
  switch (verdict) {
    case StepVerdict::Allowed:
      return "is allowed";
    case StepVerdict::WrongState:
      return "does not fit the row";
    case StepVerdict::NotFilled:
      return "comes before its data";
    case StepVerdict::NotRetired:
      return "comes while a former reader may still answer";
  }
  return "";
}

Status check_fixed(const Configuration& before, const Configuration& after) {
  if (after.epoch.value != before.epoch.value + 1 || after.previous != digest_of(before)) {
    return refused("it does not follow epoch " + std::to_string(before.epoch.value));
  }
  const bool same = before.cluster == after.cluster && before.cluster_id == after.cluster_id &&
                    before.token_seed == after.token_seed &&
                    before.context_key == after.context_key &&
                    before.rows.size() == after.rows.size();
  return same ? Status::success() : refused("what is fixed for good differs");
}

Status check_voters(const Configuration& after) {
  for (const Voter& voter : after.voters) {
    if (after.member(voter.node)->store != voter.store) {
      return refused("the disk of the voter " + after.member(voter.node)->member.name +
                     " is not its member's");
    }
  }
  return Status::success();
}

// Members whose disk is another one than before.
std::vector<NodeId> wiped_members(const Configuration& before, const Configuration& after) {
  std::vector<NodeId> wiped;
  for (const ConfigMember& member : before.members) {
    const ConfigMember* const now = after.member(member.member.id);
    if (now != nullptr && now->store != member.store) wiped.push_back(member.member.id);
  }
  return wiped;
}

// Whether, after its step, the slot counts on the new disk of `node` for nothing that was on the
// old one.
bool starts_afresh(const Slot& slot, NodeId node) {
  const SlotNodes nodes = write_nodes(slot);
  if (std::ranges::find(nodes, node) == nodes.end()) return true;
  // A target that is read no more is filled again before it is.
  const bool filled_again = slot.state == SlotState::Copying && slot.target == node;
  return slot.state == SlotState::Vacant || filled_again;
}

// An acknowledgement given before a disk was lost must never be added up with one given after it:
// the version of each row that the disk was in changes in the same epoch.
Status check_wiped(const Configuration& before, const Configuration& after,
                   const std::vector<NodeId>& wiped) {
  for (const NodeId node : wiped) {
    for (std::size_t i = 0; i < before.rows.size(); ++i) {
      if (!is_in_row(before.rows[i], node)) continue;
      const bool changed = after.row_versions[i].value == after.epoch.value;
      const bool afresh = std::ranges::all_of(
          after.rows[i], [&](const Slot& slot) { return starts_afresh(slot, node); });
      const auto own = std::ranges::find_if(after.rows[i], [&](const Slot& slot) {
        const SlotNodes nodes = write_nodes(slot);
        return std::ranges::find(nodes, node) != nodes.end();
      });
      const bool own_step = own == after.rows[i].end() || own->since == after.epoch;
      if (!changed || !afresh || !own_step) {
        return refused(row_text(i) + " counts on the new disk of " +
                       after.member(node)->member.name);
      }
    }
  }
  return Status::success();
}

Status check_row(const Configuration& before, const Configuration& after, std::size_t index,
                 const ProposalFacts& facts) {
  const SlotRow& row = before.rows[index];
  if (row == after.rows[index]) {
    const bool same_version = before.row_versions[index] == after.row_versions[index];
    return same_version ? Status::success()
                        : refused(row_text(index) + " has a new version and no step");
  }
  const std::optional<RowStep> step = step_between(row, after.rows[index], after.epoch);
  if (!step || after.row_versions[index].value != after.epoch.value) {
    return refused(row_text(index) + " takes no single step");
  }
  const auto partition = PartitionId{static_cast<std::uint16_t>(index)};
  const StepVerdict verdict = facts.judge(row, *step, partition);
  if (verdict == StepVerdict::Allowed) return Status::success();
  return refused("the step '" + std::string(to_text(step->step)) + "' of partition " +
                 std::to_string(index) + " " + std::string(reason(verdict)));
}

}  // namespace

Status check_succession(const Configuration& before, const Configuration& after,
                        const ProposalEvidence& evidence) {
  STARLING_RETURN_IF_ERROR(check_fixed(before, after));
  STARLING_RETURN_IF_ERROR(check_voters(after));
  STARLING_RETURN_IF_ERROR(check_wiped(before, after, wiped_members(before, after)));
  const ProposalFacts facts(after, evidence);
  for (std::size_t i = 0; i < before.rows.size(); ++i) {
    STARLING_RETURN_IF_ERROR(check_row(before, after, i, facts));
  }
  return Status::success();
}

Configuration successor_of(const Configuration& before) {
  Configuration after = before;
  after.previous = digest_of(before);
  ++after.epoch.value;
  return after;
}

void take_step(Configuration& after, PartitionId partition, const RowStep& step) {
  SlotRow& row = after.rows[partition.value];
  row = after_step(row, step, after.epoch);
  after.row_versions[partition.value] = RowVersion{after.epoch.value};
}

namespace {

// Epoch 0, by which epoch 1 is bound to those who founded it.
Hash128 digest_of_founders(const ClusterConfig& config) {
  const ConfigDigest digest = digest_of(config);
  ByteWriter writer;
  for (const Hash128& hash :
       {digest.cluster, digest.partitions, digest.replicas, digest.founders, digest.secret}) {
    writer.u64(hash.high);
    writer.u64(hash.low);
  }
  return hash128(writer.bytes());
}

SlotRow settled(const Row& owners, Epoch epoch) {
  SlotRow row;
  for (const NodeId owner : owners) row.push_back({.holder = owner, .since = epoch});
  return row;
}

}  // namespace

std::size_t voters_for(std::size_t members) {
  if (members <= 3) return members;
  return std::min(members - (members % 2 == 0 ? 1 : 0), kVotersMax);
}

Configuration genesis_of(const ClusterConfig& config, const std::vector<StoreId>& stores,
                         const FoundingDraw& draw) {
  STARLING_CHECK(stores.size() == config.founders.size());
  Configuration first{.cluster = config.cluster,
                      .cluster_id = draw.cluster_id,
                      .token_seed = draw.token_seed,
                      .context_key = draw.context_key,
                      .epoch = Epoch{1},
                      .previous = digest_of_founders(config),
                      .replicas = config.replicas};
  for (std::size_t i = 0; i < stores.size(); ++i) {
    first.members.push_back({.member = config.founders[i], .store = stores[i]});
  }
  const auto by_name = [](const ConfigMember& member) -> std::string_view {
    return member.member.name;
  };
  std::ranges::sort(first.members, {}, by_name);
  for (std::size_t i = 0; i < voters_for(stores.size()); ++i) {
    first.voters.push_back({.node = first.members[i].member.id, .store = first.members[i].store});
  }
  std::ranges::sort(first.voters);
  const PlacementTable table = plan_placement(
      {},
      {.partitions = config.partitions, .replicas = config.replicas, .members = config.founders});
  for (const Row& owners : table) first.rows.push_back(settled(owners, first.epoch));
  first.row_versions.assign(first.rows.size(), RowVersion{first.epoch.value});
  return first;
}

Status check_genesis(const ClusterConfig& config, const Configuration& first) {
  STARLING_RETURN_IF_ERROR(first.check());
  std::vector<StoreId> stores;
  for (const RingMember& founder : config.founders) {
    const ConfigMember* const member = first.member(founder.id);
    if (member == nullptr) return refused("the founder " + founder.name + " is no member of it");
    stores.push_back(member->store);
  }
  const Configuration expected = genesis_of(config, stores,
                                            {.cluster_id = first.cluster_id,
                                             .token_seed = first.token_seed,
                                             .context_key = first.context_key});
  if (first != expected) return refused("it does not follow from the founders");
  return Status::success();
}

}  // namespace starling

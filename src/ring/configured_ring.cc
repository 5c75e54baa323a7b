#include "ring/configured_ring.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/placement.h"
#include "ring/ring.h"
#include "ring/slot.h"

namespace starling {
namespace {

bool is_served(const Slot& slot) {
  const bool untouched = slot.state == SlotState::Settled;
  return untouched || (slot.state == SlotState::Copying && !slot.read_before);
}

}  // namespace

Status check_served(const Configuration& configuration) {
  const std::size_t slots = configuration.rows.front().size();
  for (std::size_t i = 0; i < configuration.rows.size(); ++i) {
    bool served = configuration.rows[i].size() == slots;
    for (const Slot& slot : configuration.rows[i]) served = served && is_served(slot);
    if (!served) {
      return {StatusCode::Failure, "in epoch " + std::to_string(configuration.epoch.value) +
                                       " the owners of partition " + std::to_string(i) +
                                       " change in a way that this version can not serve"};
    }
  }
  return Status::success();
}

Result<std::shared_ptr<const Ring>> ring_of(const Configuration& configuration) {
  STARLING_RETURN_IF_ERROR(check_served(configuration));
  std::vector<RingMember> members;
  members.reserve(configuration.members.size());
  for (const ConfigMember& member : configuration.members) members.push_back(member.member);
  PlacementTable rows;
  rows.reserve(configuration.rows.size());
  for (const SlotRow& slots : configuration.rows) {
    Row row;
    for (const Slot& slot : slots) row.push_back(slot.holder);
    rows.push_back(std::move(row));
  }
  return std::make_shared<const Ring>(configuration.epoch, configuration.token_seed,
                                      std::move(members), std::move(rows),
                                      configuration.row_versions);
}

std::shared_ptr<const Ring> provisional_ring(const ClusterConfig& config) {
  const std::shared_ptr<const Ring> first = first_ring(config);
  PlacementTable rows;
  rows.reserve(first->partitions());
  for (std::uint32_t p = 0; p < first->partitions(); ++p) {
    const auto owners = first->row(PartitionId{static_cast<std::uint16_t>(p)});
    rows.emplace_back(owners.begin(), owners.end());
  }
  std::vector<RowVersion> versions(rows.size(), RowVersion{});
  return std::make_shared<const Ring>(Epoch{}, first->token_seed(), first->members(),
                                      std::move(rows), std::move(versions));
}

}  // namespace starling

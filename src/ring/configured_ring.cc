#include "ring/configured_ring.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/placement.h"
#include "ring/ring.h"

namespace starling {
std::shared_ptr<const Ring> ring_of(const Configuration& configuration) {
  std::vector<RingMember> members;
  members.reserve(configuration.members.size());
  for (const ConfigMember& member : configuration.members) {
    members.push_back(member.member);
    if (member.intent != MemberIntent::Stay) members.back().weight = 0;
  }
  return std::make_shared<const Ring>(configuration.epoch, configuration.token_seed,
                                      std::move(members), configuration.rows,
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
  const std::vector<RowVersion> versions(rows.size(), RowVersion{});
  return std::make_shared<const Ring>(Epoch{}, first->token_seed(), first->members(), rows,
                                      versions);
}

}  // namespace starling

#include "daemon/founding.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "daemon/settings.h"
#include "replica/founding_config.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/member.h"

namespace starling {
namespace {

// As --initial-cluster spells it.
std::string list_of(const std::vector<RingMember>& founders) {
  std::string list;
  for (const RingMember& founder : founders) {
    list += (list.empty() ? "" : ",") + founder.name + "=" + founder.address;
    if (!founder.zone.empty()) list += "@" + founder.zone;
  }
  return list;
}

// What was asked for at `origin`, and what is remembered.
struct Difference {
  std::string origin;
  std::string asked;
  std::string stored;
};

Status refuse(const DaemonSettings& settings, const Difference& difference,
              std::string_view remedy) {
  return {StatusCode::Usage, difference.origin + ": asks for " + difference.asked +
                                 ", but the data directory '" + settings.data_dir +
                                 "' was founded with " + difference.stored + "; " +
                                 std::string(remedy)};
}

Status check_number(const DaemonSettings& settings, const std::string& origin, std::uint32_t asked,
                    std::uint32_t stored) {
  if (origin.empty() || asked == stored) return Status::success();
  return refuse(
      settings,
      {.origin = origin, .asked = std::to_string(asked), .stored = std::to_string(stored)},
      "it is fixed when the cluster is founded: leave it out, or give another --data-dir");
}

Status check_list(const DaemonSettings& settings, const FoundingConfig& stored) {
  const std::vector<RingMember> asked = founding_of(settings.cluster).founders;
  if (asked == stored.founders && !settings.waits_to_join) return Status::success();
  return refuse(settings,
                {.origin = settings.founding.founders,
                 .asked = settings.waits_to_join ? "none" : list_of(asked),
                 .stored = list_of(stored.founders)},
                "members change by the commands of starling cluster: leave it out, or give another "
                "--data-dir");
}

// A list would make a member of another cluster of a node that was joined to one, or waits for it.
Status check_joined(const DaemonSettings& settings) {
  if (settings.founding.founders.empty() || settings.waits_to_join) return Status::success();
  return refuse(settings,
                {.origin = settings.founding.founders,
                 .asked = list_of(settings.cluster.founders),
                 .stored = "--initial-cluster none"},
                "it was joined to its cluster, or waits to be: say none, or leave it out");
}

Status check_address(const DaemonSettings& settings, const std::string& asked,
                     const std::string& known) {
  if (asked == known) return Status::success();
  return refuse(settings,
                {.origin = "--listen or --advertise",
                 .asked = settings.name + "=" + asked,
                 .stored = settings.name + "=" + known},
                "the others reach it there: listen at that address, or --advertise it");
}

// Without a list the settings hold this node alone, at the address it would have.
Status check_own_address(const DaemonSettings& settings, const FoundingConfig& stored) {
  const auto asked = std::ranges::find(settings.cluster.founders, settings.name, &RingMember::name);
  const auto own = std::ranges::find(stored.founders, settings.name, &RingMember::name);
  if (own == stored.founders.end() || asked == settings.cluster.founders.end()) {
    return {StatusCode::Usage, "--name: '" + settings.name + "' is not among the founders " +
                                   list_of(stored.founders) + " that the data directory '" +
                                   settings.data_dir + "' remembers; give another --data-dir"};
  }
  return check_address(settings, asked->address, own->address);
}

}  // namespace

Result<ClusterConfig> recalled_cluster(const DaemonSettings& settings,
                                       const FoundingConfig& stored) {
  const FoundingOrigins& origins = settings.founding;
  STARLING_RETURN_IF_ERROR(
      check_number(settings, origins.partitions, settings.cluster.partitions, stored.partitions));
  STARLING_RETURN_IF_ERROR(
      check_number(settings, origins.replicas, settings.cluster.replicas, stored.replicas));
  ClusterConfig cluster = settings.cluster;
  cluster.partitions = stored.partitions;
  cluster.replicas = stored.replicas;
  if (stored.founders.empty()) {
    STARLING_RETURN_IF_ERROR(check_joined(settings));
    return cluster;
  }
  STARLING_RETURN_IF_ERROR(origins.founders.empty() ? check_own_address(settings, stored)
                                                    : check_list(settings, stored));
  cluster.founders = stored.founders;
  return cluster;
}

Status check_joined_address(const DaemonSettings& settings, const Configuration& adopted) {
  const ConfigMember* const known = adopted.member(node_id_of(settings.name));
  const auto asked = std::ranges::find(settings.cluster.founders, settings.name, &RingMember::name);
  // One that left is reached by nobody.
  if (known == nullptr || asked == settings.cluster.founders.end()) return Status::success();
  return check_address(settings, asked->address, known->member.address);
}

}  // namespace starling

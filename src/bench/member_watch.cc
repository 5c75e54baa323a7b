#include "bench/member_watch.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/result.h"

namespace starling::bench {
namespace {

ClientOptions options_of(std::vector<std::string> endpoints) {
  return {.endpoints = std::move(endpoints), .routing = Routing::Endpoints, .rounds = 1};
}

}  // namespace

Result<MemberWatch> MemberWatch::find(const std::vector<std::string>& endpoints,
                                      std::chrono::milliseconds timeout) {
  Client client(options_of(endpoints));
  STARLING_ASSIGN_OR_RETURN(asked, const ClusterStatus status, client.cluster_status(timeout));
  MemberWatch watch;
  watch.timeout_ = timeout;
  watch.every_member_owns_all_ = status.members.size() <= status.replicas;
  for (const MemberStatus& member : status.members) {
    // A member that is down uses no processor time.
    if (member.state == "down") continue;
    auto own = std::make_unique<Client>(options_of({member.address}));
    const Result<NodeStatus> node = own->node_info(timeout);
    // An address that leads elsewhere from here, as behind a translation of addresses.
    if (!node.ok() || node->id != member.id) {
      watch.complete_ = false;
      continue;
    }
    watch.addresses_.push_back(member.address);
    watch.members_.push_back(
        {.client = std::move(own), .incarnation = node->incarnation, .cpu_us = node->cpu_us});
  }
  if (watch.addresses_.empty()) watch.addresses_ = endpoints;
  return watch;
}

std::optional<std::uint64_t> MemberWatch::cpu_used() {
  if (!complete_ || members_.empty()) return std::nullopt;
  std::uint64_t used = 0;
  for (Member& member : members_) {
    const Result<NodeStatus> node = member.client->node_info(timeout_);
    const bool same = node.ok() && node->incarnation == member.incarnation;
    if (!same || node->cpu_us < member.cpu_us) return std::nullopt;
    used += node->cpu_us - member.cpu_us;
  }
  return used;
}

}  // namespace starling::bench

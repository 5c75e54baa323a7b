#include "message/hello.h"

#include <optional>
#include <string>
#include <string_view>

#include "starling/status.h"

#include "base/hash.h"
#include "ring/cluster_config.h"

namespace starling {
namespace {

Status refuse(const std::string& why) {
  return {StatusCode::Failure, why};
}

// What two nodes that are not both founders must have in common.
ConfigDigest without_founding(ConfigDigest digest, const Hello& mine, const Hello& theirs) {
  const bool one_joins = mine.waits_to_join || theirs.waits_to_join;
  digest.founders = {};
  digest.replicas = {};
  // A cluster's members have its partitions, whatever they were started with.
  if (!one_joins) digest.partitions = {};
  return digest;
}

Status check_peer(const Hello& mine, const Hello& theirs) {
  const bool both_know = mine.cluster_id != Hash128{} && theirs.cluster_id != Hash128{};
  if (both_know && mine.cluster_id != theirs.cluster_id) {
    return refuse("'" + mine.name + "' and '" + theirs.name +
                  "' belong to two clusters of the same name: each has been founded by itself");
  }
  const bool one_joins = mine.waits_to_join || theirs.waits_to_join;
  if (one_joins && mine.cluster_id == theirs.cluster_id) {
    return refuse("'" + mine.name + "' and '" + theirs.name +
                  "' are no members of a cluster yet, and one of them waits to be joined to one");
  }
  const bool founders = !both_know && !one_joins;
  const std::optional<std::string_view> difference =
      founders ? first_difference(mine.config, theirs.config)
               : first_difference(without_founding(mine.config, mine, theirs),
                                  without_founding(theirs.config, mine, theirs));
  if (!difference.has_value()) return Status::success();
  return refuse("'" + mine.name + "' and '" + theirs.name + "' were started with different --" +
                std::string(*difference) + ": members of one cluster must agree on it");
}

}  // namespace

Status check_hello(const Hello& mine, const Hello& theirs) {
  if (!theirs.refusal.empty()) {
    // Nothing was asked yet, so a code that speaks of what was would be a lie.
    const bool later = is_retryable(theirs.refusal_code);
    return {later ? theirs.refusal_code : StatusCode::Failure,
            "refused by the other side: " + theirs.refusal};
  }
  if (mine.protocol != theirs.protocol) {
    return refuse("protocol version " + std::to_string(theirs.protocol) +
                  " is not spoken here, only " + std::to_string(mine.protocol) +
                  ": use programs of the same release");
  }
  const bool named = !theirs.cluster.empty() && !mine.cluster.empty();
  if (named && theirs.cluster != mine.cluster) {
    return refuse("cluster names differ: '" + mine.cluster + "' here, '" + theirs.cluster +
                  "' there (--cluster)");
  }
  const bool both_peers = mine.role == HelloRole::Peer && theirs.role == HelloRole::Peer;
  return both_peers ? check_peer(mine, theirs) : Status::success();
}

}  // namespace starling

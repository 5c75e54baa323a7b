#include "message/hello.h"

#include <optional>
#include <string>
#include <string_view>

#include "starling/status.h"

#include "ring/cluster_config.h"

namespace starling {
namespace {

Status refuse(const std::string& why) {
  return {StatusCode::Failure, why};
}

Status check_peer(const Hello& mine, const Hello& theirs) {
  const std::optional<std::string_view> difference = first_difference(mine.config, theirs.config);
  if (!difference.has_value()) return Status::success();
  return refuse("'" + mine.name + "' and '" + theirs.name + "' were started with different --" +
                std::string(*difference) + ": founders of one cluster must agree on it");
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

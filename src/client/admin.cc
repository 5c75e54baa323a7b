#include "starling/admin.h"

#include <chrono>
#include <string>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "client/checks.h"
#include "client/engine.h"
#include "message/answers.h"
#include "message/client_messages.h"

namespace starling {

Result<ClusterStatus> Client::cluster_status(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(
      called, const ClusterStatusReply reply,
      engine_->call_for<ClusterStatusReply>(ClientClusterStatus{}, {timeout}));
  return cluster_status_of(reply);
}

Result<RingTable> Client::cluster_ring(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(called, const ClusterRingReply reply,
                            engine_->call_for<ClusterRingReply>(ClientClusterRing{}, {timeout}));
  return ring_table_of(reply);
}

Result<PartitionOwnership> Client::cluster_ring_of(std::string_view bucket, std::string_view key,
                                                   std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_RETURN_IF_ERROR(check_bucket(bucket));
  STARLING_RETURN_IF_ERROR(check_key(key));
  const ClientClusterRing request{
      .address = KeyAddress{.bucket = std::string(bucket), .key = std::string(key)}};
  STARLING_ASSIGN_OR_RETURN(called, const ClusterRingReply reply,
                            engine_->call_for<ClusterRingReply>(request, {timeout}));
  const RingTable table = ring_table_of(reply);
  if (table.partitions.size() == 1) return table.partitions.front();
  return Status(StatusCode::Failure, "the server did not say who owns the key");
}

Result<DigestTable> Client::cluster_digest(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(
      called, const ClusterDigestReply reply,
      engine_->call_for<ClusterDigestReply>(ClientClusterDigest{}, {timeout}));
  return digest_table_of(reply);
}

Result<TaskList> Client::cluster_tasks(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(called, const ClusterTasksReply reply,
                            engine_->call_for<ClusterTasksReply>(ClientClusterTasks{}, {timeout}));
  return task_list_of(reply);
}

Result<NodeStatus> Client::node_info(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(called, const NodeInfoReply reply,
                            engine_->call_for<NodeInfoReply>(ClientNodeInfo{}, {timeout}));
  return node_status_of(reply);
}

}  // namespace starling

#include "starling/admin.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "client/checks.h"
#include "client/engine.h"
#include "message/answers.h"
#include "message/client_messages.h"
#include "ring/partition.h"

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

namespace {

// Written as answers write it: 16 hexadecimal digits.
Result<std::uint64_t> plan_number_of(std::string_view text) {
  const std::optional<std::uint64_t> number = number_named(text);
  if (number.value_or(0) != 0) return *number;
  return Status(StatusCode::Usage,
                "'" + std::string(text) + "' names no plan: take what cluster plan shows");
}

Result<ChangeReport> order_change(ClientEngine& engine, ChangeOrder order,
                                  std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(called, ClusterChangeReply reply,
                            engine.call_for<ClusterChangeReply>(
                                ClientClusterChange{.order = std::move(order)}, {timeout}));
  return change_report_of(std::move(reply));
}

// Asks the node itself. It is asked by name at one place: routing and other endpoints are of no
// use.
Result<Newcomer> newcomer_at(const std::string& address, const std::string& zone,
                             std::chrono::milliseconds timeout) {
  Client client({.endpoints = {address}, .routing = Routing::Endpoints, .rounds = 1});
  STARLING_ASSIGN_OR_RETURN(asked, const NodeStatus node, client.node_info(timeout));
  if (!node.waits_to_join) {
    return Status(StatusCode::Usage,
                  "'" + node.name + "' at " + address +
                      " does not wait to be joined: it belongs to "
                      "a cluster" +
                      (node.cluster.empty() ? "" : " '" + node.cluster + "'") +
                      ", or its data directory does. Start it with an empty --data-dir and "
                      "--initial-cluster none");
  }
  const std::optional<Hash128> store = hash128_named(node.store_id);
  const std::optional<Hash128> secret = hash128_named(node.secret_digest);
  if (!store.has_value() || !secret.has_value()) {
    return Status(StatusCode::Failure, "'" + node.name + "' at " + address +
                                           " does not say which store it has: its version is "
                                           "another one");
  }
  return Newcomer{.name = node.name,
                  .cluster = node.cluster,
                  .address = node.address,
                  .zone = zone,
                  .store = *store,
                  .secret = *secret,
                  .partitions = node.partitions_of_cluster};
}

}  // namespace

Result<ChangeReport> Client::cluster_join(const std::string& address, const std::string& zone,
                                          std::chrono::milliseconds timeout) {
  return cluster_replace({}, address, zone, timeout);
}

Result<ChangeReport> Client::cluster_replace(std::string_view member, const std::string& address,
                                             const std::string& zone,
                                             std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(met, Newcomer newcomer, newcomer_at(address, zone, timeout));
  return order_change(*engine_,
                      {.verb = member.empty() ? ChangeVerb::Join : ChangeVerb::Replace,
                       .member = std::string(member),
                       .newcomer = std::move(newcomer)},
                      timeout);
}

Result<ChangeReport> Client::cluster_leave(std::string_view member,
                                           std::chrono::milliseconds timeout) {
  return order_change(*engine_, {.verb = ChangeVerb::Leave, .member = std::string(member)},
                      timeout);
}

Result<ChangeReport> Client::cluster_remove(std::string_view member,
                                            std::chrono::milliseconds timeout) {
  return order_change(*engine_, {.verb = ChangeVerb::Remove, .member = std::string(member)},
                      timeout);
}

Result<ChangeReport> Client::cluster_plan(std::chrono::milliseconds timeout) {
  return order_change(*engine_, {.verb = ChangeVerb::Plan, .member = {}}, timeout);
}

Result<ChangeReport> Client::cluster_commit(std::string_view plan,
                                            std::chrono::milliseconds timeout) {
  STARLING_ASSIGN_OR_RETURN(read, const std::uint64_t number, plan_number_of(plan));
  return order_change(*engine_, {.verb = ChangeVerb::Commit, .member = {}, .plan = number},
                      timeout);
}

Result<ChangeReport> Client::cluster_abort(std::chrono::milliseconds timeout) {
  return order_change(*engine_, {.verb = ChangeVerb::Abort, .member = {}}, timeout);
}

RepairRun Client::new_repair(std::optional<std::uint32_t> partition, bool dry_run) {
  const RequestId id = engine_->next_request_id();
  return {.id_high = id.client.high,
          .id_low = id.client.low + id.counter,
          .partition = partition,
          .dry_run = dry_run};
}

Result<RepairReport> Client::cluster_repair(const RepairRun& run,
                                            std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  RepairOrder order{
      .run = {.high = run.id_high, .low = run.id_low}, .partition = {}, .dry_run = run.dry_run};
  if (run.partition.has_value()) {
    if (*run.partition >= kPartitionsMax) {
      return Status(StatusCode::Usage, "there is no partition " + std::to_string(*run.partition));
    }
    order.partition = PartitionId{static_cast<std::uint16_t>(*run.partition)};
  }
  STARLING_ASSIGN_OR_RETURN(
      called, ClusterRepairReply reply,
      engine_->call_for<ClusterRepairReply>(ClientClusterRepair{.order = order}, {timeout}));
  return repair_report_of(std::move(reply));
}

Result<NodeStatus> Client::node_info(std::chrono::milliseconds timeout) {
  STARLING_RETURN_IF_ERROR(check_timeout(timeout));
  STARLING_ASSIGN_OR_RETURN(called, const NodeInfoReply reply,
                            engine_->call_for<NodeInfoReply>(ClientNodeInfo{}, {timeout}));
  return node_status_of(reply);
}

}  // namespace starling

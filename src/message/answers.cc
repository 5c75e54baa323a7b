#include "message/answers.h"

#include <chrono>
#include <utility>

#include "starling/admin.h"
#include "starling/read_result.h"

#include "base/ids.h"
#include "message/client_messages.h"

namespace starling {
namespace {

Replies replies_of(const ReplyCounts& counts) {
  return {.required = counts.required, .received = counts.received, .primaries = counts.primaries};
}

SiblingValue sibling_of(SiblingReply sibling) {
  const std::chrono::milliseconds since_1970(sibling.modified.milliseconds);
  return {.value = std::move(sibling.value),
          .content_type = std::move(sibling.content_type),
          .modified = std::chrono::sys_time<std::chrono::milliseconds>(since_1970),
          .dot = std::move(sibling.dot)};
}

MemberStatus member_of(const MemberReply& member) {
  return {.name = member.name,
          .id = to_text(member.id.value),
          .address = member.address,
          .http = member.http,
          .zone = member.zone,
          .state = member.state,
          .state_seconds = member.state_seconds,
          .partitions = member.partitions,
          .hints_pending = member.hints_pending};
}

PartitionDigestTable digests_of(const PartitionDigests& digests) {
  PartitionDigestTable table{.partition = digests.partition.value, .replicas = {}};
  for (const ReplicaDigest& replica : digests.replicas) {
    ReplicaDigestText text{.member = replica.member, .digest = {}};
    if (replica.digest.has_value()) text.digest = to_text(*replica.digest);
    table.replicas.push_back(std::move(text));
  }
  return table;
}

}  // namespace

ReadResult read_result_of(GetReply reply) {
  ReadResult result;
  for (SiblingReply& sibling : reply.siblings) {
    result.siblings.push_back(sibling_of(std::move(sibling)));
  }
  result.context = std::move(reply.context);
  result.level = reply.level;
  result.replies = replies_of(reply.replies);
  result.repaired = reply.repaired;
  result.protected_read = reply.protected_read;
  result.trace = std::move(reply.trace);
  return result;
}

WriteResult write_result_of(PutReply reply) {
  return {.context = std::move(reply.context),
          .siblings = reply.siblings,
          .level = reply.level,
          .replies = replies_of(reply.replies),
          .trace = std::move(reply.trace)};
}

KeyPage key_page_of(KeysReply reply) {
  return {.keys = std::move(reply.keys), .cursor = std::move(reply.cursor)};
}

ClusterStatus cluster_status_of(const ClusterStatusReply& reply) {
  ClusterStatus status{.cluster = reply.cluster,
                       .epoch = reply.epoch.value,
                       .partitions = reply.partitions,
                       .replicas = reply.replicas,
                       .replicas_configured = reply.replicas_configured,
                       .members = {},
                       .can_lose_availability = reply.can_lose_availability,
                       .can_lose_durability = reply.can_lose_durability,
                       .messages = reply.messages};
  for (const MemberReply& member : reply.members) status.members.push_back(member_of(member));
  return status;
}

RingTable ring_table_of(const ClusterRingReply& reply) {
  RingTable table{.epoch = reply.epoch.value, .partitions = {}};
  for (const PartitionOwners& row : reply.partitions) {
    table.partitions.push_back(
        {.partition = row.partition.value, .owners = row.owners, .fallbacks = row.fallbacks});
  }
  return table;
}

DigestTable digest_table_of(const ClusterDigestReply& reply) {
  DigestTable table{.partitions = {}, .agree = reply.agree};
  for (const PartitionDigests& digests : reply.partitions) {
    table.partitions.push_back(digests_of(digests));
  }
  return table;
}

TaskList task_list_of(const ClusterTasksReply& reply) {
  TaskList list{.tasks = {}, .unanswered = reply.unanswered};
  for (const TaskReply& task : reply.tasks) {
    list.tasks.push_back({.id = task.id,
                          .kind = task.kind,
                          .subject = task.subject,
                          .done = task.done,
                          .total = task.total,
                          .unit = task.unit,
                          .eta_seconds = task.eta_seconds});
  }
  return list;
}

RepairReport repair_report_of(ClusterRepairReply reply) {
  const RepairProgress& progress = reply.progress;
  return {.partitions = reply.partitions,
          .pairs = progress.pairs,
          .compared = progress.compared,
          .failed = progress.failed,
          .keys_compared = progress.keys_compared,
          .keys_differing = progress.keys_differing,
          .records_written = progress.records_written,
          .bytes = progress.bytes,
          .absent = std::move(reply.absent),
          .unanswered = std::move(reply.unanswered)};
}

ChangeReport change_report_of(ClusterChangeReply reply) {
  ChangeReport report{.plan = reply.plan == 0 ? std::string() : to_text(reply.plan),
                      .epoch = reply.epoch.value,
                      .changes = std::move(reply.changes),
                      .moves = reply.moves,
                      .moves_least = reply.moves_least,
                      .bytes = reply.bytes,
                      .slots = {},
                      .warnings = std::move(reply.warnings),
                      .under_way = std::move(reply.under_way)};
  for (MemberSlotsReply& member : reply.slots) {
    report.slots.push_back(
        {.name = std::move(member.name), .before = member.before, .after = member.after});
  }
  return report;
}

NodeStatus node_status_of(const NodeInfoReply& reply) {
  return {.name = reply.name,
          .id = to_text(reply.id.value),
          .cluster = reply.cluster,
          .version = reply.version,
          .address = reply.address,
          .http = reply.http,
          .data_dir = reply.data_dir,
          .store_id = reply.store_id,
          .incarnation = reply.incarnation,
          .durability = reply.durability,
          .boot_sequence = reply.boot_sequence,
          .ready = reply.ready,
          .not_ready_because = reply.not_ready_because,
          .disk = reply.disk,
          .uptime_ms = reply.uptime_ms,
          .cpu_us = reply.cpu_us,
          .partitions = reply.partitions,
          .damage = {.met = reply.damage.met,
                     .mended = reply.damage.mended,
                     .waiting = reply.damage.waiting,
                     .unsupplied = reply.damage.unsupplied},
          .waits_to_join = reply.waits_to_join,
          .partitions_of_cluster = reply.partitions_of_cluster,
          .secret_digest = to_text(reply.secret)};
}

}  // namespace starling

#pragma once

// What servers answer, in the words of the public headers.

#include "starling/admin.h"
#include "starling/read_result.h"

#include "message/client_messages.h"

namespace starling {

[[nodiscard]] ReadResult read_result_of(GetReply reply);
[[nodiscard]] WriteResult write_result_of(PutReply reply);
[[nodiscard]] KeyPage key_page_of(KeysReply reply);
[[nodiscard]] ClusterStatus cluster_status_of(const ClusterStatusReply& reply);
[[nodiscard]] RingTable ring_table_of(const ClusterRingReply& reply);
[[nodiscard]] TaskList task_list_of(const ClusterTasksReply& reply);
[[nodiscard]] RepairReport repair_report_of(ClusterRepairReply reply);
[[nodiscard]] ChangeReport change_report_of(ClusterChangeReply reply);
[[nodiscard]] DigestTable digest_table_of(const ClusterDigestReply& reply);
[[nodiscard]] NodeStatus node_status_of(const NodeInfoReply& reply);

}  // namespace starling

#pragma once

// The JSON of every answer, with the keys that programs rely on, in that order. One line each.

#include <string>

#include "starling/admin.h"
#include "starling/read_result.h"
#include "starling/status.h"

#include "bench/load.h"
#include "cli/command.h"
#include "cli/output.h"

namespace starling::cli {

[[nodiscard]] std::string json_of(const Status& status);
[[nodiscard]] std::string json_of(const Address& address, const ReadResult& read);
[[nodiscard]] std::string json_of(const Address& address, const WriteResult& written);
[[nodiscard]] std::string json_of(const ClusterStatus& status);
[[nodiscard]] std::string json_of(const RingTable& ring);
[[nodiscard]] std::string json_of(const PartitionOwnership& ownership);
[[nodiscard]] std::string json_of(const DigestTable& digest);
[[nodiscard]] std::string json_of(const TaskList& list);
[[nodiscard]] std::string json_of(const NodeStatus& node);
[[nodiscard]] std::string json_of(const TransferReport& report);
// Latencies in microseconds.
[[nodiscard]] std::string json_of(const bench::LoadReport& report);
// A JSON string; a key that is not UTF-8 can not be one, and becomes {"key_base64":"..."}.
[[nodiscard]] std::string json_of_key(const std::string& key);

}  // namespace starling::cli

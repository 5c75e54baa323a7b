#pragma once

// The answers as people read them on a terminal.

#include <string>
#include <string_view>

#include "starling/admin.h"
#include "starling/read_result.h"

#include "bench/load.h"

namespace starling::cli {

// With everything that could command a terminal made visible: control characters as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] std::string table_of(const std::string& name, const ReadResult& read);
[[nodiscard]] std::string table_of(const std::string& name, const WriteResult& written);
[[nodiscard]] std::string table_of(const ClusterStatus& status);
[[nodiscard]] std::string table_of(const RingTable& ring);
[[nodiscard]] std::string table_of(const PartitionOwnership& ownership);
[[nodiscard]] std::string table_of(const DigestTable& digest);
[[nodiscard]] std::string table_of(const TaskList& list);
[[nodiscard]] std::string table_of(const RepairRun& run, const RepairReport& report);
[[nodiscard]] std::string table_of(const ChangeReport& report);
[[nodiscard]] std::string table_of(const NodeStatus& node);
[[nodiscard]] std::string table_of(const bench::LoadReport& report);

}  // namespace starling::cli

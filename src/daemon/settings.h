#pragma once

// DaemonSettings: everything starlingd was told, checked. How it was told is config.h's affair.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "base/time.h"
#include "daemon/memory_plan.h"
#include "net/host_port.h"
#include "node/node_options.h"
#include "ring/cluster_config.h"
#include "storage/disk_guard.h"

namespace starling {

// Where somebody set what is fixed when the cluster is founded ("--partitions",
// "STARLING_PARTITIONS", ...); empty: nobody did, and the data directory's memory decides.
struct FoundingOrigins {
  std::string partitions;
  std::string replicas;
  std::string founders;
};

struct DaemonSettings {
  std::string name;
  std::string data_dir;
  HostPort listen;
  HostPort http;
  ClusterConfig cluster;  // the founding members, this one included
  // This node founds nothing: `cluster` has it alone, for its address, and it waits to be joined.
  bool waits_to_join = false;
  FoundingOrigins founding;
  DurabilityMode durability = DurabilityMode::Sync;
  MemoryPlan memory;
  std::uint64_t hint_bytes_max = std::uint64_t{1} << 30U;
  DiskLimitOptions disk_limits;
  Duration slow_request = std::chrono::seconds(1);  // zero: none is logged
  LogLevel log_level = LogLevel::Info;
  std::string notify_socket;  // of whoever started this process (service_notice.h)
};

}  // namespace starling

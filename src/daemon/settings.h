#pragma once

// DaemonSettings: everything starlingd was told, checked. How it was told is config.h's affair.

#include <string>

#include "base/log.h"
#include "net/host_port.h"
#include "node/node_options.h"
#include "ring/cluster_config.h"

namespace starling {

struct DaemonSettings {
  std::string name;
  std::string data_dir;
  HostPort listen;
  HostPort http;
  ClusterConfig cluster;  // the founding members, this one included
  DurabilityMode durability = DurabilityMode::Sync;
  LogLevel log_level = LogLevel::Info;
};

}  // namespace starling

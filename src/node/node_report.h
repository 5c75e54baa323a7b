#pragma once

// NodeReport: how a node stands at one moment, for whoever looks: metrics, not decisions.

#include <cstddef>
#include <vector>

#include "handoff/fill_stream.h"
#include "message/client_messages.h"
#include "message/store_condition.h"
#include "node/detector_service.h"
#include "replica/record_cache.h"
#include "replica/replica_store.h"

namespace starling {

struct NodeReport {
  ClusterStatusReply cluster;
  NodeInfoReply info;
  StoreCondition condition = StoreCondition::Roomy;  // of this node's store
  bool minting_stopped = false;

  std::size_t requests_in_flight = 0;  // of clients and peers, not answered yet
  std::size_t listings = 0;            // of keys, under way
  std::size_t operations = 0;          // the answered ones included that wait for late replies
  std::size_t operation_bytes = 0;
  std::size_t waiting_replies = 0;  // that wait until what they say is durable
  std::size_t record_cache_bytes = 0;
  std::size_t record_cache_entries = 0;
  RecordCache::Lookups record_cache;
  ReplicaStoreCounters store;
  std::vector<FillProgress> fills;        // of the slots that this node comes into
  std::uint64_t old_records_removed = 0;  // of partitions that this node stores no more
  DetectorReport detector;
};

}  // namespace starling

#pragma once

// ListingService: one page of a bucket's live keys: partition after partition is scanned at the
// read level until the page is full. A full scan, in ring order; a key that is there throughout is
// on exactly one page.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "message/client_messages.h"
#include "node/answer_desk.h"
#include "node/cluster_view.h"
#include "node/coordinator.h"
#include "node/node_metrics.h"

namespace starling {

class ListingService {
 public:
  ListingService(const ClusterView& cluster, Coordinator& coordinator, AnswerDesk& desk,
                 NodeMetrics& metrics, std::size_t listings_max)
      : cluster_(cluster),
        coordinator_(coordinator),
        desk_(desk),
        metrics_(metrics),
        listings_max_(listings_max) {}

  // Errors: Usage       bucket, limit, cursor or level are no good. Nothing was begun.
  //         Overloaded  as many as may be are under way.
  [[nodiscard]] Status begin(const ClientHandle& client, const ClientKeys& request, Instant now,
                             Instant deadline);
  void on_scan_answer(ScanAnswer answer, Instant now);
  [[nodiscard]] std::size_t running() const { return listings_.size(); }

 private:
  // Where the next page goes on: behind `after` in a partition, or at its beginning.
  struct Position {
    std::uint32_t partition = 0;
    std::optional<KeyAddress> after;
  };
  struct Listing {
    ClientHandle client;
    ClientKeys request;
    Instant started;
    Instant deadline;
    Position position;
    std::vector<std::string> keys;
    std::size_t key_bytes = 0;  // of all `keys`
  };

  [[nodiscard]] static std::string encode(const Position& position);
  [[nodiscard]] Result<Position> first_position(const ClientKeys& request) const;
  void scan_next(std::uint64_t id, Instant now);
  void take(Listing& listing, AnswerScan scanned);
  void finish(std::uint64_t id, Instant now);
  void count(const Listing& listing, StatusCode result, Instant now);

  const ClusterView& cluster_;
  Coordinator& coordinator_;
  AnswerDesk& desk_;
  NodeMetrics& metrics_;
  std::size_t listings_max_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Listing> listings_;
};

}  // namespace starling

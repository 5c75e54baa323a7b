#pragma once

// TransportReport: what went over a node's native sockets, and how they stand at one moment.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace starling {

struct TrafficCounts {
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;  // handed to the connection
};

// Counted by the connections as they work. A connection counts as a client's until its greeting
// says that it is a peer's.
struct TransportMetrics {
  TrafficCounts clients;
  TrafficCounts peers;
  std::uint64_t requests_refused = 0;     // for want of room, before they reached the node
  std::uint64_t answers_refused = 0;      // reads whose answer found no room
  std::uint64_t connections_refused = 0;  // at the greeting, or turned away before it
};

struct PeerLink {
  std::string name;
  bool up = false;
  std::size_t queued_bytes = 0;  // wait to be sent
  // As the kernel smooths it; nothing: it does not say, or the peer is down.
  std::optional<std::chrono::microseconds> round_trip;
};

struct TransportReport {
  TransportMetrics metrics;
  std::size_t connections = 0;    // of clients and peers, the unfinished ones included
  std::size_t request_bytes = 0;  // of clients' unanswered requests
  std::size_t answer_bytes = 0;   // that clients have not read
  std::vector<PeerLink> peers;
};

}  // namespace starling

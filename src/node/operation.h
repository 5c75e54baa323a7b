#pragma once

// Operation: one running request of this coordinator: the machine that decides, and what the
// coordinator must know to carry out what it decides.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/request_trace.h"
#include "quorum/forward_operation.h"
#include "quorum/get_operation.h"
#include "quorum/put_operation.h"
#include "quorum/scan_operation.h"
#include "ring/token.h"

namespace starling {

// Where the answer goes, and what is told with it.
struct FromClient {
  ClientHandle client;
  Instant started{};  // when the request came
  RequestTrace trace{};
};
// A put that another coordinator forwarded.
struct FromPeer {
  NodeId node;
  OperationId operation;
  RequestTrace trace{};
};
// The read of a delete that came without a context; its answer begins the delete itself.
struct FirstReadOfDelete {
  ClientHandle client;
  ClientDelete request;
  WallTime modified;  // when the delete came, for people
  Instant started{};  // and for measuring
  RequestTrace trace{};
};
// The read of a record that this node can not read itself.
struct ForMending {
  std::uint64_t place = 0;
  RequestTrace trace{};  // always off, as the next one
};
// One partition's part of a listing of keys.
struct ForListing {
  std::uint64_t listing = 0;
  RequestTrace trace{};
};
using Origin = std::variant<FromClient, FromPeer, FirstReadOfDelete, ForListing, ForMending>;

// The client's connection that it came on; 0: no client's, or of a listing.
[[nodiscard]] inline std::uint64_t connection_of(const Origin& origin) {
  if (const auto* const client = std::get_if<FromClient>(&origin)) return client->client.connection;
  const auto* const deletion = std::get_if<FirstReadOfDelete>(&origin);
  return deletion == nullptr ? 0 : deletion->client.connection;
}

// When the client's request came, whatever has been done for it since; nothing: no client's.
[[nodiscard]] inline std::optional<Instant> started_of(const Origin& origin) {
  if (const auto* const client = std::get_if<FromClient>(&origin)) return client->started;
  const auto* const deletion = std::get_if<FirstReadOfDelete>(&origin);
  return deletion == nullptr ? std::nullopt : std::optional(deletion->started);
}

[[nodiscard]] inline RequestTrace& trace_of(Origin& origin) {
  return std::visit([](auto& from) -> RequestTrace& { return from.trace; }, origin);
}
[[nodiscard]] inline const RequestTrace& trace_of(const Origin& origin) {
  return std::visit([](const auto& from) -> const RequestTrace& { return from.trace; }, origin);
}

// What a scan asks of each replica.
struct ScanCommand {
  std::string prefix;
  std::uint32_t limit = 0;
};

// Where a key, or a partition that is scanned, lies on the ring at hand.
struct Place {
  Token token;  // of a scan: any
  PartitionId partition;
  RowVersion row_version;
};

struct Operation {
  OperationId id{};
  KeyAddress address{};  // of a scan: the bucket, and no key
  Place place{};
  Instant begun{};
  Instant deadline{};
  Level level{};  // of the request, echoed in the answer
  Origin origin{};
  std::optional<PutCommand> put{};  // of puts, minted here or forwarded
  ReadLevels read_levels{};         // of gets and scans
  ScanCommand scan{};
  std::variant<PutOperation, ForwardOperation, GetOperation, ScanOperation> machine;
  FenceStamp fence{};           // of this node's replica when it minted
  std::size_t value_bytes = 0;  // of a put: its value, wherever it is by now
  bool answered = false;
  bool draining = false;                         // answered, and kept for late replies
  std::optional<VectorClock> widened_context{};  // only where PlantedBug::WideContext is planted

  // REQUIRES: this is a put.
  [[nodiscard]] const PutCommand& put_command() const {
    STARLING_CHECK(put.has_value());
    return *put;
  }
  // Gives back the value of a put that has been minted. REQUIRES: this is a put.
  void drop_value() {
    STARLING_CHECK(put.has_value());
    std::string().swap(put->value);
  }
  [[nodiscard]] RequestTrace& trace() { return trace_of(origin); }
  // What it holds in memory besides itself: values and records.
  [[nodiscard]] std::size_t bytes() const {
    const auto* const get = std::get_if<GetOperation>(&machine);
    return value_bytes + (get == nullptr ? 0 : get->record_bytes());
  }
  [[nodiscard]] bool finished() const {
    return std::visit([](const auto& in_use) { return in_use.finished(); }, machine);
  }
};

}  // namespace starling

#pragma once

// ConnectionTable: owns the connections of one transport, by number. A closed one is kept until the
// turn ends, since the call that closed it may still be running inside it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "env/clock.h"
#include "net/uv_connection.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"

namespace starling {

class ConnectionTable final : private TurnTask {
 public:
  ConnectionTable(UvLoop& loop, UvTurn& turn, const Clock& clock, UvConnection::Events& events,
                  const ConnectionLimits& limits);

  UvConnection& add(UvConnection::Side side, UvTcp socket);
  // Null when it is gone.
  [[nodiscard]] UvConnection* find(std::uint64_t id) const;
  // Closes it, if it is still open, and forgets it.
  void retire(UvConnection& connection);
  void retire_all();

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::size_t queued_bytes() const;
  // Of clients' requests that are not answered yet.
  [[nodiscard]] std::size_t bytes_in_flight() const { return bytes_in_flight_; }

 private:
  void at_turn_end() override { retired_.clear(); }
  void check_deadlines();

  std::size_t bytes_in_flight_ = 0;
  UvConnection::Host host_;
  UvConnection::Events& events_;
  ConnectionLimits limits_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<UvConnection>> connections_;
  std::vector<std::unique_ptr<UvConnection>> retired_;
  UvTimer sweep_;
};

}  // namespace starling

#pragma once

// ConnectionTable: owns the connections of one transport, by number. A closed one is kept until the
// turn ends, since the call that closed it may still be running inside it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/byte_budget.h"
#include "base/time.h"
#include "env/clock.h"
#include "net/transport_report.h"
#include "net/uv_connection.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"

namespace starling {

class ConnectionTable final : private TurnTask {
 public:
  struct Budgets {
    std::size_t request_bytes_max = 0;
    std::size_t answer_bytes_max = 0;
  };

  ConnectionTable(UvLoop& loop, UvTurn& turn, const Clock& clock, UvConnection::Events& events,
                  const ConnectionLimits& limits, const Budgets& budgets);

  UvConnection& add(UvConnection::Side side, UvTcp socket);
  // Null when it is gone.
  [[nodiscard]] UvConnection* find(std::uint64_t id) const;
  // Closes it, if it is still open, and forgets it.
  void retire(UvConnection& connection);
  void retire_all();

  // Clients of which nothing is under way and nothing was heard for `age` or longer, the longest
  // silent first, `count_max` of them at most.
  [[nodiscard]] std::vector<UvConnection*> idle_clients(Instant now, Duration age,
                                                        std::size_t count_max) const;

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::size_t queued_bytes() const;
  // For those who share them (UvTransport::request_budget).
  [[nodiscard]] ByteBudget& requests() { return requests_; }
  [[nodiscard]] ByteBudget& answers() { return answers_; }
  [[nodiscard]] const ByteBudget& requests() const { return requests_; }
  [[nodiscard]] const ByteBudget& answers() const { return answers_; }
  // What the connections count, and whoever owns this table.
  [[nodiscard]] TransportMetrics& metrics() { return metrics_; }
  [[nodiscard]] const TransportMetrics& metrics() const { return metrics_; }

 private:
  void at_turn_end() override { retired_.clear(); }
  void check_deadlines();

  ByteBudget requests_;
  ByteBudget answers_;
  TransportMetrics metrics_;
  UvConnection::Host host_;
  UvConnection::Events& events_;
  ConnectionLimits limits_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<UvConnection>> connections_;
  std::vector<std::unique_ptr<UvConnection>> retired_;
  Instant swept_at_;
  UvTimer sweep_;
};

}  // namespace starling

#include "net/connection_table.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/time.h"
#include "env/clock.h"
#include "net/uv_connection.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_turn.h"

namespace starling {
namespace {

// A sweep that comes only after so many intervals: this process was stopped, or its machine was.
constexpr int kStandstills = 4;

// Deadlines are seconds long: looking at all connections now and then is cheaper than a timer for
// each.
Duration sweep_interval(const ConnectionLimits& limits) {
  const Duration shortest =
      std::min({limits.handshake_timeout, limits.frame_timeout, limits.refusal_timeout,
                limits.output_timeout, limits.silence_timeout});
  return std::max<Duration>(shortest / 4, std::chrono::milliseconds(5));
}

}  // namespace

ConnectionTable::ConnectionTable(UvLoop& loop, UvTurn& turn, const Clock& clock,
                                 UvConnection::Events& events, const ConnectionLimits& limits,
                                 const Budgets& budgets)
    : TurnTask(turn),
      requests_(budgets.request_bytes_max),
      answers_(budgets.answer_bytes_max),
      host_{.loop = loop,
            .turn = turn,
            .clock = clock,
            .requests = requests_,
            .answers = answers_,
            .metrics = metrics_},
      events_(events),
      limits_(limits),
      sweep_(loop, clock, [this] { check_deadlines(); }) {}

UvConnection& ConnectionTable::add(UvConnection::Side side, UvTcp socket) {
  const std::uint64_t id = ++last_id_;
  auto connection =
      std::make_unique<UvConnection>(id, side, host_, std::move(socket), events_, limits_);
  UvConnection& added = *connection;
  connections_.emplace(id, std::move(connection));
  if (!sweep_.armed()) {
    swept_at_ = host_.clock.now();
    sweep_.arm(swept_at_ + sweep_interval(limits_));
  }
  return added;
}

UvConnection* ConnectionTable::find(std::uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

void ConnectionTable::retire(UvConnection& connection) {
  const auto found = connections_.find(connection.id());
  if (found == connections_.end()) return;
  connection.close();
  retired_.push_back(std::move(found->second));
  connections_.erase(found);
  schedule();
}

void ConnectionTable::retire_all() {
  while (!connections_.empty()) retire(*connections_.begin()->second);
  sweep_.disarm();
}

std::size_t ConnectionTable::queued_bytes() const {
  std::size_t sum = 0;
  for (const auto& [id, connection] : connections_) sum += connection->queued_bytes();
  return sum;
}

std::vector<UvConnection*> ConnectionTable::idle_clients(Instant now, Duration age,
                                                         std::size_t count_max) const {
  std::vector<UvConnection*> idle;
  for (const auto& [id, connection] : connections_) {
    const bool client = connection->established() && !connection->peer().has_value();
    if (!client || !connection->idle() || now - connection->heard_at() < age) continue;
    idle.push_back(connection.get());
  }
  std::ranges::sort(idle, {}, &UvConnection::heard_at);
  if (idle.size() > count_max) idle.resize(count_max);
  return idle;
}

void ConnectionTable::check_deadlines() {
  const Instant now = host_.clock.now();
  const Duration interval = sweep_interval(limits_);
  // A sweep that comes late means that this process stood still, and not the others: what they sent
  // meanwhile has not been read yet.
  const bool stood_still = now - std::exchange(swept_at_, now) > kStandstills * interval;
  std::vector<std::uint64_t> ids;  // a connection that is closed leaves the table
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    if (stood_still) break;
    if (UvConnection* const connection = find(id)) connection->check_deadlines(now);
  }
  if (!connections_.empty()) sweep_.arm(now + interval);
}

}  // namespace starling

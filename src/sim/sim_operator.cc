#include "sim/sim_operator.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "sim/client_wire.h"
#include "sim/sim_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kBetweenQuestions = milliseconds(500);
constexpr Duration kOperatorPatience = seconds(3);

}  // namespace

// In one run of eight: where replicas become equal so often, many a mistake would go unseen.
void SimOperator::begin() {
  if (random_.below(8) == 0) go_on();
}

void SimOperator::go_on() {
  draw_order(false);
  events_.after(random_.between(Duration(seconds(1)), Duration(seconds(5))),
                [this] { give_orders(); });
}

// A few questions about each run, of whoever; most runs end unwatched.
void SimOperator::give_orders() {
  if (stopped_) return;
  if (random_.below(3) == 0) draw_order(random_.below(2) == 0);
  ask(static_cast<std::uint32_t>(random_.below(cluster_.size())));
  events_.after(random_.between(Duration(seconds(1)), Duration(seconds(5))),
                [this] { give_orders(); });
}

void SimOperator::draw_order(bool dry_run) {
  order_ = {
      .run = {.high = random_.next(), .low = random_.next()}, .partition = {}, .dry_run = dry_run};
  if (random_.below(4) == 0) {
    order_.partition =
        PartitionId{static_cast<std::uint16_t>(random_.below(cluster_.config().partitions))};
  }
  last_.reset();
}

void SimOperator::ask(std::uint32_t node) {
  cluster_.clients().hang_up(connection_);
  connection_ = cluster_.clients().connect(node, *this);
  cluster_.clients().send(
      connection_, ++request_,
      {.remaining = kOperatorPatience, .body = ClientClusterRepair{.order = order_}});
}

std::optional<ClusterRepairReply> SimOperator::compare(bool dry_run, Duration limit) {
  const Instant until = events_.now() + limit;
  std::optional<ClusterRepairReply> report;
  do {
    if (report.has_value()) marks_.reach("repair: ordered once more, for a run wrote something");
    draw_order(dry_run);
    order_.partition.reset();
    report = await_run(until);
  } while (report.has_value() && report->progress.records_written > 0);
  return report;
}

std::optional<ClusterRepairReply> SimOperator::await_run(Instant until) {
  for (std::uint32_t node = 0; events_.now() < until; node = (node + 1) % cluster_.size()) {
    if (!cluster_.is_written_off(node) && cluster_.is_ready(node)) ask(node);
    events_.run_until(events_.now() + kBetweenQuestions);
    const bool is_over =
        last_.has_value() && last_->progress.finished() && last_->unanswered.empty();
    if (is_over) return last_;
  }
  return std::nullopt;
}

void SimOperator::on_reply(std::uint64_t request, const ClientReply& reply) {
  if (request != request_) return;
  if (const auto* const report = std::get_if<ClusterRepairReply>(&reply)) {
    last_ = *report;
    if (report->progress.finished()) marks_.reach("repair: a run by order ended");
  } else if (std::holds_alternative<ErrorReply>(reply)) {
    marks_.reach("repair: an order was refused");
  }
}

void SimOperator::on_hung_up(std::uint64_t connection) {
  if (connection == connection_) connection_ = 0;
}

}  // namespace starling::sim

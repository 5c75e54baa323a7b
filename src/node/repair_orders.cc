// The third part of RepairService: runs that an operator ordered. One at a time; of those that are
// over the last few are remembered, for whoever asks once more.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/repair_messages.h"
#include "node/repair_service.h"
#include "repair/merkle_exchange.h"
#include "repair/ordered_run.h"
#include "repair/repair_schedule.h"
#include "ring/ring.h"

namespace starling {
namespace {

// As many as may be asked for once more after they ended.
constexpr std::size_t kFinishedRunsMax = 16;

}  // namespace

void RepairService::on_ordered(NodeId from, const OrderedRepair& ordered, Instant now) {
  neighbours_.outbox.send(from, answer_of(ordered, now));
}

std::optional<RepairProgress> RepairService::ordered_progress() const {
  if (!run_.has_value()) return std::nullopt;
  return run_->progress();
}

OrderedRepairReply RepairService::answer_of(const OrderedRepair& ordered, Instant now) {
  OrderedRepairReply reply{.operation = ordered.operation, .standing = RepairStanding::Known};
  const RepairOrder& order = ordered.order;
  for (const FinishedRun& finished : finished_runs_) {
    if (finished.run == order.run) {
      reply.progress = finished.progress;
      return reply;
    }
  }
  if (!neighbours_.confirmation.counting()) {
    reply.standing = RepairStanding::NotCounting;
    return reply;
  }
  if (run_.has_value() && run_->order().run != order.run) {
    reply.standing = RepairStanding::Busy;
    return reply;
  }
  if (!run_.has_value()) {
    // The next look, at the tick, may be a second away.
    look_at_ring(now);
    look_at_peers();
    begin_run(order);
    reply.progress = ordered_progress().value_or(RepairProgress{});
    end_run_if_finished();
    begin_due(now);
    set_wake(now);
    return reply;
  }
  reply.progress = run_->progress();
  return reply;
}

void RepairService::begin_run(const RepairOrder& order) {
  const Ring& ring = neighbours_.cluster.ring();
  const NodeId self = neighbours_.cluster.self();
  std::vector<RepairSchedule::Pair> pairs;
  for (std::uint32_t p = 0; p < ring.partitions(); ++p) {
    const PartitionId partition{static_cast<std::uint16_t>(p)};
    if (order.partition.value_or(partition) != partition || !ring.owns(self, partition)) continue;
    for (const NodeId owner : ring.compared_with(self, partition)) {
      // One of the two is enough to ask.
      if (self < owner) pairs.push_back({.partition = partition, .partner = owner});
    }
  }
  run_.emplace(order, pairs);
  neighbours_.log.write(LogLevel::Trace, "mark: repair: ordered");
}

std::optional<RepairSchedule::Work> RepairService::next_of_run(Instant now) {
  if (!run_.has_value()) return std::nullopt;
  run_->wake(now);
  for (std::size_t left = run_->waiting(); left > 0; --left) {
    const RepairSchedule::Pair pair = run_->take();
    if (!schedule_.knows(pair) || !neighbours_.cluster.reachable(pair.partner)) {
      run_->on_impossible();
      continue;
    }
    std::optional<RepairSchedule::Work> work = schedule_.begin(pair);
    if (!work.has_value()) {
      run_->postpone(pair);
      continue;
    }
    // Where others left off says nothing here: what is ordered is all of it.
    if (!run_->goes_on(pair)) work->resume_at.reset();
    run_->on_begun(pair);
    if (options_.planted == PlantedBug::CountBegunRepairs) {
      run_->on_finished(pair, {.end = ExchangeEnd::Agreed}, 0, now);
    }
    return work;
  }
  end_run_if_finished();
  return std::nullopt;
}

void RepairService::end_run_if_finished() {
  if (!run_.has_value() || !run_->finished()) return;
  if (finished_runs_.size() == kFinishedRunsMax) finished_runs_.pop_front();
  finished_runs_.push_back({.run = run_->order().run, .progress = run_->progress()});
  run_.reset();
  neighbours_.log.write(LogLevel::Trace, "mark: repair: an ordered run is over");
}

}  // namespace starling

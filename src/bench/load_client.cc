#include "bench/load_client.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "bench/key_chooser.h"
#include "bench/key_name.h"
#include "bench/pace.h"
#include "bench/record_share.h"
#include "bench/workload.h"

namespace starling::bench {

LoadClient::LoadClient(LoadShared& shared, std::uint32_t number, ClientOptions where,
                       const KeyChooser& chooser, RecordShare share, const Random& random)
    : shared_(shared),
      number_(number),
      chooser_(chooser),
      share_(std::move(share)),
      random_(random.fork("client", number)),
      operations_(shared.options.pipeline),
      client_(std::move(where)) {
  for (std::size_t slot = 0; slot < operations_.size(); ++slot) free_.push_back(slot);
}

void LoadClient::begin(const Pace& pace) {
  const std::lock_guard lock(mutex_);
  pace_ = pace;
  stopped_ = false;
  proceed_locked();
}

void LoadClient::proceed() {
  const std::lock_guard lock(mutex_);
  proceed_locked();
}

void LoadClient::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

LoadClient::Progress LoadClient::progress() const {
  const std::lock_guard lock(mutex_);
  Progress progress = progress_;
  progress.under_way = operations_.size() - free_.size();
  return progress;
}

std::optional<Clock::time_point> LoadClient::next_due() const {
  const std::lock_guard lock(mutex_);
  // While the pipeline is full, the next one to end sees to it.
  return free_.empty() ? std::nullopt : pace_.next();
}

std::uint64_t LoadClient::overdue(Clock::time_point end) const {
  const std::lock_guard lock(mutex_);
  return pace_.overdue(end);
}

void LoadClient::proceed_locked() {
  // No more than there are places now: those whose request is refused at once are free again.
  for (std::size_t places = free_.size(); places > 0 && !stopped_; --places) {
    const std::optional<Clock::time_point> intended = pace_.take(Clock::now());
    if (!intended.has_value()) return;
    if (shared_.operations_left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
      stopped_ = true;
      return;
    }
    begin_operation(*intended);
  }
}

void LoadClient::begin_operation(Clock::time_point intended) {
  const std::size_t slot = free_.back();
  free_.pop_back();
  Operation& operation = operations_[slot];
  operation.kind = shared_.options.workload.draw(random_);
  operation.intended = intended;
  if (operation.kind == OperationKind::Get) {
    operation.key = key_to_read();
  } else if (operation.kind == OperationKind::Insert) {
    operation.record = shared_.inserts[number_]->begin();
    operation.key = inserted_key(shared_.run, operation.record * shared_.options.clients + number_);
  } else {
    // check() has seen to it that there are as many records as places in the pipeline.
    operation.record = share_.take(chooser_.choose(random_, 0)).value();
    operation.key = record_key(operation.record);
  }
  const Status asked = ask(slot);
  if (!asked.ok()) end(slot, asked.code());
}

Status LoadClient::ask(std::size_t slot) {
  const Operation& operation = operations_[slot];
  if (operation.kind == OperationKind::Insert) return write(slot, {});
  if (operation.kind != OperationKind::Put) return read(slot);
  const std::string context = share_.context(operation.record);
  if (!context.empty()) return write(slot, context);
  ++counts_.context_reads;
  return read(slot);
}

Status LoadClient::read(std::size_t slot) {
  return client_.get_async(shared_.options.bucket, operations_[slot].key,
                           {.r = shared_.options.r, .timeout = shared_.options.timeout},
                           [this, slot](Result<ReadResult> read) {
                             const std::lock_guard lock(mutex_);
                             on_read(slot, std::move(read));
                           });
}

Status LoadClient::write(std::size_t slot, const std::string& context) {
  return client_.put_async(
      shared_.options.bucket, operations_[slot].key, shared_.values.draw(random_),
      {.w = shared_.options.w, .context = context, .timeout = shared_.options.timeout},
      [this, slot](Result<WriteResult> written) {
        const std::lock_guard lock(mutex_);
        on_written(slot, std::move(written));
      });
}

void LoadClient::on_read(std::size_t slot, Result<ReadResult> read) {
  const OperationKind kind = operations_[slot].kind;
  if (!read.ok()) return end(slot, read.status().code());
  if (kind != OperationKind::Get) {
    const Status asked = write(slot, read->context);
    if (!asked.ok()) end(slot, asked.code());
    return;
  }
  end(slot, read->found() ? StatusCode::Ok : StatusCode::NotFound);
  if (read->found()) proceed_locked();
}

void LoadClient::on_written(std::size_t slot, Result<WriteResult> written) {
  if (!written.ok()) return end(slot, written.status().code());
  // What is read next covers the others too, and ends the conflict.
  const bool conflict = written->siblings > 1;
  if (conflict) ++counts_.siblings;
  end(slot, StatusCode::Ok, conflict ? std::string() : std::move(written->context));
  proceed_locked();
}

void LoadClient::end(std::size_t slot, StatusCode code, const std::string& context) {
  const Operation& operation = operations_[slot];
  counts_.of(operation.kind).count(code, Clock::now() - operation.intended);
  ++(code == StatusCode::Ok ? progress_.succeeded : progress_.failed);
  if (operation.kind == OperationKind::Insert) {
    shared_.inserts[number_]->end(operation.record);
  } else if (operation.kind != OperationKind::Get) {
    // Nothing was applied: what was known still holds. In doubt: the next write reads first.
    const bool known = code != StatusCode::Ok && code != StatusCode::InDoubt;
    share_.give_back(operation.record, known ? share_.context(operation.record) : context);
  }
  free_.push_back(slot);
}

std::string LoadClient::key_to_read() {
  const LoadOptions& options = shared_.options;
  std::uint64_t inserted = 0;
  if (options.workload.distribution == Distribution::Latest) {
    // Clients take turns in the numbers of inserted keys, so the slowest says how far they reach.
    inserted = shared_.inserts.front()->ended();
    for (const auto& log : shared_.inserts) inserted = std::min(inserted, log->ended());
    inserted *= options.clients;
  }
  const std::uint64_t record = chooser_.choose(random_, inserted);
  if (record < options.records) return record_key(record);
  return inserted_key(shared_.run, record - options.records);
}

}  // namespace starling::bench

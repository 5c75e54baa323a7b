#include "cli/transfer_ledger.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

#include "starling/status.h"

#include "cli/console.h"
#include "cli/output.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

// Each failure has used up its whole timeout: after so many, without one success in between, the
// cluster is gone, and a million lines more would only say the same.
constexpr std::uint64_t kFailuresInARowMax = 100;

}  // namespace

TransferLedger::TransferLedger(Console& console, std::string bucket, const std::string& verb)
    : console_(console), progress_(console, verb) {
  report_.bucket = std::move(bucket);
  report_.verb = verb;
}

void TransferLedger::count_done() {
  const std::lock_guard lock(mutex_);
  ++report_.done;
  failures_in_a_row_ = 0;
  progress_.show(report_.done, report_.failed);
}

void TransferLedger::count_failure(const std::string& subject, const Status& status) {
  const std::lock_guard lock(mutex_);
  ++report_.failed;
  note_worst(status);
  progress_.finish();
  console_.err << "starling: " << printable(subject) << ": " << printable(status.to_string())
               << "\n";
  if (report_.failures.size() < kListedFailuresMax) report_.failures.push_back({subject, status});
  // A line that is wrong in itself says nothing about the cluster.
  if (exit_code_of(status.code()) < exit_code_of(StatusCode::Unavailable)) return;
  if (++failures_in_a_row_ < kFailuresInARowMax || !report_.stopped.ok()) return;
  report_.stopped = Status(status.code(), "gave up after " + std::to_string(kFailuresInARowMax) +
                                              " failures in a row, the last at " + subject);
}

void TransferLedger::stop(const Status& why) {
  const std::lock_guard lock(mutex_);
  note_worst(why);
  if (report_.stopped.ok()) report_.stopped = why;
}

bool TransferLedger::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return !report_.stopped.ok();
}

TransferReport TransferLedger::report() {
  const std::lock_guard lock(mutex_);
  progress_.finish();
  return report_;
}

void TransferLedger::note_worst(const Status& status) {
  report_.worst_exit_code = std::max(report_.worst_exit_code, exit_code_of(status.code()));
}

}  // namespace starling::cli

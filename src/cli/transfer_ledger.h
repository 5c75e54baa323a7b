#pragma once

// TransferLedger: the count of what a transfer did, kept by several threads at once. It prints
// every failure the moment it happens: nothing may be skipped in silence.

#include <cstdint>
#include <mutex>
#include <string>

#include "starling/status.h"

#include "cli/console.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace starling::cli {

class TransferLedger {
 public:
  TransferLedger(Console& console, std::string bucket, const std::string& verb);

  void count_done();
  void count_failure(const std::string& subject, const Status& status);
  // Ends the transfer before its end; the first reason stays.
  void stop(const Status& why);
  // Whether so many failed in a row that the rest would fail too, or stop() was called.
  [[nodiscard]] bool is_stopped() const;

  [[nodiscard]] TransferReport report();

 private:
  void note_worst(const Status& status);

  mutable std::mutex mutex_;
  Console& console_;
  Progress progress_;
  TransferReport report_;
  std::uint64_t failures_in_a_row_ = 0;
};

}  // namespace starling::cli

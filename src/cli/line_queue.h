#pragma once

// LineQueue: lines on their way from the one who reads a file to one who writes them to the
// cluster. Bounded in bytes, since a line may hold a value of 16 MiB: a full queue makes the reader
// wait.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "cli/transfer_line.h"

namespace starling::cli {

struct ImportLine {
  std::uint64_t number = 0;  // from 1
  TransferRecord record;
};

class LineQueue {
 public:
  // Waits while the queue is full.
  void push(ImportLine line);
  // No more lines will come.
  void close();
  // Waits for a line; nothing once the queue is closed and empty.
  [[nodiscard]] std::optional<ImportLine> pop();

 private:
  [[nodiscard]] bool has_room() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ImportLine> lines_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace starling::cli

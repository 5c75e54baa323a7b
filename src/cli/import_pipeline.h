#pragma once

// ImportPipeline: writes lines to the cluster, many at once and those of one key in order. One
// thread pushes; what becomes of the lines goes on in the client's thread.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "starling/client.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/transfer_ledger.h"
#include "cli/transfer_line.h"

namespace starling::cli {

struct ImportLine {
  std::uint64_t number = 0;  // from 1
  TransferRecord record;
};

class ImportPipeline {
 public:
  // Enough requests under way to fill a group commit at each node.
  static constexpr std::size_t kLinesMax = 512;
  // Lines may hold values of 16 MiB: a few of those fill the pipeline.
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20U;

  // All outlive the pipeline.
  ImportPipeline(const Invocation& invocation, const ImportCommand& command,
                 TransferLedger& ledger);

  // Waits while the pipeline is full. Once the ledger is stopped, the line is dropped.
  void push(ImportLine line);
  // Waits until every line is written or has failed.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  // The lines of one key; the first is under way.
  struct Key {
    std::deque<ImportLine> lines;
    Clock::time_point deadline;  // of the first
  };

  // Begins the key's first line, and the next where one can not even be asked for.
  void proceed(Key& key);
  // A step's request. When not ok, nothing follows from it.
  [[nodiscard]] Status read(Key& key);
  [[nodiscard]] Status write(Key& key, const std::string& context);
  void on_end(Key& key, const Status& status);
  // Counts the key's first line, or puts it aside where it certainly was not applied, as when a
  // node is just restarting, and its timeout allows another try. Whether another line is to begin.
  [[nodiscard]] bool conclude(Key& key, const Status& status);
  // Begins again what waits for that, once its pause is over. Called by the pushing thread.
  void begin_again(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool is_full() const;

  const Invocation& invocation_;
  const ImportCommand& command_;
  TransferLedger& ledger_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Below: under the lock; but a key's first line belongs to the step that is under way.
  std::map<std::string, Key> keys_;
  std::vector<Key*> again_;  // refused; they begin again after a pause
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;

  Client client_;  // the first to go: its thread uses all the above
};

}  // namespace starling::cli

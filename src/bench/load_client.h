#pragma once

// LoadClient: one client of a benchmark: one connection, on which it keeps up to `pipeline`
// operations under way. An operation that ends begins the next, in the connection's own thread;
// proceed() begins those whose time has come, and goes on after errors.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "bench/insert_log.h"
#include "bench/key_chooser.h"
#include "bench/load_counts.h"
#include "bench/load_options.h"
#include "bench/pace.h"
#include "bench/record_share.h"
#include "bench/value_pool.h"
#include "bench/workload.h"

namespace starling::bench {

// What all clients of a run have in common.
struct LoadShared {
  const LoadOptions& options;
  const ValuePool& values;
  std::uint32_t run = 0;  // tells the keys it inserts from those of other runs
  std::vector<std::unique_ptr<InsertLog>> inserts{};  // of all clients, by number
  std::atomic<std::int64_t> operations_left = INT64_MAX;
};

class LoadClient {
 public:
  // `shared` outlives the client. `where`: see MemberWatch.
  LoadClient(LoadShared& shared, std::uint32_t number, ClientOptions where,
             const KeyChooser& chooser, RecordShare share, const Random& random);

  // Begins to count and to ask.
  void begin(const Pace& pace);
  // Begins whatever can be: an operation that failed leaves its place empty until then, so that
  // errors are not produced as fast as a processor can.
  void proceed();
  // Begins nothing more.
  void stop();

  struct Progress {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::size_t under_way = 0;
  };
  [[nodiscard]] Progress progress() const;
  // When proceed() has something to do; nothing: when an operation has failed.
  [[nodiscard]] std::optional<Clock::time_point> next_due() const;
  [[nodiscard]] std::uint64_t overdue(Clock::time_point end) const;
  // REQUIRES: nothing is under way.
  [[nodiscard]] const LoadCounts& counts() const { return counts_; }

 private:
  struct Operation {
    OperationKind kind = OperationKind::Get;
    Clock::time_point intended;  // to begin then
    std::uint64_t record = 0;    // or the number of an insert
    std::string key;
  };

  void proceed_locked();
  void begin_operation(Clock::time_point intended);
  [[nodiscard]] Status ask(std::size_t slot);
  [[nodiscard]] Status read(std::size_t slot);
  [[nodiscard]] Status write(std::size_t slot, const std::string& context);
  void on_read(std::size_t slot, Result<ReadResult> read);
  void on_written(std::size_t slot, Result<WriteResult> written);
  // `context`: of the record, after a write.
  void end(std::size_t slot, StatusCode code, const std::string& context = {});
  [[nodiscard]] std::string key_to_read();

  LoadShared& shared_;
  const std::uint32_t number_;

  mutable std::mutex mutex_;
  // Below: under the lock.
  KeyChooser chooser_;
  RecordShare share_;
  Random random_;
  Pace pace_;
  bool stopped_ = true;
  std::vector<Operation> operations_;  // one a place in the pipeline
  std::vector<std::size_t> free_;      // places
  Progress progress_;
  LoadCounts counts_;

  Client client_;  // the first to go: its thread uses all the above
};

}  // namespace starling::bench

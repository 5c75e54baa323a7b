#pragma once

// SimStore: what lies under the group commit of one simulated process: a map that is a disk
// (SimMapStore), or the real LevelDB on simulated files (SimLevelDbStore). It lives as long as the
// process; what stays lies in the machine. Both keep the machine's SimDisk true: what the disk
// holds now, and what it would hold after the worst power loss, as far as anybody may rely on it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "env/storage_engine.h"

namespace starling::sim {

class SimStore {
 public:
  using Batches = std::vector<std::vector<StorageWrite>>;

  SimStore() = default;
  SimStore(const SimStore&) = delete;
  SimStore& operator=(const SimStore&) = delete;
  SimStore(SimStore&&) = delete;
  SimStore& operator=(SimStore&&) = delete;
  virtual ~SimStore() = default;

  // As StorageEngine's.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  [[nodiscard]] virtual Status scan(std::string_view from, std::string_view to,
                                    const StorageEngine::Visitor& visit) = 0;
  // One group. After an error nothing more is written.
  [[nodiscard]] virtual Status write(const Batches& group, CommitDemand demand) = 0;
  // The process dies while `group` is on its way to the disk; what has arrived is drawn.
  virtual void die(const Batches& group, Random& random) = 0;

  // Whether it has work of its own that waits for a quiet moment.
  [[nodiscard]] virtual bool has_background() const = 0;
  virtual void run_background() = 0;
  // The power went inside a call: the machine is dead, and whatever was returned means nothing.
  [[nodiscard]] virtual bool is_struck() const = 0;
};

}  // namespace starling::sim

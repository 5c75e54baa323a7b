#pragma once

// SimMapStore: the simulator's quick store, a map that is a disk. Its durable state is a prefix of
// the batches written, so a sync covers all earlier writes: more than LevelDB does.

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_store.h"

namespace starling::sim {

class SimMapStore final : public SimStore {
 public:
  // `disk` and `faults` outlive it. `random` draws which byte of a damaged value is wrong.
  SimMapStore(SimDisk& disk, const SimFileFaults& faults, Random random)
      : disk_(disk), faults_(faults), random_(random) {}

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] Status scan(std::string_view from, std::string_view to,
                            const StorageEngine::Visitor& visit) override;
  [[nodiscard]] Status write(const Batches& group, CommitDemand demand) override;
  // A prefix of the group arrives.
  void die(const Batches& group, Random& random) override;
  [[nodiscard]] bool has_background() const override { return false; }
  void run_background() override {}
  [[nodiscard]] bool is_struck() const override { return false; }

 private:
  SimDisk& disk_;
  const SimFileFaults& faults_;
  Random random_;
};

}  // namespace starling::sim

#pragma once

// SimLevelDbStore: the database that the daemon uses, rules and options included, on a simulated
// machine's files. The machine's SimDisk is its ledger: it holds what LevelDB was told, and as
// durable only what was in a synced write itself. Whoever opens the store again compares.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/planted_bug.h"
#include "base/random.h"
#include "sim/sim_disk.h"
#include "sim/sim_env.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_store.h"
#include "storage/leveldb_database.h"
#include "storage/starling_env.h"

namespace starling::sim {

// Whose rules LevelDB runs under.
enum class EnvRules : std::uint8_t {
  Ours,    // StarlingEnv's
  Nobody,  // LevelDB's own habits, to show what the rules are for
};

class SimLevelDbStore final : public SimStore {
 public:
  struct Options {
    EnvRules rules = EnvRules::Ours;
    PlantedBug planted = PlantedBug::None;
    std::string machine_start = {};  // as LevelDbDatabaseOptions has it
  };
  // Errors: as LevelDbDatabase::open; also when the power went meanwhile, which `faults` tells.
  [[nodiscard]] static Result<std::unique_ptr<SimLevelDbStore>> open(SimEnv::Machine machine,
                                                                     SimDisk& ledger,
                                                                     const Random& random,
                                                                     const Options& options);
  // As if the process were killed: what runs in the background never comes to its end.
  ~SimLevelDbStore() override;
  SimLevelDbStore(const SimLevelDbStore&) = delete;
  SimLevelDbStore& operator=(const SimLevelDbStore&) = delete;
  SimLevelDbStore(SimLevelDbStore&&) = delete;
  SimLevelDbStore& operator=(SimLevelDbStore&&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override {
    return database_->get(key);
  }
  [[nodiscard]] Status scan(std::string_view from, std::string_view to,
                            const StorageEngine::Visitor& visit) override {
    return database_->scan(from, to, visit);
  }
  [[nodiscard]] Status write(const Batches& group, CommitDemand demand) override;
  // The group is one write of LevelDB, cut off at a drawn call.
  void die(const Batches& group, Random& random) override;
  [[nodiscard]] bool has_background() const override { return env_.has_background(); }
  void run_background() override;
  [[nodiscard]] bool is_struck() const override { return faults_.is_struck(); }

 private:
  SimLevelDbStore(SimEnv::Machine machine, SimDisk& ledger, const Random& random,
                  const Options& options);
  void doubt(const Batches& group);

  SimDisk& ledger_;
  SimFileFaults& faults_;
  SimEnv env_;
  StarlingEnv rules_;
  std::unique_ptr<LevelDbDatabase> database_;
  std::size_t bytes_since_background_ = 0;
};

}  // namespace starling::sim

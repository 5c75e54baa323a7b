#include "sim/sim_leveldb_store.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <leveldb/env.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/sim_disk.h"
#include "sim/sim_env.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_store.h"
#include "storage/leveldb_database.h"

namespace starling::sim {
namespace {

constexpr const char* kDirectory = "store";
// As small as LevelDB goes: a run of half a minute shall change logs, write tables and merge them.
constexpr std::size_t kWriteBufferBytes = std::size_t{64} << 10U;
// Small enough for reads to meet the files.
constexpr std::size_t kBlockCacheBytes = std::size_t{16} << 10U;
// What may be written while LevelDB's background work waits: its buffer can not become full twice
// in between, or it would wait for a thread that is not there. It counts more than keys and values.
constexpr std::size_t kBytesWithoutBackground = kWriteBufferBytes / 2;
constexpr std::size_t kBytesOfEntry = 100;
// A write of LevelDB makes about as many calls, when it changes its log as well.
constexpr std::uint64_t kCallsOfWrite = 12;

std::size_t bytes_of(const SimStore::Batches& group) {
  std::size_t bytes = 0;
  for (const std::vector<StorageWrite>& batch : group) {
    for (const StorageWrite& write : batch) {
      const std::size_t value = write.value.has_value() ? write.value->size() : 0;
      bytes += kBytesOfEntry + write.key.size() + value;
    }
  }
  return bytes;
}

}  // namespace

SimLevelDbStore::SimLevelDbStore(SimEnv::Machine machine, SimDisk& ledger, const Random& random,
                                 const Options& options)
    : ledger_(ledger),
      faults_(machine.faults),
      env_(machine, random.fork("env")),
      rules_(env_, options.planted) {}

Result<std::unique_ptr<SimLevelDbStore>> SimLevelDbStore::open(SimEnv::Machine machine,
                                                               SimDisk& ledger,
                                                               const Random& random,
                                                               const Options& options) {
  // The constructor is private, so std::make_unique can not reach it.
  std::unique_ptr<SimLevelDbStore> store(new SimLevelDbStore(machine, ledger, random, options));
  leveldb::Env& env = options.rules == EnvRules::Ours ? static_cast<leveldb::Env&>(store->rules_)
                                                      : static_cast<leveldb::Env&>(store->env_);
  LevelDbDatabaseOptions database;
  database.directory = kDirectory;
  database.block_cache_bytes = kBlockCacheBytes;
  database.write_buffer_bytes = kWriteBufferBytes;
  database.machine_start = options.machine_start;
  STARLING_ASSIGN_OR_RETURN(opened, store->database_, LevelDbDatabase::open(database, env));
  return store;
}

SimLevelDbStore::~SimLevelDbStore() {
  if (database_ == nullptr) return;
  // LevelDB waits for what it has scheduled, and shall find that nothing can be done any more.
  faults_.strike_after(0);
  env_.run_background();
  database_.reset();
  faults_.call_off_strike();
}

void SimLevelDbStore::run_background() {
  env_.run_background();
  bytes_since_background_ = 0;
}

Status SimLevelDbStore::write(const Batches& group, CommitDemand demand) {
  const std::size_t bytes = bytes_of(group);
  if (bytes_since_background_ + bytes > kBytesWithoutBackground) run_background();
  bytes_since_background_ += bytes;
  Status status = database_->write(group, demand);
  if (!status.ok() || is_struck()) {
    doubt(group);
    return status;
  }
  if (demand == CommitDemand::Synced) {
    ledger_.write_synced(group);
  } else {
    for (const std::vector<StorageWrite>& batch : group) ledger_.write(batch);
  }
  return status;
}

void SimLevelDbStore::die(const Batches& group, Random& random) {
  if (group.empty() || is_struck()) return;
  if (env_.has_background()) run_background();
  faults_.strike_after(random.below(kCallsOfWrite));
  static_cast<void>(database_->write(group, CommitDemand::Synced));
  doubt(group);
}

void SimLevelDbStore::doubt(const Batches& group) {
  // A failed sync may have dropped what was written before, not only what was to be written now.
  if (faults_.write_fault() == WriteFault::SyncDropsPages) ledger_.lose_power_unseen();
  for (const std::vector<StorageWrite>& batch : group) ledger_.doubt(batch);
}

}  // namespace starling::sim

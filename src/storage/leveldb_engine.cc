#include "storage/leveldb_engine.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/durable_directory.h"
#include "storage/leveldb_database.h"
#include "storage/leveldb_lane.h"
#include "storage/posix_files.h"
#include "storage/starling_env.h"

namespace starling {

Result<std::unique_ptr<LevelDbEngine>> LevelDbEngine::open(const LevelDbEngineOptions& options,
                                                           CommitNotifier& notifier) {
  // The constructor is private, so std::make_unique can not reach it.
  std::unique_ptr<LevelDbEngine> engine(new LevelDbEngine(options, notifier));
  if (options.files == nullptr) {
    STARLING_RETURN_IF_ERROR(make_durable_directories(options.database.directory));
    engine->own_files_ = std::make_unique<PosixFiles>();
    engine->options_.files = engine->own_files_.get();
  }
  STARLING_RETURN_IF_ERROR(engine->open_database());
  return engine;
}

LevelDbEngine::LevelDbEngine(const LevelDbEngineOptions& options, CommitNotifier& notifier)
    : options_(options), notifier_(notifier) {}

LevelDbEngine::~LevelDbEngine() = default;

Status LevelDbEngine::open_database() {
  env_ = std::make_unique<StarlingEnv>(*options_.files);
  STARLING_ASSIGN_OR_RETURN(opened, database_, LevelDbDatabase::open(options_.database, *env_));
  lane_ = std::make_unique<LevelDbLane>(*database_, notifier_, options_.sync_interval);
  return Status::success();
}

Result<std::optional<std::string>> LevelDbEngine::get(std::string_view key) {
  return database_->get(key);
}

Status LevelDbEngine::scan(std::string_view from, std::string_view to, const Visitor& visit) {
  return database_->scan(from, to, visit);
}

CommitTicket LevelDbEngine::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  return lane_->commit(std::move(batch), demand);
}

Status LevelDbEngine::commit_now(std::vector<StorageWrite> batch) {
  std::vector<std::vector<StorageWrite>> alone;
  alone.push_back(std::move(batch));
  return database_->write(alone, CommitDemand::Synced);
}

}  // namespace starling

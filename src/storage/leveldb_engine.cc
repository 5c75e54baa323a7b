#include "storage/leveldb_engine.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/durable_directory.h"
#include "storage/leveldb_database.h"
#include "storage/leveldb_lane.h"
#include "storage/machine_start.h"
#include "storage/posix_files.h"
#include "storage/starling_env.h"
#include "storage/storage_metrics.h"

namespace starling {
namespace {

Status closed() {
  return {StatusCode::DiskFull, "the store is closed until its disk has space"};
}

}  // namespace

Result<std::unique_ptr<LevelDbEngine>> LevelDbEngine::open(const LevelDbEngineOptions& options,
                                                           CommitNotifier& notifier) {
  // The constructor is private, so std::make_unique can not reach it.
  std::unique_ptr<LevelDbEngine> engine(new LevelDbEngine(options, notifier));
  if (options.files == nullptr) {
    STARLING_RETURN_IF_ERROR(make_durable_directories(options.database.directory));
    engine->own_files_ = std::make_unique<PosixFiles>();
    engine->options_.database.machine_start = machine_start();
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
  STARLING_RETURN_IF_ERROR(check_witnesses(witnesses_));
  lane_ =
      std::make_unique<LevelDbLane>(*database_, notifier_, options_.sync_interval, last_ticket_);
  return Status::success();
}

Result<std::optional<std::string>> LevelDbEngine::get(std::string_view key) {
  if (database_ == nullptr) return closed();
  return database_->get(key);
}

Status LevelDbEngine::scan(std::string_view from, std::string_view to, const Visitor& visit) {
  if (database_ == nullptr) return closed();
  return database_->scan(from, to, visit);
}

CommitTicket LevelDbEngine::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  if (lane_ == nullptr) return last_ticket_ = CommitTicket{last_ticket_.value + 1};
  return lane_->commit(std::move(batch), demand);
}

Status LevelDbEngine::commit_now(std::vector<StorageWrite> batch) {
  if (database_ == nullptr) return closed();
  std::vector<std::vector<StorageWrite>> alone;
  alone.push_back(std::move(batch));
  return database_->write(alone, CommitDemand::Synced);
}

std::uint64_t LevelDbEngine::queued_bytes() const {
  return lane_ == nullptr ? 0 : lane_->queued_bytes();
}

std::optional<CommitTiming> LevelDbEngine::timing_of(CommitTicket ticket) const {
  return lane_ == nullptr ? std::nullopt : lane_->timing_of(ticket);
}

LaneCompletions LevelDbEngine::drain_completions() {
  if (lane_ == nullptr) return {.through = {}, .status = closed()};
  return lane_->drain_completions();
}

StorageMetrics LevelDbEngine::metrics() const {
  StorageMetrics metrics{.lane = ended_lanes_, .database = {}};
  if (lane_ != nullptr) metrics.lane.add(lane_->metrics());
  if (database_ != nullptr) metrics.database = database_->metrics();
  return metrics;
}

std::uint64_t LevelDbEngine::reopen_bytes() const {
  return bytes_to_open(options_.database.directory, *options_.files);
}

Status LevelDbEngine::reopen() {
  if (lane_ != nullptr) {
    lane_->end();
    last_ticket_ = lane_->last_ticket();
    witnesses_ = lane_->witnesses();
    ended_lanes_.add(lane_->metrics());
  }
  lane_.reset();
  database_.reset();
  Status opened = open_database();
  if (!opened.ok()) database_.reset();
  return opened;
}

Status LevelDbEngine::check_witnesses(const std::vector<LevelDbLane::Witness>& witnesses) const {
  for (const LevelDbLane::Witness& witness : witnesses) {
    STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> bytes,
                              database_->get(witness.key));
    std::optional<std::uint64_t> found;
    if (bytes.has_value()) found = hash64(*bytes);
    if (found == witness.value) continue;
    return {StatusCode::Corruption, "the database in '" + options_.database.directory +
                                        "' was opened again and lacks what was synced to it"};
  }
  return Status::success();
}

}  // namespace starling

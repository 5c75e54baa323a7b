#include "storage/leveldb_engine.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>
#include <leveldb/write_batch.h>

#include "starling/result.h"
#include "starling/status.h"

#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/leveldb_lane.h"
#include "storage/leveldb_status.h"

namespace starling {
namespace {

// One percent of look-ups for missing keys read a block in vain; more bits buy little.
constexpr int kBloomBitsPerKey = 10;

leveldb::Slice slice_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::string_view view_of(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

leveldb::ReadOptions verified_read() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

leveldb::Options database_options(const LevelDbEngineOptions& options) {
  leveldb::Options chosen;
  if (options.env != nullptr) chosen.env = options.env;
  chosen.create_if_missing = true;
  // Index and filter blocks are verified only with it.
  chosen.paranoid_checks = true;
  chosen.write_buffer_size = options.write_buffer_bytes;
  // LevelDB keeps a block as it is where compression gains less than an eighth, so values that do
  // not compress cost the attempt only.
  chosen.compression = leveldb::kSnappyCompression;
  // Appending to an old log can write behind an incomplete record (LevelDB issue 1287).
  chosen.reuse_logs = false;
  return chosen;
}

Status status_of_open(const std::string& directory, const leveldb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsCorruption()) {
    return {StatusCode::Corruption, "the database in '" + directory + "' is damaged: " + text +
                                        "; keep it aside and go on with the other members: an "
                                        "emptied one can not be filled in this version"};
  }
  if (text.find("lock ") != std::string::npos) {
    return {StatusCode::Failure, "the data directory '" + directory +
                                     "' is in use by another process; stop it, or choose another "
                                     "--data-dir (" +
                                     text + ")"};
  }
  return {StatusCode::Failure,
          "the data directory '" + directory + "' can not be used: " + text +
              "; check its permissions and disk, or choose another --data-dir"};
}

Status make_directory(const LevelDbEngineOptions& options) {
  if (options.env != nullptr) return Status::success();  // LevelDB makes it there
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (!error) return Status::success();
  return {StatusCode::Failure, "the data directory '" + options.directory + "' can not be made: " +
                                   error.message() + "; choose another --data-dir"};
}

}  // namespace

Result<std::unique_ptr<LevelDbEngine>> LevelDbEngine::open(const LevelDbEngineOptions& options,
                                                           CommitNotifier& notifier) {
  STARLING_RETURN_IF_ERROR(make_directory(options));
  Database database;
  database.cache.reset(leveldb::NewLRUCache(options.block_cache_bytes));
  database.filter.reset(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey));
  leveldb::Options chosen = database_options(options);
  chosen.block_cache = database.cache.get();
  chosen.filter_policy = database.filter.get();
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(chosen, options.directory, &opened);
  if (!status.ok()) return status_of_open(options.directory, status);
  database.db.reset(opened);
  // The constructor is private, so std::make_unique can not reach it.
  std::unique_ptr<LevelDbEngine> engine(new LevelDbEngine(std::move(database)));
  engine->lane_ =
      std::make_unique<LevelDbLane>(*engine->database_.db, notifier, options.sync_interval);
  return engine;
}

LevelDbEngine::LevelDbEngine(Database database) : database_(std::move(database)) {}

LevelDbEngine::~LevelDbEngine() = default;

Result<std::optional<std::string>> LevelDbEngine::get(std::string_view key) {
  std::string value;
  const leveldb::Status status = database_.db->Get(verified_read(), slice_of(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  STARLING_RETURN_IF_ERROR(status_of_read(status));
  return std::optional<std::string>{std::move(value)};
}

Status LevelDbEngine::scan(std::string_view from, std::string_view to, const Visitor& visit) {
  leveldb::ReadOptions options = verified_read();
  options.fill_cache = false;  // a scan would push out what point reads need
  const std::unique_ptr<leveldb::Iterator> entry(database_.db->NewIterator(options));
  for (entry->Seek(slice_of(from)); entry->Valid(); entry->Next()) {
    const std::string_view key = view_of(entry->key());
    if (key >= to || !visit(key, view_of(entry->value()))) break;
  }
  return status_of_read(entry->status());
}

CommitTicket LevelDbEngine::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  return lane_->commit(std::move(batch), demand);
}

Status LevelDbEngine::commit_now(std::vector<StorageWrite> batch) {
  leveldb::WriteBatch writes;
  add_writes(writes, batch);
  leveldb::WriteOptions options;
  options.sync = true;
  return status_of_write(database_.db->Write(options, &writes));
}

}  // namespace starling

#include "storage/leveldb_database.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

#include "env/storage_engine.h"
#include "storage/counting_cache.h"
#include "storage/io_error.h"
#include "storage/level_stats.h"
#include "storage/leveldb_status.h"
#include "storage/storage_metrics.h"
#include "storage/torn_logs.h"

namespace starling {
namespace {

// One percent of look-ups for missing keys read a block in vain; more bits buy little.
constexpr int kBloomBitsPerKey = 10;

// Some 100 bytes a table: a manifest of 10 000 tables, with the next log and LOG to spare.
constexpr std::uint64_t kManifestBytes = std::uint64_t{2} << 20U;

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

leveldb::Options database_options(const LevelDbDatabaseOptions& options, leveldb::Env& env) {
  leveldb::Options chosen;
  chosen.env = &env;
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
                                        "; keep it aside, and start with an empty one: it is "
                                        "filled from the other members"};
  }
  if (is_no_space(status)) {
    return {StatusCode::DiskFull, "the disk of the data directory '" + directory + "' is full: " +
                                      text + "; nothing is damaged: make space, then start again"};
  }
  // LevelDB's own words of its LOCK. A directory may be called anything.
  if (text.starts_with("IO error: lock " + directory + "/LOCK: ")) {
    return {StatusCode::Failure, "the data directory '" + directory +
                                     "' is in use by another process; stop it, or choose another "
                                     "--data-dir (" +
                                     text + ")"};
  }
  return {StatusCode::Failure,
          "the data directory '" + directory + "' can not be used: " + text +
              "; check its permissions and disk, or choose another --data-dir"};
}

void add_writes(leveldb::WriteBatch& to, const std::vector<StorageWrite>& writes) {
  for (const StorageWrite& write : writes) {
    if (write.value.has_value()) {
      to.Put(write.key, *write.value);
    } else {
      to.Delete(write.key);
    }
  }
}

}  // namespace

std::uint64_t bytes_to_open(const std::string& directory, leveldb::Env& env) {
  std::vector<std::string> names;
  if (!env.GetChildren(directory, &names).ok()) return kManifestBytes;
  std::uint64_t bytes = kManifestBytes;
  for (const std::string& name : names) {
    std::uint64_t size = 0;
    if (!name.ends_with(".log")) continue;
    const std::string path = std::string(directory).append("/").append(name);
    if (env.GetFileSize(path, &size).ok()) bytes += size;
  }
  return bytes;
}

Result<std::unique_ptr<LevelDbDatabase>> LevelDbDatabase::open(
    const LevelDbDatabaseOptions& options, leveldb::Env& env) {
  Parts parts;
  parts.cache = std::make_unique<CountingCache>(options.block_cache_bytes);
  parts.filter.reset(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey));
  leveldb::Options chosen = database_options(options, env);
  chosen.block_cache = parts.cache.get();
  chosen.filter_policy = parts.filter.get();
  parts.logs = std::make_unique<TornLogs>(env, options.directory, options.machine_start);
  const leveldb::Status status = open_parts(chosen, options.directory, parts);
  if (!status.ok()) return status_of_open(options.directory, status);
  // The constructor is private, so std::make_unique can not reach it.
  return std::unique_ptr<LevelDbDatabase>(new LevelDbDatabase(std::move(parts)));
}

leveldb::Status LevelDbDatabase::open_parts(const leveldb::Options& options,
                                            const std::string& directory, Parts& parts) {
  leveldb::Status status = parts.logs->look();
  if (!status.ok()) return status;
  // LevelDB asks whether CURRENT is there, and takes an error of the disk for a no.
  leveldb::Options chosen = options;
  chosen.create_if_missing = !parts.logs->has_database();
  leveldb::DB* opened = nullptr;
  status = leveldb::DB::Open(chosen, directory, &opened);
  // Only LevelDB knows which tails it minds.
  if (status.IsCorruption() && parts.logs->may_cut()) {
    status = parts.logs->cut();
    if (status.ok()) status = leveldb::DB::Open(chosen, directory, &opened);
  }
  parts.db.reset(opened);
  if (status.ok()) parts.logs->remember();
  return status;
}

LevelDbDatabase::LevelDbDatabase(Parts parts) : parts_(std::move(parts)) {}

LevelDbDatabase::~LevelDbDatabase() = default;

Result<std::optional<std::string>> LevelDbDatabase::get(std::string_view key) const {
  std::string value;
  const leveldb::Status status = parts_.db->Get(verified_read(), slice_of(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  STARLING_RETURN_IF_ERROR(status_of_read(status));
  return std::optional<std::string>{std::move(value)};
}

Status LevelDbDatabase::scan(std::string_view from, std::string_view to,
                             const StorageEngine::Visitor& visit) const {
  leveldb::ReadOptions options = verified_read();
  options.fill_cache = false;  // a scan would push out what point reads need
  const std::unique_ptr<leveldb::Iterator> entry(parts_.db->NewIterator(options));
  for (entry->Seek(slice_of(from)); entry->Valid(); entry->Next()) {
    const std::string_view key = view_of(entry->key());
    if (key >= to || !visit(key, view_of(entry->value()))) break;
  }
  return status_of_read(entry->status());
}

DatabaseMetrics LevelDbDatabase::metrics() const {
  DatabaseMetrics metrics{.levels = {},
                          .block_cache_hits = parts_.cache->hits(),
                          .block_cache_misses = parts_.cache->misses(),
                          .block_cache_bytes = parts_.cache->TotalCharge(),
                          .memory_bytes = 0};
  std::string text;
  if (parts_.db->GetProperty("leveldb.stats", &text)) metrics.levels = parse_level_stats(text);
  if (parts_.db->GetProperty("leveldb.approximate-memory-usage", &text)) {
    std::from_chars(text.data(), text.data() + text.size(), metrics.memory_bytes);
  }
  return metrics;
}

Status LevelDbDatabase::write(const std::vector<std::vector<StorageWrite>>& batches,
                              CommitDemand demand) {
  leveldb::WriteBatch all;
  for (const std::vector<StorageWrite>& batch : batches) add_writes(all, batch);
  leveldb::WriteOptions options;
  options.sync = demand == CommitDemand::Synced;
  Status status = status_of_write(parts_.db->Write(options, &all));
  if (!status.ok()) parts_.logs->forget();
  return status;
}

}  // namespace starling

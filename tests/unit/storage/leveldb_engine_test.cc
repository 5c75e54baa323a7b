#include "storage/leveldb_engine.h"

#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <leveldb/db.h>
#include <leveldb/env.h>

#include "starling/result.h"
#include "starling/status.h"

#include "env/storage_engine.h"
#include "storage/leveldb_lane.h"
#include "storage/storage_metrics.h"
#include "support/counting_notifier.h"
#include "support/forgetful_files.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

std::unique_ptr<LevelDbEngine> open(const std::string& directory, CommitNotifier& notifier) {
  auto opened = LevelDbEngine::open({.database = {.directory = directory}}, notifier);
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

std::vector<std::string> files_ending_with(const std::string& directory,
                                           const std::string& ending) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path().string());
  }
  return files;
}

void flip_a_byte(const std::string& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 1));
  REQUIRE(stream.good());
}

// A database whose entries all lie in a sorted table (what a reopen makes of the log).
void fill(const std::string& directory, CommitNotifier& notifier) {
  std::vector<StorageWrite> batch;
  for (int i = 0; i < 100; ++i) {
    batch.push_back({.key = "key" + std::to_string(i), .value = std::string(100, 'v')});
  }
  REQUIRE(open(directory, notifier)->commit_now(batch).ok());
  (void)open(directory, notifier);
}

TEST_CASE("LevelDbEngine: a missing directory is made, with those above it") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  const auto engine = open(directory.path() + "/a/b/c", notifier);
  CHECK(engine->commit_now({{.key = "k", .value = "v"}}).ok());
}

TEST_CASE("LevelDbEngine: a directory in use names itself and the remedy") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  const auto first = open(directory.path(), notifier);
  const auto second = LevelDbEngine::open({.database = {.directory = directory.path()}}, notifier);
  CHECK(second.status().code() == StatusCode::Failure);
  CHECK(second.status().message().find(directory.path()) != std::string::npos);
  CHECK(second.status().message().find("in use by another process") != std::string::npos);
}

TEST_CASE("LevelDbEngine: a path that can be no directory names itself") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "not a directory";
  const auto opened = LevelDbEngine::open({.database = {.directory = file + "/store"}}, notifier);
  CHECK(opened.status().code() == StatusCode::Failure);
  CHECK(opened.status().message().find(file) != std::string::npos);
}

TEST_CASE("LevelDbEngine: counts over a reopen, and tells what the database says of itself") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  fill(directory.path(), notifier);
  const auto engine = open(directory.path(), notifier);
  CHECK(engine->metrics().database.levels.size() == 1);  // the table that fill() left
  CHECK(engine->get("key1").ok());
  CHECK(engine->get("key2").ok());
  const DatabaseMetrics read = engine->metrics().database;
  CHECK(read.block_cache_misses == 1);
  CHECK(read.block_cache_hits == 1);
  CHECK(read.block_cache_bytes > 0);
  CHECK(read.memory_bytes > 0);
  const CommitTicket ticket = engine->commit({{.key = "k", .value = "v"}}, CommitDemand::Synced);
  while (engine->drain_completions().through < ticket) {
  }
  REQUIRE(engine->reopen().ok());
  CHECK(engine->metrics().lane.synced_writes.count() == 1);
  CHECK(engine->metrics().database.block_cache_hits == 0);
}

TEST_CASE("LevelDbEngine: a flipped byte is corruption, for look-ups and for scans") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  fill(directory.path(), notifier);
  const std::vector<std::string> tables = files_ending_with(directory.path(), ".ldb");
  REQUIRE(tables.size() == 1);
  flip_a_byte(tables.front(), 50);
  const auto engine = open(directory.path(), notifier);
  CHECK(engine->get("key1").status().code() == StatusCode::Corruption);
  const Status scanned =
      engine->scan("", "z", [](std::string_view, std::string_view) { return true; });
  CHECK(scanned.code() == StatusCode::Corruption);
}

TEST_CASE("LevelDbEngine: a table that is gone is an error, not an empty database") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  fill(directory.path(), notifier);
  for (const std::string& file : files_ending_with(directory.path(), ".ldb")) {
    std::filesystem::remove(file);
  }
  CHECK_FALSE(LevelDbEngine::open({.database = {.directory = directory.path()}}, notifier).ok());
}

TEST_CASE("LevelDbEngine: a damaged log is corruption at the next start") {
  const TemporaryDirectory directory;
  CountingNotifier notifier;
  REQUIRE(open(directory.path(), notifier)
              ->commit_now({{.key = "key", .value = std::string(1000, 'v')}})
              .ok());
  const std::vector<std::string> logs = files_ending_with(directory.path(), ".log");
  REQUIRE(logs.size() == 1);
  flip_a_byte(logs.front(), 500);
  const auto opened = LevelDbEngine::open({.database = {.directory = directory.path()}}, notifier);
  CHECK(opened.status().code() == StatusCode::Corruption);
  CHECK(opened.status().message().find(directory.path()) != std::string::npos);
}

std::vector<StorageWrite> batch_of(const std::string& key, const std::string& value) {
  return {{.key = key, .value = value}};
}

// An engine on files in memory, whose disk a test fills.
struct FullDisk {
  FullDisk() {
    auto opened =
        LevelDbEngine::open({.database = {.directory = "/db"}, .files = &files}, notifier);
    REQUIRE(opened.ok());
    engine = std::move(opened).value();
  }
  LaneCompletions commit(const std::string& key, const std::string& value) {
    const CommitTicket ticket = engine->commit(batch_of(key, value), CommitDemand::Synced);
    for (;;) {
      const std::uint64_t seen = notifier.count();
      LaneCompletions completions = engine->drain_completions();
      if (completions.through >= ticket || !completions.status.ok()) return completions;
      REQUIRE(notifier.wait_for(seen + 1));
    }
  }
  std::optional<std::string> get(const std::string& key) {
    const auto got = engine->get(key);
    REQUIRE(got.ok());
    return *got;
  }

  ForgetfulFiles files;
  CountingNotifier notifier;
  std::unique_ptr<LevelDbEngine> engine;
};

TEST_CASE("LevelDbEngine: behind a full disk it can be opened again, with all that was through") {
  FullDisk disk;
  CHECK(disk.commit("a", "1").through == CommitTicket{1});
  disk.files.set_room(10);
  CHECK(disk.commit("b", std::string(100, 'x')).status.code() == StatusCode::DiskFull);
  CHECK(disk.get("a") == "1");
  disk.files.set_room(std::nullopt);
  CHECK(disk.commit("c", "3").status.code() == StatusCode::DiskFull);  // the error sticks
  REQUIRE(disk.engine->reopen().ok());
  const LaneCompletions again = disk.commit("d", "4");
  CHECK(again.status.ok());
  CHECK(again.through == CommitTicket{4});
  CHECK(disk.get("a") == "1");
  CHECK_FALSE(disk.get("b").has_value());
  CHECK_FALSE(disk.get("c").has_value());
}

TEST_CASE(
    "LevelDbEngine: without space it stays closed, answers no read as absent, and opens later") {
  FullDisk disk;
  CHECK(disk.commit("a", "1").status.ok());
  disk.files.set_room(0);
  CHECK_FALSE(disk.commit("b", "2").status.ok());
  CHECK(disk.engine->reopen().code() == StatusCode::DiskFull);
  CHECK(disk.engine->get("a").status().code() == StatusCode::DiskFull);
  CHECK(disk.engine->scan("", "z", [](auto, auto) { return true; }).code() == StatusCode::DiskFull);
  CHECK(disk.engine->commit_now(batch_of("k", "v")).code() == StatusCode::DiskFull);
  CHECK(disk.commit("c", "3").status.code() == StatusCode::DiskFull);
  CHECK(disk.engine->queued_bytes() == 0);
  disk.files.set_room(std::nullopt);
  REQUIRE(disk.engine->reopen().ok());
  CHECK(disk.get("a") == "1");
  CHECK(disk.commit("d", "4").through == CommitTicket{4});
}

TEST_CASE("LevelDbEngine: opened again without what was synced it says so") {
  FullDisk disk;
  CHECK(disk.commit("a", "1").status.ok());
  disk.files.set_room(0);
  CHECK_FALSE(disk.commit("b", "2").status.ok());
  disk.files.set_room(std::nullopt);
  std::vector<std::string> names;
  REQUIRE(disk.files.GetChildren("/db", &names).ok());
  for (const std::string& name : names) {
    leveldb::WritableFile* emptied = nullptr;
    if (name.ends_with(".log")) REQUIRE(disk.files.NewWritableFile("/db/" + name, &emptied).ok());
    delete emptied;
  }
  const Status reopened = disk.engine->reopen();
  CHECK(reopened.code() == StatusCode::Corruption);
  CHECK(reopened.message().find("lacks what was synced") != std::string::npos);
}

TEST_CASE("LevelDbEngine: a key of the failed commit is no witness of what was synced") {
  FullDisk disk;
  CHECK(disk.commit("a", "1").status.ok());
  disk.files.set_room(0);
  CHECK_FALSE(disk.commit("a", "2").status.ok());
  disk.files.set_room(std::nullopt);
  CHECK(disk.engine->reopen_bytes() > 0);
  CHECK(disk.engine->reopen().ok());
  CHECK(disk.get("a") == "1");
}

}  // namespace
}  // namespace starling

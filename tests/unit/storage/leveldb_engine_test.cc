#include "storage/leveldb_engine.h"

#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <leveldb/db.h>

#include "starling/result.h"
#include "starling/status.h"

#include "env/storage_engine.h"
#include "support/counting_notifier.h"
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

}  // namespace
}  // namespace starling

#include "storage/leveldb_database.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "env/storage_engine.h"
#include "storage/posix_files.h"
#include "storage/starling_env.h"
#include "support/forgetful_files.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

Result<std::unique_ptr<LevelDbDatabase>> open(leveldb::Env& env) {
  return LevelDbDatabase::open({.directory = "/db", .write_buffer_bytes = 64U << 10U}, env);
}

// Nothing: no such key.
std::optional<std::string> get(const LevelDbDatabase& database, const std::string& key) {
  const auto got = database.get(key);
  REQUIRE(got.ok());
  return *got;
}

std::vector<std::vector<StorageWrite>> one(std::string key, std::string value) {
  std::vector<std::vector<StorageWrite>> batches(1);
  batches[0].push_back({.key = std::move(key), .value = std::move(value)});
  return batches;
}

TEST_CASE("LevelDbDatabase: several batches are written as one, later ones over earlier") {
  ForgetfulFiles files;
  StarlingEnv env(files);
  const auto database = std::move(open(env)).value();
  CHECK(database
            ->write({{{.key = "a", .value = "1"}, {.key = "b", .value = "2"}},
                     {{.key = "a", .value = std::nullopt}, {.key = "b", .value = "3"}}},
                    CommitDemand::Synced)
            .ok());
  CHECK_FALSE(get(*database, "a").has_value());
  CHECK(get(*database, "b") == "3");
}

TEST_CASE("LevelDbDatabase: an error of a read is corruption, for look-ups and for scans") {
  ForgetfulFiles files;
  {
    StarlingEnv env(files);
    const auto database = std::move(open(env)).value();
    REQUIRE(database->write(one("k", "v"), CommitDemand::Synced).ok());
  }
  StarlingEnv env(files);  // the open makes a table of the log
  const auto database = std::move(open(env)).value();
  files.fail_reads();
  CHECK(database->get("k").status().code() == StatusCode::Corruption);
  const Status scanned =
      database->scan("", "z", [](std::string_view, std::string_view) { return true; });
  CHECK(scanned.code() == StatusCode::Corruption);
}

TEST_CASE("LevelDbDatabase: on a full disk an open says so, damages nothing, and works later") {
  ForgetfulFiles files;
  {
    StarlingEnv env(files);
    const auto database = std::move(open(env)).value();
    REQUIRE(database->write(one("k", std::string(1000, 'v')), CommitDemand::Synced).ok());
  }
  for (const std::size_t room : {0, 10, 50, 100, 150}) {
    CAPTURE(room);
    files.set_room(room);
    StarlingEnv env(files);
    const auto opened = open(env);
    CHECK(opened.status().code() == StatusCode::DiskFull);
    CHECK(opened.status().message().find("/db") != std::string::npos);
  }
  files.set_room(std::nullopt);
  StarlingEnv env(files);
  const auto opened = open(env);
  REQUIRE(opened.ok());
  CHECK(get(**opened, "k") == std::string(1000, 'v'));
}

TEST_CASE("LevelDbDatabase: only its own lock means that another process has the directory") {
  const TemporaryDirectory directory;
  const std::string named = directory.path() + "/a lock LOCK: here";
  PosixFiles files;
  StarlingEnv env(files);
  const auto opened = LevelDbDatabase::open({.directory = named + "/missing/db"}, env);
  CHECK(opened.status().message().find("can not be used") != std::string::npos);
  const auto first = LevelDbDatabase::open({.directory = named}, env);
  REQUIRE(first.ok());
  CHECK(LevelDbDatabase::open({.directory = named}, env)
            .status()
            .message()
            .find("in use by another process") != std::string::npos);
}

TEST_CASE("LevelDbDatabase: after a failed write reads go on, and see none of it") {
  ForgetfulFiles files;
  StarlingEnv env(files);
  const auto database = std::move(open(env)).value();
  REQUIRE(database->write(one("k", "old"), CommitDemand::Synced).ok());
  files.set_room(20);
  CHECK(database->write(one("k", std::string(100, 'n')), CommitDemand::Synced).code() ==
        StatusCode::DiskFull);
  files.set_room(std::nullopt);
  CHECK(database->write(one("other", "x"), CommitDemand::Synced).code() == StatusCode::DiskFull);
  CHECK(get(*database, "k") == "old");
}

}  // namespace
}  // namespace starling

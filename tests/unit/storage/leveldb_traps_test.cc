// The traps of LevelDB that would lose what was acknowledged: each is shown with the files as they
// are, and shown to be gone behind StarlingEnv.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <leveldb/db.h>
#include <leveldb/options.h>
#include <leveldb/status.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "storage/leveldb_database.h"
#include "storage/starling_env.h"
#include "support/forgetful_files.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

using Removals = ForgetfulFiles::Removals;

// Small, so that LevelDB changes its log often.
constexpr std::size_t kWriteBuffer = 64U << 10U;

Result<std::unique_ptr<LevelDbDatabase>> open_small(leveldb::Env& env) {
  return LevelDbDatabase::open({.directory = "/db", .write_buffer_bytes = kWriteBuffer}, env);
}

Status write(LevelDbDatabase& database, const std::string& key, std::size_t bytes,
             CommitDemand demand) {
  return database.write({{{.key = key, .value = std::string(bytes, 'v')}}}, demand);
}

// How a set of acknowledged keys comes out of a start.
struct Outcome {
  bool opens = false;
  std::size_t lost = 0;
};

Outcome reopen(ForgetfulFiles& files, const std::vector<std::string>& acknowledged) {
  StarlingEnv env(files);
  const auto opened = open_small(env);
  if (!opened.ok()) return {};
  Outcome outcome{.opens = true};
  for (const std::string& key : acknowledged) {
    const auto got = (*opened)->get(key);
    if (!got.ok() || !got->has_value()) ++outcome.lost;
  }
  return outcome;
}

// The disk is full for one write and has room again: what is acknowledged then?
Outcome short_append(ForgetfulFiles& files, leveldb::Env& env, std::size_t& acknowledged_behind) {
  std::vector<std::string> acknowledged;
  const auto database = std::move(open_small(env)).value();
  const auto put = [&](const std::string& key) {
    const bool written = write(*database, key, 1000, CommitDemand::Synced).ok();
    if (written) acknowledged.push_back(key);
    return written;
  };
  for (int i = 0; i < 10; ++i) REQUIRE(put("before" + std::to_string(i)));
  files.set_room(500);
  CHECK_FALSE(put("full"));
  files.set_room(std::nullopt);
  for (int i = 0; i < 20; ++i) {
    if (put("behind" + std::to_string(i))) ++acknowledged_behind;
  }
  return reopen(*files.after_power_loss(Removals::Undone), acknowledged);
}

TEST_CASE("LevelDbTraps: behind a short append LevelDB acknowledges what the next start loses") {
  ForgetfulFiles files;
  std::size_t acknowledged_behind = 0;
  const Outcome outcome = short_append(files, files, acknowledged_behind);
  CHECK(acknowledged_behind == 20);
  CHECK((!outcome.opens || outcome.lost == 20));
}

TEST_CASE("LevelDbTraps: behind a short append StarlingEnv acknowledges nothing, and loses none") {
  ForgetfulFiles files;
  StarlingEnv env(files);
  std::size_t acknowledged_behind = 0;
  const Outcome outcome = short_append(files, env, acknowledged_behind);
  CHECK(acknowledged_behind == 0);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 0);
}

// Synced writes until LevelDB has changed its log, then a power loss. The table of the old log is
// not made yet, for with it the directory would be synced by chance.
Outcome lose_directory(ForgetfulFiles& files, leveldb::Env& env) {
  std::vector<std::string> acknowledged;
  const auto database = std::move(open_small(env)).value();
  files.hold_compactions();
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(write(*database, key, kWriteBuffer / 15, CommitDemand::Synced).ok());
    acknowledged.push_back(key);
  }
  const auto found = files.after_power_loss(Removals::Undone);
  files.release_compactions();
  return reopen(*found, acknowledged);
}

TEST_CASE("LevelDbTraps: a log whose name was not synced is lost with all that was synced to it") {
  ForgetfulFiles files;
  const Outcome outcome = lose_directory(files, files);
  CHECK((!outcome.opens || outcome.lost > 0));
}

TEST_CASE("LevelDbTraps: StarlingEnv syncs the name of a log before anything is written to it") {
  ForgetfulFiles files;
  StarlingEnv env(files);
  const Outcome outcome = lose_directory(files, env);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 0);
}

// A power loss right after an open, which replaces the manifest and removes the old one.
Outcome lose_current(ForgetfulFiles& files, leveldb::Env& env) {
  const auto database = std::move(open_small(env)).value();
  REQUIRE(write(*database, "key", 10, CommitDemand::Synced).ok());
  return reopen(*files.after_power_loss(Removals::Kept), {"key"});
}

TEST_CASE("LevelDbTraps: an unsynced rename leaves a database that does not open or is empty") {
  ForgetfulFiles files;
  const Outcome outcome = lose_current(files, files);
  CHECK((!outcome.opens || outcome.lost == 1));
}

TEST_CASE("LevelDbTraps: StarlingEnv syncs a rename before what it replaces is removed") {
  ForgetfulFiles files;
  StarlingEnv env(files);
  const Outcome outcome = lose_current(files, env);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 0);
}

// One batch, then others until LevelDB has changed its log, the last of them synced.
Outcome rely_on_later_sync(CommitDemand first, PlantedBug planted) {
  ForgetfulFiles files;
  StarlingEnv env(files, planted);
  const auto database = std::move(open_small(env)).value();
  files.hold_compactions();
  REQUIRE(write(*database, "first", 10, first).ok());
  std::string last_key;
  for (int i = 0; i < 20; ++i) {
    last_key = "key" + std::to_string(i);
    REQUIRE(write(*database, last_key, kWriteBuffer / 15, CommitDemand::Written).ok());
  }
  REQUIRE(database->write({}, CommitDemand::Synced).ok());
  const auto found = files.after_power_loss(Removals::Undone);
  files.release_compactions();
  CHECK(reopen(*found, {last_key}).lost == 0);
  return reopen(*found, {"first"});
}

TEST_CASE("LevelDbTraps: a sync does not reach back over a change of logs") {
  const Outcome outcome = rely_on_later_sync(CommitDemand::Written, PlantedBug::LaterSync);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 1);
}

TEST_CASE("LevelDbTraps: StarlingEnv syncs a log when it is left, so that a sync reaches back") {
  const Outcome outcome = rely_on_later_sync(CommitDemand::Written, PlantedBug::None);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 0);
}

TEST_CASE("LevelDbTraps: a batch that was itself synced is there, whatever the log did since") {
  const Outcome outcome = rely_on_later_sync(CommitDemand::Synced, PlantedBug::LaterSync);
  CHECK(outcome.opens);
  CHECK(outcome.lost == 0);
}

// A table of one value that does not compress, with a bit of the value turned.
std::string damage_a_table(const std::string& directory, const std::string& value) {
  for (int opens = 0; opens < 2; ++opens) {  // the second makes a table of the log
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* opened = nullptr;
    REQUIRE(leveldb::DB::Open(options, directory, &opened).ok());
    const std::unique_ptr<leveldb::DB> database(opened);
    if (opens == 0) REQUIRE(database->Put({}, "key", value).ok());
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".ldb") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::size_t at = bytes.find(value);
    REQUIRE(at != std::string::npos);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(entry.path(), std::ios::binary) << bytes;
    return entry.path();
  }
  return {};
}

TEST_CASE("LevelDbTraps: by default LevelDB returns a turned bit, ours says corruption") {
  const TemporaryDirectory directory;
  const std::string value = "a value of some length";
  REQUIRE_FALSE(damage_a_table(directory.path(), value).empty());
  {
    leveldb::DB* opened = nullptr;
    REQUIRE(leveldb::DB::Open({}, directory.path(), &opened).ok());
    const std::unique_ptr<leveldb::DB> plain(opened);
    std::string read;
    REQUIRE(plain->Get({}, "key", &read).ok());
    CHECK(read != value);
  }
  PosixFiles files;
  StarlingEnv env(files);
  const auto opened = LevelDbDatabase::open({.directory = directory.path()}, env);
  REQUIRE(opened.ok());
  CHECK((*opened)->get("key").status().code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling

#include "storage/torn_logs.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "env/storage_engine.h"
#include "storage/leveldb_database.h"
#include "storage/posix_files.h"
#include "storage/starling_env.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

// A database with three synced writes in its log, closed.
struct Bench {
  Bench() {
    const auto database = open("first");
    REQUIRE(database.ok());
    for (const char* const key : {"a", "b", "c"}) {
      REQUIRE((*database)->write({{{key, std::string(1000, *key)}}}, CommitDemand::Synced).ok());
    }
  }

  Result<std::unique_ptr<LevelDbDatabase>> open(const std::string& machine_start) {
    env = std::make_unique<StarlingEnv>(files);
    return LevelDbDatabase::open({.directory = directory.path(), .machine_start = machine_start},
                                 *env);
  }
  std::string path_of(const std::string& suffix) const {
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(suffix) && !name.starts_with("torn-")) return entry.path().string();
    }
    return {};
  }
  std::string log() const { return path_of(".log"); }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  void append_garbage() { write(log(), read(log()) + std::string(5000, '\x01')); }

  TemporaryDirectory directory;
  PosixFiles files;
  std::unique_ptr<StarlingEnv> env;
};

TEST_CASE("TornLogs: after a new start of the machine a garbage tail is cut off and kept aside") {
  Bench bench;
  const std::string name = std::filesystem::path(bench.log()).filename().string();
  bench.append_garbage();
  const auto opened = bench.open("second");
  REQUIRE(opened.ok());
  for (const char* const key : {"a", "b", "c"}) {
    CHECK((*opened)->get(key).value() == std::string(1000, *key));
  }
  CHECK((*opened)->told().find("cut 5000 bytes off") != std::string::npos);
  CHECK(Bench::read(bench.directory.path() + "/torn-" + name) == std::string(5000, '\x01'));
}

TEST_CASE("TornLogs: of what was cut the last ones are kept") {
  Bench bench;
  const auto torn = [&bench](const std::string& name) {
    return bench.directory.path() + "/torn-" + name;
  };
  for (std::size_t number = 100; number < 100 + TornLogs::kTornKept; ++number) {
    Bench::write(torn((number % 2 == 0 ? "MANIFEST-000" : "000") + std::to_string(number)), "x");
  }
  Bench::write(torn("000099.log"), "x");
  bench.append_garbage();
  REQUIRE(bench.open("second").ok());
  CHECK_FALSE(std::filesystem::exists(torn("000099.log")));
  CHECK(std::filesystem::exists(torn("MANIFEST-000100")));
  CHECK(std::filesystem::exists(torn("000107")));
}

TEST_CASE("TornLogs: without a new start of the machine garbage is damage, and nothing is cut") {
  Bench bench;
  bench.append_garbage();
  const std::string before = Bench::read(bench.log());
  CHECK(bench.open("first").status().code() == StatusCode::Corruption);
  CHECK(bench.open("").status().code() == StatusCode::Corruption);
  CHECK(Bench::read(bench.log()) == before);
}

TEST_CASE("TornLogs: an open that told nothing was cut nothing") {
  Bench bench;
  const auto opened = bench.open("second");
  REQUIRE(opened.ok());
  CHECK((*opened)->told().empty());
}

// Near the end of a log LevelDB takes a length that is too large for a torn tail.
TEST_CASE("TornLogs: damage before whole records is told where LevelDB would drop them") {
  Bench bench;
  std::string bytes = Bench::read(bench.log());
  bytes.at(5) = static_cast<char>(bytes.at(5) ^ 0x40);
  Bench::write(bench.log(), bytes);
  for (const char* const start : {"first", "second"}) {
    const Status status = bench.open(start).status();
    CHECK(status.code() == StatusCode::Corruption);
    CHECK(status.message().find("damaged bytes before whole records") != std::string::npos);
  }
  CHECK(Bench::read(bench.log()) == bytes);
}

TEST_CASE("TornLogs: a torn manifest is cut only while the log of its last edit is there") {
  Bench bench;
  const std::string manifest = bench.path_of("MANIFEST-000002");
  const std::string whole = Bench::read(manifest);
  Bench::write(manifest, whole + std::string(100, '\x01'));
  const auto kept = Bench::read(bench.log());
  const std::string log = bench.log();
  std::filesystem::remove(log);
  CHECK(bench.open("second").status().code() == StatusCode::Corruption);
  Bench::write(log, kept);
  const auto opened = bench.open("second");
  REQUIRE(opened.ok());
  CHECK((*opened)->get("c").value() == std::string(1000, 'c'));
}

TEST_CASE("TornLogs: what was cut once is not asked for again, and a later tail is damage again") {
  Bench bench;
  bench.append_garbage();
  REQUIRE(bench.open("second").ok());
  REQUIRE(bench.open("second").ok());
  REQUIRE((*bench.open("second"))->write({{{"d", "d"}}}, CommitDemand::Synced).ok());
  bench.append_garbage();
  CHECK_FALSE(bench.open("second").ok());
  CHECK(bench.open("third").ok());
}

// LevelDB takes zeros for room that nobody has written to yet.
TEST_CASE("TornLogs: zeros in the place of the last record are a tail of a power loss only") {
  Bench bench;
  std::string bytes = Bench::read(bench.log());
  std::fill(bytes.end() - 1024, bytes.end(), '\0');
  Bench::write(bench.log(), bytes);
  CHECK(bench.open("first").status().code() == StatusCode::Corruption);
  CHECK(bench.open("second").ok());
}

TEST_CASE("TornLogs: a write that the end of a process cut short is no damage") {
  Bench bench;
  const std::string bytes = Bench::read(bench.log());
  Bench::write(bench.log(), bytes.substr(0, bytes.size() - 500));
  const auto opened = bench.open("first");
  REQUIRE(opened.ok());
  CHECK((*opened)->get("b").value() == std::string(1000, 'b'));
}

// LevelDB would make a new database there, and remove the tables that it does not name.
TEST_CASE("TornLogs: without CURRENT what is left of a database is damage, and stays") {
  Bench bench;
  REQUIRE(bench.open("first").ok());  // its log becomes a table
  const std::string table = bench.path_of(".ldb");
  REQUIRE_FALSE(table.empty());
  std::filesystem::remove(bench.directory.path() + "/CURRENT");
  for (const char* const start : {"first", "second"}) {
    CHECK(bench.open(start).status().code() == StatusCode::Corruption);
  }
  CHECK(std::filesystem::exists(table));
}

TEST_CASE("TornLogs: a making of a database that did not come to its end is begun anew") {
  Bench bench;
  std::filesystem::remove(bench.log());
  std::filesystem::remove(bench.directory.path() + "/CURRENT");
  CHECK(bench.open("second").ok());
}

TEST_CASE("TornLogs: a log that the manifest names and that is gone is damage") {
  Bench bench;
  std::filesystem::remove(bench.log());
  for (const char* const start : {"first", "second"}) {
    CHECK(bench.open(start).status().code() == StatusCode::Corruption);
  }
}

}  // namespace
}  // namespace starling

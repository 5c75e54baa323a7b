#include "sim/sim_files.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling::sim {
namespace {

FileId made(SimFiles& files, const std::string& name, std::string_view bytes) {
  const FileId file = files.create(name);
  files.append(file, bytes);
  return file;
}

std::string held(const SimFiles& files, const std::string& name) {
  const std::optional<FileId> file = files.find(name);
  return file.has_value() ? std::string(files.bytes(*file)) : "nothing";
}

// What may be found under `name` after power losses of `files`.
std::set<std::string> outcomes(const SimFiles& files, const std::string& name, Outage outage) {
  std::set<std::string> found;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimFiles after = files;
    Random random(seed);
    after.lose_power(outage, random);
    found.insert(held(after, name));
  }
  return found;
}

constexpr Outage kStrict{.order = DirectoryOrder::Strict, .tail = FileTail::Cut};
constexpr Outage kInOrder{.order = DirectoryOrder::InOrder, .tail = FileTail::Cut};

TEST_CASE("SimFiles: a power loss keeps what was synced and any part of the rest") {
  SimFiles files;
  const FileId file = made(files, "d/a", "12");
  files.sync(file);
  files.append(file, "34");
  files.sync_directory("d");
  CHECK(outcomes(files, "d/a", kStrict) == std::set<std::string>{"12", "123", "1234"});
}

TEST_CASE("SimFiles: behind what a power loss kept there may be garbage, never before it") {
  SimFiles files;
  const FileId file = made(files, "d/a", "12");
  files.sync(file);
  files.append(file, "34");
  files.sync_directory("d");
  const auto found =
      outcomes(files, "d/a", {.order = DirectoryOrder::Strict, .tail = FileTail::Garbage});
  CHECK(found.size() > 10);
  CHECK(found.contains(std::string("12\0\0", 4)));
  for (const std::string& bytes : found) CHECK(bytes.starts_with("12"));
}

TEST_CASE("SimFiles: a name is durable only once its directory is synced") {
  SimFiles files;
  files.sync(made(files, "d/a", "1"));
  CHECK(outcomes(files, "d/a", kStrict) == std::set<std::string>{"1", "nothing"});
  files.sync_directory("elsewhere");
  CHECK(outcomes(files, "d/a", kStrict).contains("nothing"));
  files.sync_directory("d");
  CHECK(outcomes(files, "d/a", kStrict) == std::set<std::string>{"1"});
}

TEST_CASE("SimFiles: a removal and a rename that were not synced may not have happened") {
  SimFiles files;
  files.sync(made(files, "d/old", "old"));
  files.sync(made(files, "d/new", "new"));
  files.sync_directory("d");
  CHECK(files.rename("d/new", "d/old"));
  CHECK(held(files, "d/old") == "new");
  CHECK(held(files, "d/new") == "nothing");
  CHECK(outcomes(files, "d/old", kStrict) == std::set<std::string>{"old", "new"});
  CHECK(files.remove("d/old"));
  CHECK_FALSE(files.remove("d/old"));
  CHECK(outcomes(files, "d/old", kStrict) == std::set<std::string>{"old", "new", "nothing"});
}

// LevelDB's CURRENT that points nowhere: the rename has happened, the creation before it has not.
TEST_CASE(
    "SimFiles: strictly changes of a directory survive without earlier ones, in order never") {
  SimFiles files;
  files.sync(made(files, "d/first", "1"));
  files.sync(made(files, "d/second", "2"));
  const auto second_without_first = [&files](Outage outage) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      SimFiles after = files;
      Random random(seed);
      after.lose_power(outage, random);
      if (after.find("d/second").has_value() && !after.find("d/first").has_value()) return true;
    }
    return false;
  };
  CHECK(second_without_first(kStrict));
  CHECK_FALSE(second_without_first(kInOrder));
}

TEST_CASE("SimFiles: an open file keeps its bytes when its name is gone") {
  SimFiles files;
  const FileId file = made(files, "d/a", "1");
  files.sync_directory("d");
  files.open(file);
  CHECK(files.remove("d/a"));
  files.sync_directory("d");
  CHECK(files.bytes(file) == "1");
  files.close(file);
  CHECK(files.names().empty());
}

TEST_CASE("SimFiles: a failed sync that dropped the pages leaves zeros") {
  SimFiles files;
  const FileId file = made(files, "d/a", "12");
  files.sync(file);
  files.append(file, "34");
  files.drop_unsynced(file);
  CHECK(files.bytes(file) == std::string("12\0\0", 4));
}

}  // namespace
}  // namespace starling::sim

#include "daemon/data_directory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "temporary_directory.h"

namespace starling {
namespace {

TEST_CASE("DataDirectory: is made where it is missing, parents included") {
  const TemporaryDirectory temporary("made");
  const std::string directory = temporary.path() + "/a/b";
  CHECK(prepare_data_directory(directory).ok());
  CHECK(std::filesystem::is_directory(directory));
}

TEST_CASE("DataDirectory: an empty one and one with a store in it are fine") {
  const TemporaryDirectory temporary("fine");
  std::filesystem::create_directory(temporary.path() + "/lost+found");
  CHECK(prepare_data_directory(temporary.path()).ok());
  std::filesystem::create_directory(store_directory(temporary.path()));
  std::ofstream(temporary.path() + "/notes.txt") << "kept by people";
  CHECK(prepare_data_directory(temporary.path()).ok());
}

TEST_CASE("DataDirectory: a store that is set aside is kept under a name with date and number") {
  const TemporaryDirectory temporary("aside");
  constexpr WallTime kNow{.milliseconds = 1'700'000'000'000};
  for (const std::string number : {"1", "2"}) {
    std::filesystem::create_directory(store_directory(temporary.path()));
    std::ofstream(store_directory(temporary.path()) + "/data") << number;
    const Result<std::string> aside = set_store_aside(temporary.path(), kNow);
    REQUIRE(aside.ok());
    CHECK(*aside == temporary.path() + "/store.rolled-back-2023-11-14-" + number);
    CHECK(std::filesystem::exists(*aside + "/data"));
    CHECK(holds_store_set_aside(temporary.path()));
  }
  CHECK(prepare_data_directory(temporary.path()).ok());
}

TEST_CASE("DataDirectory: a store that is not there can not be set aside, and the remedy is told") {
  const TemporaryDirectory temporary("nothing");
  CHECK_FALSE(holds_store_set_aside(temporary.path()));
  const Result<std::string> aside = set_store_aside(temporary.path(), {.milliseconds = 0});
  REQUIRE_FALSE(aside.ok());
  CHECK(aside.status().message().find("by hand") != std::string::npos);
}

TEST_CASE("DataDirectory: somebody else's files are left alone, with a remedy") {
  const TemporaryDirectory temporary("foreign");
  std::ofstream(temporary.path() + "/thesis.txt") << "the only copy";
  const Status status = prepare_data_directory(temporary.path());
  REQUIRE_FALSE(status.ok());
  CHECK(status.message().find(temporary.path()) != std::string::npos);
  CHECK(status.message().find("--data-dir") != std::string::npos);
}

TEST_CASE("DataDirectory: a file in its place is an error that names it") {
  const TemporaryDirectory temporary("file");
  const std::string path = temporary.path() + "/file";
  std::ofstream(path) << "x";
  for (const std::string& directory : {path, path + "/below"}) {
    const Status status = prepare_data_directory(directory);
    REQUIRE_FALSE(status.ok());
    CHECK(status.message().find(directory) != std::string::npos);
  }
}

}  // namespace
}  // namespace starling

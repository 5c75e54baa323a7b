#include "daemon/data_directory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

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

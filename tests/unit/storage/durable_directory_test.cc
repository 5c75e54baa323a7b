#include "storage/durable_directory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "support/temporary_directory.h"

namespace starling {
namespace {

TEST_CASE("DurableDirectory: all that is missing is made, what is there stays") {
  const TemporaryDirectory directory;
  for (const std::string path : {"/a", "/b/c/d", "/b/c/e/", "/b//f/./g", "/h/../i", "/a"}) {
    CAPTURE(path);
    CHECK(make_durable_directories(directory.path() + path).ok());
    CHECK(std::filesystem::is_directory(directory.path() + path));
  }
}

TEST_CASE("DurableDirectory: where none can be made the message names it and a remedy") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "not a directory";
  for (const std::string& path : {file, file + "/below", std::string("/proc/none/here")}) {
    CAPTURE(path);
    const Status made = make_durable_directories(path);
    CHECK(made.code() == StatusCode::Failure);
    CHECK(made.message().find(path) != std::string::npos);
    CHECK(made.message().find("--data-dir") != std::string::npos);
  }
}

}  // namespace
}  // namespace starling

#include "cli/shell_history.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temporary_directory.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

struct InFolder {
  TemporaryDirectory folder;
  fs::path path = fs::path(folder.path()) / "state/starling/shell_history";

  [[nodiscard]] Lines lines() const {
    ShellHistory history;
    REQUIRE(history.open(path).ok());
    return history.lines();
  }
};

TEST_CASE("ShellHistory: it lies in the state folder, or in the home's") {
  CHECK(ShellHistory::path_of("/state", "/h") == "/state/starling/shell_history");
  CHECK(ShellHistory::path_of(nullptr, "/h") == "/h/.local/state/starling/shell_history");
  CHECK(ShellHistory::path_of("relative", "/h") == "/h/.local/state/starling/shell_history");
  CHECK_FALSE(ShellHistory::path_of("", nullptr).has_value());
}

TEST_CASE("ShellHistory: the next shell knows the lines of this one, in their order") {
  const InFolder in;
  ShellHistory history;
  REQUIRE(history.open(in.path).ok());
  for (const std::string line : {"get b k", "get b k", " secret", "", "put b k v"})
    history.add(line);
  history.add(std::string(ShellHistory::kLineBytesMax + 1, 'v'));
  CHECK(in.lines() == Lines{"get b k", "put b k v"});
}

TEST_CASE("ShellHistory: nobody else may read it, whatever it was before") {
  const InFolder in;
  CHECK(in.lines().empty());
  const auto mode = [&in] { return fs::status(in.path).permissions(); };
  CHECK(mode() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(in.path.parent_path()).permissions() == fs::perms::owner_all);
  fs::permissions(in.path, fs::perms::all);
  CHECK(in.lines().empty());
  CHECK(mode() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("ShellHistory: shells side by side keep each other's lines") {
  const InFolder in;
  ShellHistory left;
  ShellHistory right;
  REQUIRE(left.open(in.path).ok());
  REQUIRE(right.open(in.path).ok());
  left.add("one");
  right.add("two");
  left.add("three");
  CHECK(in.lines() == Lines{"one", "two", "three"});
}

TEST_CASE("ShellHistory: a long file is cut down to its last lines") {
  const InFolder in;
  ShellHistory history;
  REQUIRE(history.open(in.path).ok());
  for (std::size_t i = 0; i <= 2 * ShellHistory::kLinesMax; ++i) history.add(std::to_string(i));
  CHECK(in.lines().back() == std::to_string(2 * ShellHistory::kLinesMax));
  const Lines kept = in.lines();
  CHECK(kept.size() < 2 * ShellHistory::kLinesMax);
  CHECK(kept.size() >= ShellHistory::kLinesMax);
  std::ifstream file(in.path);
  std::size_t lines_in_file = 0;
  for (std::string line; std::getline(file, line);) ++lines_in_file;
  CHECK(lines_in_file == kept.size());
}

TEST_CASE("ShellHistory: where no file can be, it is known to this shell only") {
  ShellHistory history;
  CHECK_FALSE(history.open("/proc/nowhere/history").ok());
  CHECK(history.add("get b k"));
  CHECK(history.lines() == Lines{"get b k"});
}

}  // namespace
}  // namespace starling::cli

#pragma once

// ShellHistory: the lines that were typed, kept in a file for the next shell. Only its owner may
// read it, for lines hold values. Each line is added when it is typed: shells side by side do not
// overwrite each other's, and none is lost when one is killed.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "starling/status.h"

namespace starling::cli {

class ShellHistory {
 public:
  // The last ones are kept; a file of more than twice as many is cut down to these.
  static constexpr std::size_t kLinesMax = 1000;
  // A longer line is not kept: it is a value more than a command.
  static constexpr std::size_t kLineBytesMax = 8192;

  // Where it lies by the rules of XDG: in the state folder; nothing where the environment names
  // neither that nor a home.
  [[nodiscard]] static std::optional<std::filesystem::path> path_of(const char* xdg_state_home,
                                                                    const char* home);

  // Not ok: nothing is kept beyond this shell.
  [[nodiscard]] Status open(const std::filesystem::path& path);
  // The last one last.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  // Not kept: what begins with a blank, what repeats the line before, and what is too long.
  // Returns whether it was.
  bool add(const std::string& line);

 private:
  void keep(std::string line);
  [[nodiscard]] Status cut(const std::filesystem::path& path) const;

  std::optional<std::filesystem::path> path_;
  std::vector<std::string> lines_;
};

}  // namespace starling::cli

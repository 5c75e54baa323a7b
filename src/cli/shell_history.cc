#include "cli/shell_history.h"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starling/result.h"
#include "starling/status.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling::cli {
namespace {

constexpr mode_t kOwnerOnlyFile = 0600;

Status failed(const std::filesystem::path& path, int error) {
  return {StatusCode::Failure,
          "'" + path.string() + "': " + std::generic_category().message(error)};
}

// A file that was there before, and that others may read, becomes private as well.
Result<int> open_privately(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CREAT | O_WRONLY | O_CLOEXEC, kOwnerOnlyFile);
  if (file < 0) return failed(path, errno);
  if (fchmod(file, kOwnerOnlyFile) == 0) return file;
  const int error = errno;
  ::close(file);
  return failed(path, error);
}

// In one piece, so that two shells do not mix their lines.
Status write_and_close(int file, const std::filesystem::path& path, std::string_view text) {
  const ssize_t written = ::write(file, text.data(), text.size());
  const int error = written < 0 ? errno : ENOSPC;
  const bool closed = ::close(file) == 0;
  const bool whole = closed && written == static_cast<ssize_t>(text.size());
  return whole ? Status::success() : failed(path, error);
}

Status make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return error ? failed(folder, error.value()) : Status::success();
}

}  // namespace

std::optional<std::filesystem::path> ShellHistory::path_of(const char* xdg_state_home,
                                                           const char* home) {
  constexpr std::string_view kName = "starling/shell_history";
  // One that is not absolute is to be ignored, says the specification.
  if (xdg_state_home != nullptr && *xdg_state_home == '/') {
    return std::filesystem::path(xdg_state_home) / kName;
  }
  if (home == nullptr || *home != '/') return std::nullopt;
  return std::filesystem::path(home) / ".local/state" / kName;
}

Status ShellHistory::open(const std::filesystem::path& path) {
  STARLING_RETURN_IF_ERROR(make_folder(path.parent_path()));
  STARLING_ASSIGN_OR_RETURN(opened, const int file, open_privately(path, O_APPEND));
  STARLING_RETURN_IF_ERROR(write_and_close(file, path, {}));
  path_ = path;
  std::ifstream in(path, std::ios::binary);
  std::size_t read = 0;
  for (std::string line; std::getline(in, line); ++read) {
    if (!line.empty() && line.size() <= kLineBytesMax) keep(std::move(line));
  }
  return read > 2 * kLinesMax ? cut(path) : Status::success();
}

void ShellHistory::keep(std::string line) {
  lines_.push_back(std::move(line));
  if (lines_.size() >= 2 * kLinesMax) lines_.erase(lines_.begin(), lines_.end() - kLinesMax);
}

// By way of another file: whatever happens, the old one or the new one is there.
Status ShellHistory::cut(const std::filesystem::path& path) const {
  const std::filesystem::path shorter = path.string() + ".new";
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  STARLING_ASSIGN_OR_RETURN(opened, const int file, open_privately(shorter, O_TRUNC));
  STARLING_RETURN_IF_ERROR(write_and_close(file, shorter, text));
  std::error_code error;
  std::filesystem::rename(shorter, path, error);
  return error ? failed(path, error.value()) : Status::success();
}

bool ShellHistory::add(const std::string& line) {
  const bool unwanted = line.empty() || line.front() == ' ' || line.front() == '\t' ||
                        line.size() > kLineBytesMax || (!lines_.empty() && lines_.back() == line);
  if (unwanted) return false;
  keep(line);
  if (!path_.has_value()) return true;
  // A history that can not be written is no reason to bother whoever types: it is still known here.
  const Result<int> file = open_privately(*path_, O_APPEND);
  if (file.ok()) static_cast<void>(write_and_close(*file, *path_, line + "\n"));
  return true;
}

}  // namespace starling::cli
// NOLINTEND(misc-include-cleaner)

#include "daemon/data_directory.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "storage/disk_guard.h"
#include "storage/durable_directory.h"

namespace starling {
namespace {

constexpr std::string_view kStore = "store";
constexpr std::string_view kAside = "store.rolled-back-";
// A directory that holds so many old copies is looked after by nobody.
constexpr int kAsideMax = 1000;

Status unusable(const std::string& directory, const std::string& why) {
  return {StatusCode::Failure, "the data directory '" + directory + "' " + why};
}

// What a file system of its own brings along does not count, nor what an emptied store leaves.
bool holds_foreign_files(const std::filesystem::path& directory, std::error_code& error) {
  bool foreign = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name == kStore || name.starts_with(kAside)) return false;
    foreign = foreign || (name != "lost+found" && name != kBallastName);
  }
  return foreign;
}

std::string date_of(WallTime now) {
  const std::time_t seconds = now.milliseconds / 1000;
  std::tm parts{};
  std::array<char, sizeof("2026-01-31")> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "undated";
  if (std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts) == 0) return "undated";
  return text.data();
}

// A rename is on the disk when the directory that holds the name is.
Status sync_directory(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const std::string why = std::system_category().message(errno);
  if (descriptor >= 0) close(descriptor);
  return synced ? Status::success() : unusable(directory, "can not be synced: " + why);
}

}  // namespace

Status prepare_data_directory(const std::string& directory) {
  STARLING_RETURN_IF_ERROR(make_durable_directories(directory));
  if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return unusable(
        directory, "is not writable for this user; change its owner, or choose another --data-dir");
  }
  std::error_code error;
  const bool foreign = holds_foreign_files(directory, error);
  if (error) return unusable(directory, "can not be read: " + error.message());
  if (!foreign) return Status::success();
  return unusable(directory,
                  "holds files that are not Starling's; choose an empty one as --data-dir");
}

std::string store_directory(const std::string& directory) {
  return directory + "/" + std::string(kStore);
}

Result<std::string> set_store_aside(const std::string& directory, WallTime now) {
  const std::string prefix = directory + "/" + std::string(kAside) + date_of(now) + "-";
  std::error_code error;
  for (int number = 1; number <= kAsideMax; ++number) {
    const std::string aside = prefix + std::to_string(number);
    if (std::filesystem::exists(aside, error)) continue;
    std::filesystem::rename(store_directory(directory), aside, error);
    if (error) break;
    STARLING_RETURN_IF_ERROR(sync_directory(directory));
    return aside;
  }
  const std::string why = error ? error.message() : "too many stand there already";
  return unusable(directory, "holds an old copy of the store that can not be moved aside: " + why +
                                 "; move its 'store' away by hand, and keep it");
}

bool holds_store_set_aside(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().filename().string().starts_with(kAside)) return true;
  }
  return false;
}

}  // namespace starling

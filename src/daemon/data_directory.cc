#include "daemon/data_directory.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "starling/result.h"
#include "starling/status.h"

#include "storage/durable_directory.h"

namespace starling {
namespace {

constexpr std::string_view kStore = "store";

Status unusable(const std::string& directory, const std::string& why) {
  return {StatusCode::Failure, "the data directory '" + directory + "' " + why};
}

// What a file system of its own brings along does not count.
bool holds_foreign_files(const std::filesystem::path& directory, std::error_code& error) {
  bool foreign = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name == kStore) return false;
    foreign = foreign || name != "lost+found";
  }
  return foreign;
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

}  // namespace starling

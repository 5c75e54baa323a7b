#include "storage/durable_directory.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <leveldb/status.h>

#include "starling/status.h"

#include "storage/posix_files.h"
#include "storage/starling_env.h"

namespace starling {
namespace {

Status can_not_be_made(const std::string& directory, const std::string& why) {
  return {StatusCode::Failure, "the data directory '" + directory + "' can not be made: " + why +
                                   "; create it for this user, or choose another --data-dir"};
}

}  // namespace

Status make_durable_directories(const std::string& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;
  for (std::filesystem::path path = std::filesystem::absolute(directory, error);
       !error && path.has_relative_path() && !std::filesystem::exists(path, error);
       path = path.parent_path()) {
    missing.push_back(path);
  }
  if (error) return can_not_be_made(directory, error.message());
  PosixFiles files;
  StarlingEnv env(files);
  for (; !missing.empty(); missing.pop_back()) {
    // "a/", "a/." and "a/b/.." name again what was just made.
    if (std::filesystem::exists(missing.back(), error)) continue;
    const leveldb::Status made = env.CreateDir(missing.back().string());
    if (!made.ok()) return can_not_be_made(directory, made.ToString());
  }
  if (std::filesystem::is_directory(directory, error)) return Status::success();
  return can_not_be_made(directory, error ? error.message() : "it is not a directory");
}

}  // namespace starling

#include "storage/leveldb_status.h"

#include <string>
#include <system_error>

#include <leveldb/status.h>

#include "starling/status.h"

namespace starling {

Status status_of_read(const leveldb::Status& status) {
  if (status.ok()) return Status::success();
  return {StatusCode::Corruption, "the store can not be read: " + status.ToString()};
}

Status status_of_write(const leveldb::Status& status) {
  if (status.ok()) return Status::success();
  const std::string text = status.ToString();
  // LevelDB keeps the words and drops the number.
  const std::string full = std::make_error_code(std::errc::no_space_on_device).message();
  if (text.find(full) != std::string::npos) {
    return {StatusCode::DiskFull, "the disk is full: " + text};
  }
  return {StatusCode::Failure, "the store can not be written: " + text};
}

}  // namespace starling

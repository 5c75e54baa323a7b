#include "storage/leveldb_status.h"

#include <leveldb/status.h>

#include "starling/status.h"

#include "storage/io_error.h"

namespace starling {

Status status_of_read(const leveldb::Status& status) {
  if (status.ok()) return Status::success();
  return {StatusCode::Corruption, "the store can not be read: " + status.ToString()};
}

Status status_of_write(const leveldb::Status& status) {
  if (status.ok()) return Status::success();
  if (is_no_space(status)) {
    return {StatusCode::DiskFull, "the disk is full: " + status.ToString()};
  }
  return {StatusCode::Failure, "the store can not be written: " + status.ToString()};
}

}  // namespace starling

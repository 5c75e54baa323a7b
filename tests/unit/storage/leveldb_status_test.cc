#include "storage/leveldb_status.h"

#include <doctest/doctest.h>
#include <leveldb/status.h>

#include "starling/status.h"

namespace starling {
namespace {

TEST_CASE("LevelDbStatus: a read that fails is corruption, whatever failed") {
  CHECK(status_of_read(leveldb::Status::OK()).ok());
  CHECK(status_of_read(leveldb::Status::Corruption("x")).code() == StatusCode::Corruption);
  CHECK(status_of_read(leveldb::Status::IOError("x")).code() == StatusCode::Corruption);
  CHECK(status_of_read(leveldb::Status::NotFound("x")).code() == StatusCode::Corruption);
}

TEST_CASE("LevelDbStatus: a write that fails tells a full disk from other errors") {
  CHECK(status_of_write(leveldb::Status::OK()).ok());
  CHECK(status_of_write(leveldb::Status::IOError("log", "No space left on device")).code() ==
        StatusCode::DiskFull);
  CHECK(status_of_write(leveldb::Status::IOError("log", "Input/output error")).code() ==
        StatusCode::Failure);
}

}  // namespace
}  // namespace starling

#include "storage/io_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <doctest/doctest.h>
#include <leveldb/status.h>

namespace starling {
namespace {

TEST_CASE("IoError: a missing file is NotFound, everything else an IOError with its words") {
  CHECK(io_error("file", ENOENT).IsNotFound());
  CHECK(io_error("file", EIO).IsIOError());
  CHECK(io_error("file", EIO).ToString().find("file: Input/output error") != std::string::npos);
}

TEST_CASE("IoError: a full disk and an exhausted quota are told from other errors") {
  CHECK(is_no_space(io_error("file", ENOSPC)));
  CHECK(is_no_space(io_error("file", EDQUOT)));
  CHECK_FALSE(is_no_space(io_error("file", EIO)));
  CHECK_FALSE(is_no_space(io_error("file", ENOENT)));
  CHECK_FALSE(is_no_space(leveldb::Status::OK()));
}

TEST_CASE("IoError: the words of a full disk are those of the operating system") {
  CHECK(std::generic_category().message(ENOSPC) == kNoSpaceWords);
}

}  // namespace
}  // namespace starling

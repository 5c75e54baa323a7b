#include "storage/io_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <leveldb/status.h>

namespace starling {

leveldb::Status io_error(const std::string& context, int number) {
  std::string words = std::generic_category().message(number);
  if (number == ENOENT) return leveldb::Status::NotFound(context, words);
  if (number == ENOSPC) words = kNoSpaceWords;
  // NOLINTNEXTLINE(misc-include-cleaner): <cerrno> has it on POSIX.
  if (number == EDQUOT) words = std::string(kNoSpaceWords) + " (quota)";
  return leveldb::Status::IOError(context, words);
}

bool is_no_space(const leveldb::Status& status) {
  return !status.ok() && status.ToString().find(kNoSpaceWords) != std::string::npos;
}

}  // namespace starling

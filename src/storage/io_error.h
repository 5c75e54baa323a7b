#pragma once

// How a failed call of the operating system becomes a status of LevelDB, which keeps the words and
// drops the number. A full disk must be told from a broken one, so its words are fixed here.

#include <string>
#include <string_view>

#include <leveldb/status.h>

namespace starling {

// What strerror() says of ENOSPC in the C locale.
inline constexpr std::string_view kNoSpaceWords = "No space left on device";

// NotFound for ENOENT, else IOError. ENOSPC and an exhausted quota (EDQUOT) carry kNoSpaceWords.
// `context`: the file's name.
[[nodiscard]] leveldb::Status io_error(const std::string& context, int number);

// Whether `status` stands for a full disk.
[[nodiscard]] bool is_no_space(const leveldb::Status& status);

}  // namespace starling

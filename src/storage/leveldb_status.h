#pragma once

// What LevelDB's statuses mean to Starling. A read that fails is Corruption whatever failed (bytes
// that can not be read are as good as damaged ones), and never "not found".

#include "starling/status.h"

namespace leveldb {
class Status;
}

namespace starling {

// Corruption unless ok.
[[nodiscard]] Status status_of_read(const leveldb::Status& status);
// DiskFull when that is what the operating system said, else Failure.
[[nodiscard]] Status status_of_write(const leveldb::Status& status);

}  // namespace starling

#pragma once

// FileSystem: what our Env needs of an operating system: LevelDB's Env, and the sync of a
// directory, which LevelDB does not know. PosixFiles is the real one, the simulator has another.
// An implementation does what it is told and reports what happened; what must be synced when, and
// what an error means for the next call, are rules of StarlingEnv. Errors are made by io_error().

#include <string>

#include <leveldb/env.h>
#include <leveldb/status.h>

namespace starling {

class FileSystem : public leveldb::Env {
 public:
  // Makes the names in `directory` durable: files made, renamed and removed so far.
  // NOLINTNEXTLINE(readability-identifier-naming): it stands among LevelDB's, in their style.
  virtual leveldb::Status SyncDirectory(const std::string& directory) = 0;
};

}  // namespace starling

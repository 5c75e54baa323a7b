#pragma once

// SimEnv: the operating system as LevelDB sees it on a simulated machine. Files are SimFiles,
// errors SimFileFaults, time is virtual. Nothing happens behind LevelDB's back: what it schedules
// waits until run_background() is called, so it is as deterministic as the rest, on one thread.
//
// One Env is one process: it ends with it. When the power goes inside a call (SimFileFaults), that
// call and all later ones fail and change nothing; LevelDB unwinds as well as it can.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/status.h>

#include "base/random.h"
#include "sim/event_queue.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "storage/file_system.h"

namespace starling::sim {

class SimEnv final : public FileSystem {
 public:
  // What the process runs on, which outlives it.
  struct Machine {
    SimFiles& files;
    SimFileFaults& faults;
    const EventQueue& events;
  };
  SimEnv(Machine machine, Random random) : machine_(machine), random_(random) {}

  // REQUIRES: no LevelDB call is under way. It must be empty before LevelDB writes more than its
  // buffer holds, and before it is closed: it would wait for a thread that is not there.
  void run_background();
  [[nodiscard]] bool has_background() const { return !background_.empty(); }
  // Calls that could change a file, so far: where power can be lost.
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  leveldb::Status SyncDirectory(const std::string& directory) override;

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& name) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string& name) override;
  leveldb::Status RemoveDir(const std::string& name) override;
  leveldb::Status GetFileSize(const std::string& name, std::uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*function)(void*), void* argument) override;
  void StartThread(void (*function)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override;
  std::uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

 private:
  class AppendingFile;
  class ReadingFile;

  // Of one call that would change something: whether there is power, and then whether it fails.
  [[nodiscard]] leveldb::Status pass();
  [[nodiscard]] leveldb::Status append(FileId file, std::string_view bytes);
  [[nodiscard]] leveldb::Status sync(FileId file);
  [[nodiscard]] leveldb::Status read(FileId file, std::size_t offset, std::size_t bytes,
                                     std::string& result) const;

  Machine machine_;
  Random random_;
  std::vector<std::pair<void (*)(void*), void*>> background_;
  std::uint64_t calls_ = 0;
  std::uint64_t slept_micros_ = 0;
};

}  // namespace starling::sim

#pragma once

// GatedFiles: the real files with a gate before every write and sync of a log, at which a test
// counts, holds up, and breaks what passes.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "storage/posix_files.h"
#include "support/wrapped_files.h"

namespace starling {

class GatedFiles final : public WrappedFiles {
 public:
  GatedFiles() : WrappedFiles(posix_) {}

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const leveldb::Status status = target().NewWritableFile(name, file);
    if (status.ok() && name.ends_with(".log")) *file = new GatedFile(*this, *file);
    return status;
  }

  // Holds writers at the gate until it is opened again.
  void close_gate() { set(Gate::Closed); }
  void open_gate() { set(Gate::Open); }
  // Every sync fails with these words of the operating system.
  void break_syncs(std::string words) {
    const std::lock_guard<std::mutex> lock(mutex_);
    broken_ = std::move(words);
  }
  // Waits until somebody stands at the closed gate.
  void wait_for_arrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return held_ > 0; });
  }
  std::uint64_t writes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return writes_;
  }
  std::uint64_t syncs() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return syncs_;
  }

 private:
  enum class Gate : std::uint8_t { Open, Closed };

  class GatedFile final : public leveldb::WritableFile {
   public:
    GatedFile(GatedFiles& files, leveldb::WritableFile* file) : files_(files), file_(file) {}
    leveldb::Status Append(const leveldb::Slice& data) override { return file_->Append(data); }
    leveldb::Status Close() override { return file_->Close(); }
    leveldb::Status Flush() override {
      files_.pass_write();
      return file_->Flush();
    }
    leveldb::Status Sync() override {
      const std::string broken = files_.pass_sync();
      return broken.empty() ? file_->Sync() : leveldb::Status::IOError("log", broken);
    }

   private:
    GatedFiles& files_;
    std::unique_ptr<leveldb::WritableFile> file_;
  };

  void set(Gate gate) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      gate_ = gate;
    }
    changed_.notify_all();
  }
  void pass_write() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++writes_;
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return gate_ == Gate::Open; });
    --held_;
  }
  std::string pass_sync() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++syncs_;
    changed_.notify_all();
    return broken_;
  }

  PosixFiles posix_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Gate gate_ = Gate::Open;
  std::uint64_t held_ = 0;
  std::uint64_t writes_ = 0;  // a small batch is one, a large one several
  std::uint64_t syncs_ = 0;
  std::string broken_;
};

}  // namespace starling

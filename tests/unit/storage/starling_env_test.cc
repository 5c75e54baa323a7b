#include "storage/starling_env.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "storage/io_error.h"
#include "storage/posix_files.h"
#include "support/wrapped_files.h"

namespace starling {
namespace {

// Files that fail in the call a test names, as often as it says, and write down the rest.
class BrokenFiles final : public WrappedFiles {
 public:
  BrokenFiles() : WrappedFiles(files_) {}

  leveldb::Status SyncDirectory(const std::string& directory) override {
    return pass("sync directory " + directory);
  }
  leveldb::Status CreateDir(const std::string& name) override { return pass("make " + name); }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    return pass("rename " + from + " " + to);
  }
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const leveldb::Status status = pass("create " + name);
    if (status.ok()) *file = new BrokenFile(*this);
    return status;
  }
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** file) override {
    return NewWritableFile(name, file);
  }

  std::string fails_once;  // the call that fails next
  std::vector<std::string> calls;

 private:
  class BrokenFile final : public leveldb::WritableFile {
   public:
    explicit BrokenFile(BrokenFiles& files) : files_(files) {}
    leveldb::Status Append(const leveldb::Slice& /*data*/) override {
      return files_.pass("append");
    }
    leveldb::Status Flush() override { return files_.pass("flush"); }
    leveldb::Status Sync() override { return files_.pass("sync"); }
    leveldb::Status Close() override { return files_.pass("close"); }

   private:
    BrokenFiles& files_;
  };

  leveldb::Status pass(const std::string& call) {
    calls.push_back(call);
    if (call != fails_once) return leveldb::Status::OK();
    fails_once.clear();
    return io_error(call, ENOSPC);
  }

  PosixFiles files_;
};

std::unique_ptr<leveldb::WritableFile> create(StarlingEnv& env, const std::string& name) {
  leveldb::WritableFile* file = nullptr;
  REQUIRE(env.NewWritableFile(name, &file).ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

TEST_CASE("StarlingEnv: after an error every later call on the file fails with that error") {
  for (const std::string failing : {"append", "flush", "sync", "close"}) {
    CAPTURE(failing);
    BrokenFiles files;
    StarlingEnv env(files);
    const auto file = create(env, "d/file");
    files.fails_once = failing;
    const std::vector<std::function<leveldb::Status()>> calls = {
        [&] { return file->Append("x"); }, [&] { return file->Flush(); },
        [&] { return file->Sync(); }, [&] { return file->Close(); }};
    for (const auto& call : calls) (void)call();
    for (const auto& call : calls) CHECK(is_no_space(call()));
  }
}

TEST_CASE("StarlingEnv: what failed is not tried again, but the file is closed") {
  BrokenFiles files;
  StarlingEnv env(files);
  const auto file = create(env, "d/file");
  files.fails_once = "sync";
  CHECK_FALSE(file->Sync().ok());
  files.calls.clear();
  CHECK_FALSE(file->Append("x").ok());
  CHECK_FALSE(file->Sync().ok());
  CHECK_FALSE(file->Close().ok());
  CHECK(files.calls == std::vector<std::string>{"close"});
}

TEST_CASE("StarlingEnv: one file's error is no other's") {
  BrokenFiles files;
  StarlingEnv env(files);
  const auto broken = create(env, "d/a");
  const auto sound = create(env, "d/b");
  files.fails_once = "append";
  CHECK_FALSE(broken->Append("x").ok());
  CHECK(sound->Append("x").ok());
  CHECK(sound->Sync().ok());
}

TEST_CASE("StarlingEnv: a log is synced when it is left, unless it was already") {
  BrokenFiles files;
  StarlingEnv env(files);
  const auto syncs = [&files] { return std::ranges::count(files.calls, "sync"); };
  CHECK(create(env, "d/000001.log")->Append("x").ok());
  CHECK(syncs() == 1);
  {
    const auto synced = create(env, "d/000002.log");
    CHECK(synced->Append("x").ok());
    CHECK(synced->Sync().ok());
  }
  CHECK(syncs() == 2);
  (void)create(env, "d/000003.log");
  CHECK(create(env, "d/000004.ldb")->Append("x").ok());
  CHECK(syncs() == 2);
}

TEST_CASE("StarlingEnv: once a log could not be synced when it was left, no log takes more") {
  BrokenFiles files;
  StarlingEnv env(files);
  const auto next = create(env, "d/000002.log");
  files.fails_once = "sync";
  CHECK(create(env, "d/000001.log")->Append("x").ok());
  CHECK(is_no_space(next->Append("y")));
  CHECK(is_no_space(next->Sync()));
  CHECK(create(env, "d/000003.ldb")->Append("x").ok());
}

TEST_CASE("StarlingEnv: the directory is synced after a file is made or renamed") {
  BrokenFiles files;
  StarlingEnv env(files);
  (void)create(env, "d/file");
  CHECK(files.calls == std::vector<std::string>{"create d/file", "sync directory d"});
  files.calls.clear();
  CHECK(env.RenameFile("d/a", "d/b").ok());
  CHECK(files.calls == std::vector<std::string>{"rename d/a d/b", "sync directory d"});
  files.calls.clear();
  CHECK(env.RenameFile("d/a", "e/b").ok());
  CHECK(files.calls ==
        std::vector<std::string>{"rename d/a e/b", "sync directory e", "sync directory d"});
  files.calls.clear();
  CHECK(env.CreateDir("d/e").ok());
  CHECK(files.calls == std::vector<std::string>{"make d/e", "sync directory d"});
  files.calls.clear();
  (void)create(env, "bare");
  CHECK(files.calls == std::vector<std::string>{"create bare", "sync directory ."});
}

TEST_CASE("StarlingEnv: once a directory could not be synced no name is made any more") {
  BrokenFiles files;
  StarlingEnv env(files);
  files.fails_once = "sync directory d";
  leveldb::WritableFile* file = nullptr;
  CHECK(is_no_space(env.NewWritableFile("d/file", &file)));
  CHECK(file == nullptr);
  CHECK(is_no_space(env.NewWritableFile("d/file", &file)));
  CHECK(is_no_space(env.NewAppendableFile("d/file", &file)));
  CHECK(is_no_space(env.RenameFile("d/a", "d/b")));
  CHECK(is_no_space(env.CreateDir("d/e")));
  CHECK(files.calls == std::vector<std::string>{"create d/file", "sync directory d"});
}

TEST_CASE("StarlingEnv: what can not be made is an error and syncs nothing") {
  BrokenFiles files;
  StarlingEnv env(files);
  leveldb::WritableFile* file = nullptr;
  files.fails_once = "create d/file";
  CHECK_FALSE(env.NewWritableFile("d/file", &file).ok());
  files.fails_once = "rename d/a d/b";
  CHECK_FALSE(env.RenameFile("d/a", "d/b").ok());
  files.fails_once = "make d/e";
  CHECK_FALSE(env.CreateDir("d/e").ok());
  CHECK(files.calls == std::vector<std::string>{"create d/file", "rename d/a d/b", "make d/e"});
  CHECK(env.NewWritableFile("d/file", &file).ok());
  delete file;
}

}  // namespace
}  // namespace starling

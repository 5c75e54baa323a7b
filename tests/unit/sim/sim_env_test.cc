#include "sim/sim_env.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "base/random.h"
#include "base/time.h"
#include "sim/event_queue.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "storage/io_error.h"

namespace starling::sim {
namespace {

struct EnvBench {
  SimFiles files;
  SimFileFaults faults;
  EventQueue events;
  SimEnv env{{files, faults, events}, Random(1)};

  std::unique_ptr<leveldb::WritableFile> writable(const std::string& name) {
    leveldb::WritableFile* file = nullptr;
    REQUIRE(env.NewWritableFile(name, &file).ok());
    return std::unique_ptr<leveldb::WritableFile>(file);
  }
  std::string bytes(const std::string& name) const {
    const std::optional<FileId> file = files.find(name);
    return file.has_value() ? std::string(files.bytes(*file)) : "nothing";
  }
};

TEST_CASE("SimEnv: what is appended is read, in sequence and anywhere") {
  EnvBench bench;
  REQUIRE(bench.writable("d/a")->Append("123456").ok());
  char scratch[8] = {};
  leveldb::Slice got;
  leveldb::SequentialFile* opened = nullptr;
  REQUIRE(bench.env.NewSequentialFile("d/a", &opened).ok());
  const std::unique_ptr<leveldb::SequentialFile> sequential(opened);
  REQUIRE(sequential->Read(2, &got, scratch).ok());
  REQUIRE(sequential->Skip(1).ok());
  REQUIRE(sequential->Read(8, &got, scratch).ok());
  CHECK(got == "456");
  leveldb::RandomAccessFile* anywhere = nullptr;
  REQUIRE(bench.env.NewRandomAccessFile("d/a", &anywhere).ok());
  const std::unique_ptr<leveldb::RandomAccessFile> random_access(anywhere);
  REQUIRE(random_access->Read(4, 8, &got, scratch).ok());
  CHECK(got == "56");
  REQUIRE(random_access->Read(9, 8, &got, scratch).ok());
  CHECK(got.empty());
}

TEST_CASE("SimEnv: names are those of the machine") {
  EnvBench bench;
  static_cast<void>(bench.writable("d/a"));
  CHECK(bench.env.FileExists("d/a"));
  CHECK(bench.env.RenameFile("d/a", "d/b").ok());
  std::vector<std::string> names;
  REQUIRE(bench.env.GetChildren("d", &names).ok());
  CHECK(names == std::vector<std::string>{"b"});
  std::uint64_t size = 1;
  CHECK(bench.env.GetFileSize("d/a", &size).IsNotFound());
  CHECK(bench.env.RemoveFile("d/b").ok());
  CHECK(bench.env.RemoveFile("d/b").IsNotFound());
}

TEST_CASE("SimEnv: a full disk takes a part of what is appended and says that it is full") {
  EnvBench bench;
  const auto file = bench.writable("d/a");
  bench.faults.fail_writes(WriteFault::ShortAppend);
  const leveldb::Status status = file->Append("123456");
  CHECK(is_no_space(status));
  CHECK(std::string("123456").starts_with(bench.bytes("d/a")));
  leveldb::WritableFile* other = nullptr;
  CHECK(is_no_space(bench.env.NewWritableFile("d/b", &other)));
}

TEST_CASE("SimEnv: appends and syncs fail as told, and only then") {
  EnvBench bench;
  const auto file = bench.writable("d/a");
  bench.faults.fail_writes(WriteFault::AppendFails);
  CHECK(file->Append("1").IsIOError());
  CHECK(bench.bytes("d/a").empty());
  bench.faults.fail_writes(WriteFault::SyncFails);
  CHECK(file->Append("1").ok());
  CHECK(file->Sync().IsIOError());
  CHECK(bench.bytes("d/a") == "1");
  bench.faults.fail_writes(WriteFault::SyncDropsPages);
  CHECK(file->Sync().IsIOError());
  CHECK(bench.env.SyncDirectory("d").IsIOError());
  CHECK(bench.bytes("d/a") == std::string(1, '\0'));
  bench.faults.spare_writes();
  CHECK(file->Sync().ok());
}

TEST_CASE(
    "SimEnv: once the power went inside a call nothing changes and nothing is read any more") {
  EnvBench bench;
  const auto file = bench.writable("d/a");
  REQUIRE(file->Append("12").ok());
  bench.faults.strike_after(0);
  CHECK_FALSE(file->Append("3456").ok());
  const std::string left = bench.bytes("d/a");
  CHECK(std::string("123456").starts_with(left));
  CHECK_FALSE(file->Append("7").ok());
  CHECK_FALSE(file->Sync().ok());
  CHECK_FALSE(bench.env.RemoveFile("d/a").ok());
  CHECK_FALSE(bench.env.RenameFile("d/a", "d/b").ok());
  leveldb::SequentialFile* opened = nullptr;
  REQUIRE(bench.env.NewSequentialFile("d/a", &opened).ok());
  const std::unique_ptr<leveldb::SequentialFile> sequential(opened);
  char scratch[8] = {};
  leveldb::Slice got;
  CHECK_FALSE(sequential->Read(8, &got, scratch).ok());
  CHECK(bench.bytes("d/a") == left);
}

TEST_CASE("SimEnv: what is scheduled waits until it is asked for, in order") {
  EnvBench bench;
  std::string order;
  const auto note = [](void* text) { static_cast<std::string*>(text)->push_back('a'); };
  const auto note_after = [](void* text) { static_cast<std::string*>(text)->push_back('b'); };
  bench.env.Schedule(note, &order);
  bench.env.Schedule(note_after, &order);
  CHECK(order.empty());
  CHECK(bench.env.has_background());
  bench.env.run_background();
  CHECK(order == "ab");
  CHECK_FALSE(bench.env.has_background());
}

TEST_CASE("SimEnv: its time is virtual, and who sleeps moves it") {
  EnvBench bench;
  bench.events.run_until(Instant(std::chrono::milliseconds(2)));
  CHECK(bench.env.NowMicros() == 2000);
  bench.env.SleepForMicroseconds(500);
  CHECK(bench.env.NowMicros() == 2500);
}

}  // namespace
}  // namespace starling::sim

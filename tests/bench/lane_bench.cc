// What a durable write costs by how many are under way: commits of one record of 100 bytes, synced,
// through the lane and LevelDB on a real disk. Processor time of both threads, the compactions of
// LevelDB included. Usage: lane_bench [COMMITS]

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "cpu_stopwatch.h"
#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/leveldb_engine.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

class Bell final : public CommitNotifier {
 public:
  void notify() override {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    heard_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    heard_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  bool rung_ = false;
};

std::string random_bytes(Random& random, std::size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

void measure_depth(std::uint64_t depth, std::uint64_t commits) {
  const TemporaryDirectory directory;
  Bell bell;
  auto opened = LevelDbEngine::open({.database = {.directory = directory.path() + "/store"}}, bell);
  STARLING_CHECK(opened.ok());
  LevelDbEngine& engine = **opened;
  Random random(1);
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
  const auto start = std::chrono::steady_clock::now();
  const double before = cpu_nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
  while (ended < commits) {
    for (; begun < commits && begun - ended < depth; ++begun) {
      std::vector<StorageWrite> batch;
      batch.push_back({.key = random_bytes(random, 24), .value = random_bytes(random, 100)});
      engine.commit(std::move(batch), CommitDemand::Synced);
    }
    bell.wait();
    const LaneCompletions done = engine.drain_completions();
    STARLING_CHECK(done.status.ok());
    ended = done.through.value;
  }
  const double cpu = cpu_nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%4llu under way: %7.1f CPU-us a commit, %8.0f commits a second\n",
              static_cast<unsigned long long>(depth), cpu / 1e3 / static_cast<double>(commits),
              static_cast<double>(commits) / took.count());
}

}  // namespace
}  // namespace starling

int main(int argc, char** argv) {
  const std::uint64_t commits = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
  for (const std::uint64_t depth : std::vector<std::uint64_t>{1, 8, 32, 128, 512}) {
    starling::measure_depth(depth, depth == 1 ? commits / 10 : commits);
  }
}

// What a point read of the store costs, by the size of the block cache: one million records of
// 100 bytes, uniformly chosen, checksums verified, the files in the page cache of the system.
// Counts the CPU of the reading thread, so that others on the machine disturb it little. Usage:
// block_cache_bench DIRECTORY [RECORDS [READS]]

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"

#include "base/assert.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "storage/leveldb_database.h"
#include "storage/posix_files.h"
#include "storage/starling_env.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

constexpr std::size_t kValueBytes = 100;

std::string key_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(16 - digits.size(), '0') + digits;
}

std::string value_of(Random& random) {
  std::string value(kValueBytes, '\0');
  for (char& byte : value) byte = static_cast<char>(random.next());
  return value;
}

std::unique_ptr<LevelDbDatabase> open(const std::string& directory, std::size_t cache,
                                      leveldb::Env& env) {
  auto opened = LevelDbDatabase::open({.directory = directory, .block_cache_bytes = cache}, env);
  STARLING_CHECK(opened.ok());
  return std::move(opened).value();
}

void fill(const std::string& directory, std::uint64_t records) {
  PosixFiles files;
  StarlingEnv env(files);
  const auto database = open(directory, 8U << 20U, env);
  Random random(1);
  std::vector<std::vector<StorageWrite>> batches(1);
  for (std::uint64_t number = 0; number < records; ++number) {
    batches.front().push_back({.key = key_of(number), .value = value_of(random)});
    if (batches.front().size() < 1000 && number + 1 < records) continue;
    STARLING_CHECK(database->write(batches, CommitDemand::Written).ok());
    batches.front().clear();
  }
}

double thread_microseconds() {
  timespec time{};
  STARLING_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double microseconds_a_read(const std::string& directory, std::size_t cache, std::uint64_t records,
                           std::uint64_t reads) {
  PosixFiles files;
  StarlingEnv env(files);
  const auto database = open(directory, cache, env);
  Random random(2);
  const auto read = [&] {
    const auto got = database->get(key_of(random.below(records)));
    STARLING_CHECK(got.ok() && got->has_value());
  };
  for (std::uint64_t i = 0; i < records; ++i) read();  // fills the cache
  const double begin = thread_microseconds();
  for (std::uint64_t i = 0; i < reads; ++i) read();
  return (thread_microseconds() - begin) / static_cast<double>(reads);
}

}  // namespace
}  // namespace starling

int main(int count, char** arguments) {
  const std::uint64_t records = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1'000'000;
  const std::uint64_t reads = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 500'000;
  const starling::TemporaryDirectory directory;
  starling::fill(directory.path(), records);
  for (const std::size_t mebibytes : {8, 64, 256}) {
    std::printf("block cache %3zu MiB: %.2f us a read\n", mebibytes,
                starling::microseconds_a_read(directory.path(), mebibytes << 20U, records, reads));
  }
}

#include "storage/disk_guard.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/log.h"
#include "message/store_condition.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
// More than any disk has.
constexpr std::uint64_t kEndless = std::uint64_t{1} << 50U;

class CountingLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*text*/) override { ++lines; }
  int lines = 0;
};

TEST_CASE(
    "DiskGuard: a large volume keeps sizes, a middling one shares, a small one what is needed") {
  const DiskLimits large = disk_limits_of(500 * kGiB, {});
  CHECK(large.soft == 2 * kGiB);
  CHECK(large.hard == kGiB);
  CHECK(large.ballast == 256 * kMiB);
  const DiskLimits middling = disk_limits_of(10 * kGiB, {});
  CHECK(middling.soft == kGiB);
  CHECK(middling.hard == kGiB / 2);
  const DiskLimits small = disk_limits_of(64 * kMiB, {});
  CHECK(small.soft == 16 * kMiB);
  CHECK(small.hard == 8 * kMiB);
  CHECK(small.ballast == 8 * kMiB);
}

TEST_CASE("DiskGuard: limits are ordered on every volume, and leave most of it") {
  for (std::uint64_t total = kMiB; total < kEndless; total *= 2) {
    CAPTURE(total);
    const DiskLimits limits = disk_limits_of(total, {});
    CHECK(limits.hard <= limits.soft);
    CHECK(limits.soft + limits.ballast <= total / 2);
  }
}

TEST_CASE("DiskGuard: what somebody set holds, and a lower soft limit takes the hard one along") {
  const DiskLimits set = disk_limits_of(500 * kGiB, {.soft = 5, .hard = 3, .ballast = 0});
  CHECK(set.soft == 5);
  CHECK(set.hard == 3);
  CHECK(set.ballast == 0);
  CHECK(disk_limits_of(500 * kGiB, {.soft = kMiB}).hard == kMiB);
}

TEST_CASE("DiskGuard: a limit is passed downwards at once, and upwards an eighth above it") {
  const DiskLimits limits{.soft = 800, .hard = 80};
  using enum StoreCondition;
  const auto at = [&](std::uint64_t free, StoreCondition before) {
    return condition_of({.free = free, .total = 10000}, limits, before);
  };
  CHECK(at(800, Roomy) == Roomy);
  CHECK(at(799, Roomy) == Tight);
  CHECK(at(899, Tight) == Tight);
  CHECK(at(900, Tight) == Roomy);
  CHECK(at(80, Tight) == Tight);
  CHECK(at(79, Tight) == Full);
  CHECK(at(89, Full) == Full);
  CHECK(at(90, Full) == Tight);
  CHECK(at(0, Roomy) == Full);
  CHECK(at(1000, Full) == Roomy);
}

TEST_CASE("DiskGuard: what it finds is explained with the figures, the flag and the remedy") {
  const TemporaryDirectory directory;
  CountingLog log;
  CHECK(DiskGuard(directory.path(), {.soft = 0, .hard = 0, .ballast = 0}, log).look().condition ==
        StoreCondition::Roomy);
  DiskGuard tight(directory.path(), {.soft = kEndless, .hard = 0, .ballast = 0}, log);
  const DiskGuard::Report report = tight.look();
  CHECK(report.condition == StoreCondition::Tight);
  for (const std::string& word : {directory.path(), std::string("--disk-soft-limit"),
                                  std::string("make space"), std::string("are free")}) {
    CAPTURE(word);
    CHECK(report.explanation.find(word) != std::string::npos);
  }
  DiskGuard full(directory.path(), {.soft = kEndless, .hard = kEndless, .ballast = 0}, log);
  CHECK(full.look().condition == StoreCondition::Full);
  CHECK(full.look().explanation.find("--disk-hard-limit") != std::string::npos);
  CHECK(log.lines == 0);  // who changes its behaviour tells, once
}

TEST_CASE("DiskGuard: a directory that can not be looked at changes nothing") {
  CountingLog log;
  DiskGuard guard("/no/such/directory", {.soft = kEndless}, log);
  CHECK(guard.look().condition == StoreCondition::Roomy);
  CHECK(guard.provide(kEndless));
}

TEST_CASE("DiskGuard: the ballast has real blocks, is given up when needed, and made again") {
  const TemporaryDirectory directory;
  CountingLog log;
  DiskGuard guard(directory.path(), {.soft = 0, .hard = 0, .ballast = kMiB}, log);
  (void)guard.look();
  const std::string ballast = directory.path() + "/ballast";
  REQUIRE(std::filesystem::file_size(ballast) == kMiB);
  CHECK(guard.provide(1));
  CHECK(std::filesystem::exists(ballast));
  CHECK_FALSE(guard.provide(kEndless));  // it was not enough
  CHECK_FALSE(std::filesystem::exists(ballast));
  CHECK(log.lines == 1);
  (void)guard.look();
  CHECK(std::filesystem::file_size(ballast) == kMiB);
}

TEST_CASE("DiskGuard: a large ballast is made a step at a look, and a smaller one is cut") {
  const TemporaryDirectory directory;
  CountingLog log;
  const auto size = [&] { return std::filesystem::file_size(directory.path() + "/ballast"); };
  constexpr std::uint64_t kLarge = 2 * DiskGuard::kBallastStep + kMiB;
  DiskGuard guard(directory.path(), {.soft = 0, .hard = 0, .ballast = kLarge}, log);
  for (const std::uint64_t expected :
       {DiskGuard::kBallastStep, 2 * DiskGuard::kBallastStep, kLarge, kLarge}) {
    (void)guard.look();
    CHECK(size() == expected);
  }
  DiskGuard smaller(directory.path(), {.soft = 0, .hard = 0, .ballast = kMiB}, log);
  (void)smaller.look();
  CHECK(size() == kMiB);
}

TEST_CASE("DiskGuard: no ballast is made where it would bring the limit about") {
  const TemporaryDirectory directory;
  CountingLog log;
  DiskGuard guard(directory.path(), {.soft = kEndless / 2, .hard = 0, .ballast = kMiB}, log);
  (void)guard.look();
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/ballast"));
}

}  // namespace
}  // namespace starling

#include "storage/disk_guard.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quantity.h"
#include "message/store_condition.h"

namespace starling {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;

// The smaller of a share of the volume and a size that is enough on any; on a small volume at least
// what LevelDB needs, but never more than an eighth or a quarter of it.
std::uint64_t limit_of(std::uint64_t share, std::uint64_t enough, std::uint64_t least) {
  return std::max(std::min(share, enough), least);
}

std::uint64_t above(std::uint64_t limit) {
  return limit + limit / 8;
}

}  // namespace

DiskLimits disk_limits_of(std::uint64_t total, const DiskLimitOptions& options) {
  DiskLimits limits;
  limits.soft = options.soft.value_or(
      limit_of(total / 10, 2 * kGibibyte, std::min(64 * kMebibyte, total / 4)));
  limits.hard =
      options.hard.value_or(limit_of(total / 20, kGibibyte, std::min(32 * kMebibyte, total / 8)));
  // Whoever lowers the soft limit alone means what stands behind it too.
  if (!options.hard.has_value()) limits.hard = std::min(limits.hard, limits.soft);
  limits.ballast = options.ballast.value_or(
      limit_of(total / 100, 256 * kMebibyte, std::min(24 * kMebibyte, total / 8)));
  return limits;
}

StoreCondition condition_of(const DiskSpace& space, const DiskLimits& limits,
                            StoreCondition before) {
  const bool was_full = before == StoreCondition::Full;
  const bool was_short = before != StoreCondition::Roomy;
  if (space.free < (was_full ? above(limits.hard) : limits.hard)) return StoreCondition::Full;
  if (space.free < (was_short ? above(limits.soft) : limits.soft)) return StoreCondition::Tight;
  return StoreCondition::Roomy;
}

DiskGuard::DiskGuard(std::string directory, const DiskLimitOptions& options, Log& log)
    : directory_(std::move(directory)), options_(options), log_(log) {}

DiskGuard::Report DiskGuard::look() {
  const std::optional<DiskSpace> found = space();
  if (!found.has_value()) return last_;
  const DiskLimits limits = disk_limits_of(found->total, options_);
  last_.condition = condition_of(*found, limits, last_.condition);
  last_.explanation =
      last_.condition == StoreCondition::Roomy ? std::string() : explain(*found, limits);
  // Not where it would itself bring the limit about.
  const std::uint64_t kept_free = above(limits.soft);
  if (limits.ballast > 0 && found->free > kept_free) {
    make_ballast(limits.ballast, found->free - kept_free);
  }
  return last_;
}

std::optional<DiskSpace> DiskGuard::space() const {
  struct statvfs found = {};
  if (::statvfs(directory_.c_str(), &found) != 0) return std::nullopt;
  return DiskSpace{.free = std::uint64_t{found.f_bavail} * found.f_frsize,
                   .total = std::uint64_t{found.f_blocks} * found.f_frsize};
}

bool DiskGuard::provide(std::uint64_t bytes) {
  const std::optional<DiskSpace> before = space();
  // Who can not look may as well try.
  if (!before.has_value() || before->free >= bytes) return true;
  if (::unlink(ballast_file().c_str()) != 0) return false;
  log_.warning("gave up the ballast '" + ballast_file() +
               "' so that the store can be opened; it is made again when there is room");
  const std::optional<DiskSpace> after = space();
  return !after.has_value() || after->free >= bytes;
}

std::string DiskGuard::explain(const DiskSpace& space, const DiskLimits& limits) const {
  const std::string figures = "only " + format_size(space.free) + " of " +
                              format_size(space.total) + " are free on the disk of '" + directory_ +
                              "'";
  if (last_.condition == StoreCondition::Full) {
    return figures + ", less than --disk-hard-limit " + format_size(limits.hard) +
           ": all writes are refused, reads go on; make space, or lower the limit";
  }
  return figures + ", less than --disk-soft-limit " + format_size(limits.soft) +
         ": new values are refused, deletes and reads go on; make space, or lower the limit";
}

void DiskGuard::make_ballast(std::uint64_t bytes, std::uint64_t room) {
  std::error_code error;
  const std::uint64_t found = std::filesystem::file_size(ballast_file(), error);
  const std::uint64_t there = error ? 0 : found;
  if (!error && there == bytes) return;
  if (there < bytes && room <= bytes - there) return;
  const int file = ::open(ballast_file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  int failed = file < 0 ? errno : 0;
  if (file >= 0 && there > bytes) failed = ::ftruncate(file, static_cast<off_t>(bytes));
  // Blocks, not only a length: a hole would give nothing back.
  if (file >= 0 && there < bytes) {
    failed = ::posix_fallocate(file, static_cast<off_t>(there),
                               static_cast<off_t>(std::min(bytes - there, kBallastStep)));
  }
  if (file >= 0) static_cast<void>(::close(file));
  if (failed == 0) return;
  static_cast<void>(::unlink(ballast_file().c_str()));
  if (std::exchange(ballast_failed_, true)) return;
  log_.warning("no ballast in '" + directory_ + "': " + std::generic_category().message(failed) +
               "; a full disk then needs space from elsewhere before the store goes on");
}

}  // namespace starling

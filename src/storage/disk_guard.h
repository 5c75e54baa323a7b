#pragma once

// DiskGuard: watches the space on the disk of a data directory. Below the soft limit a node takes
// no new values, below the hard one nothing that grows. Beside the store lies a file of no content,
// the ballast, which is given up when a store that met a full disk needs room to be opened again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "message/store_condition.h"

namespace starling {

// In the data directory, beside the store.
inline constexpr std::string_view kBallastName = "ballast";

struct DiskSpace {
  std::uint64_t free = 0;  // for this user
  std::uint64_t total = 0;
};

struct DiskLimits {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  std::uint64_t ballast = 0;
};

// What somebody set; nothing: as the volume's size suggests.
struct DiskLimitOptions {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
  std::optional<std::uint64_t> ballast;
};

// The limits of a volume of `total` bytes. Soft: a tenth, 2 GiB at most; hard: half of that;
// ballast: a hundredth, 256 MiB at most. On small volumes they are larger shares, since what
// LevelDB needs to write a full buffer out (16 MiB, twice for a while) does not shrink with them.
[[nodiscard]] DiskLimits disk_limits_of(std::uint64_t total, const DiskLimitOptions& options);

// `before`: what it was; a condition is left only an eighth above its limit, or a log file that
// comes and goes would change it every second.
[[nodiscard]] StoreCondition condition_of(const DiskSpace& space, const DiskLimits& limits,
                                          StoreCondition before);

class DiskGuard {
 public:
  static constexpr std::uint64_t kBallastStep = std::uint64_t{8} << 20U;

  struct Report {
    StoreCondition condition = StoreCondition::Roomy;
    std::string explanation;  // with figures and the remedy; empty while there is room
  };

  // `directory` need not exist yet. `log` outlives the guard.
  DiskGuard(std::string directory, const DiskLimitOptions& options, Log& log);

  // Looks at the disk; where that fails, what was found last holds. Makes the ballast where it is
  // missing and there is ample room, a step at a time: there are file systems on which that means
  // to write it all, and whoever looks has other things to do.
  [[nodiscard]] Report look();
  // Nothing: the operating system does not say.
  [[nodiscard]] std::optional<DiskSpace> space() const;
  // Sees that `bytes` are free, giving the ballast up if that is what it takes; false: they are
  // not.
  [[nodiscard]] bool provide(std::uint64_t bytes);

 private:
  [[nodiscard]] std::string explain(const DiskSpace& space, const DiskLimits& limits) const;
  [[nodiscard]] std::string ballast_file() const {
    return directory_ + "/" + std::string(kBallastName);
  }
  void make_ballast(std::uint64_t bytes, std::uint64_t room);

  std::string directory_;
  DiskLimitOptions options_;
  Log& log_;
  Report last_;
  bool ballast_failed_ = false;  // told once
};

}  // namespace starling

#pragma once

// SimFileFaults: what is wrong with one simulated machine's disk right now: writes that fail, reads
// that fail or lie, and the call at which the power goes. SimEnv asks it before each call.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/sim_disk.h"
#include "sim/sim_files.h"

namespace starling::sim {

enum class WriteFault : std::uint8_t {
  None,
  AppendFails,
  ShortAppend,     // the disk is full: a part is written, then an error
  SyncFails,       // what was written stays in memory
  SyncDropsPages,  // and what was written is gone
};
inline constexpr std::uint32_t kWriteFaults = 5;

class SimFileFaults {
 public:
  [[nodiscard]] WriteFault write_fault() const { return write_fault_; }
  void fail_writes(WriteFault fault) { write_fault_ = fault; }
  void spare_writes() { write_fault_ = WriteFault::None; }

  // Reads of this byte fail, or return it with a flipped bit, until the disk is healed.
  void damage(FileId file, std::size_t byte, Damage damage) {
    damaged_[file].insert_or_assign(byte, damage);
  }
  void heal_damage() { damaged_.clear(); }
  [[nodiscard]] bool has_damage() const { return !damaged_.empty(); }
  // What a read of `bytes`, which begin at `offset`, returns; nothing: it fails.
  [[nodiscard]] std::optional<std::string> read(FileId file, std::size_t offset,
                                                std::string bytes) const;
  // While it lasts reads are as if nothing were damaged: for who looks from outside.
  class Spectacles {
   public:
    explicit Spectacles(SimFileFaults& faults) : faults_(faults) { faults_.damaged_.swap(kept_); }
    ~Spectacles() { faults_.damaged_.swap(kept_); }
    Spectacles(const Spectacles&) = delete;
    Spectacles& operator=(const Spectacles&) = delete;
    Spectacles(Spectacles&&) = delete;
    Spectacles& operator=(Spectacles&&) = delete;

   private:
    SimFileFaults& faults_;
    std::map<FileId, std::map<std::size_t, Damage>> kept_;
  };

  // The power goes inside the `calls`-th call from now that would change a file.
  void strike_after(std::uint64_t calls) { calls_left_ = calls; }
  void call_off_strike() {
    calls_left_.reset();
    struck_ = false;
    strikes_now_ = false;
  }
  // Counts one such call; false: there is no power any more.
  [[nodiscard]] bool pass();
  [[nodiscard]] bool is_struck() const { return struck_; }
  // Whether it was in the call that was counted last that the power went.
  [[nodiscard]] bool strikes_now() const { return strikes_now_; }

 private:
  WriteFault write_fault_ = WriteFault::None;
  std::map<FileId, std::map<std::size_t, Damage>> damaged_;
  std::optional<std::uint64_t> calls_left_;
  bool struck_ = false;
  bool strikes_now_ = false;
};

}  // namespace starling::sim

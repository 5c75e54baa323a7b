#pragma once

// SimFileFaults: what is wrong with one simulated machine's disk right now: writes that fail, reads
// that fail or lie, and the call at which the power goes. SimEnv asks it before each call.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
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
    places_.damaged[file].insert_or_assign(byte, damage);
  }
  // Reads of this block of the file return `other`, which is somewhere else on the disk: a write or
  // a read that went astray. REQUIRES: other.size() == kBlockBytes.
  void misdirect(FileId file, std::size_t block, std::string other);
  static constexpr std::size_t kBlockBytes = 4096;
  void heal_damage() { places_ = {}; }
  [[nodiscard]] bool has_damage() const {
    return !places_.damaged.empty() || !places_.astray.empty();
  }
  // What a read of `bytes`, which begin at `offset`, returns; nothing: it fails.
  [[nodiscard]] std::optional<std::string> read(FileId file, std::size_t offset,
                                                std::string bytes) const;
  // What is wrong with what lies on the disk.
  struct Places {
    std::map<FileId, std::map<std::size_t, Damage>> damaged;      // by byte
    std::map<FileId, std::map<std::size_t, std::string>> astray;  // by block
  };
  // While it lasts reads are as if nothing were damaged: for who looks from outside.
  class Spectacles {
   public:
    explicit Spectacles(SimFileFaults& faults) : faults_(faults) {
      std::swap(faults_.places_, kept_);
    }
    ~Spectacles() { std::swap(faults_.places_, kept_); }
    Spectacles(const Spectacles&) = delete;
    Spectacles& operator=(const Spectacles&) = delete;
    Spectacles(Spectacles&&) = delete;
    Spectacles& operator=(Spectacles&&) = delete;

   private:
    SimFileFaults& faults_;
    Places kept_;
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
  Places places_;
  std::optional<std::uint64_t> calls_left_;
  bool struck_ = false;
  bool strikes_now_ = false;
};

}  // namespace starling::sim

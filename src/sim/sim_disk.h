#pragma once

// SimDisk: what survives a simulated process: an ordered map whose durable state is a prefix of the
// batches written to it. Losing power undoes the batches behind that prefix, or behind some later
// one: a disk may have kept more than it promised, never less. It can be emptied, put back to an
// earlier image, and have entries that can not be read for a while.
//
// Under the real LevelDB it is the ledger: what the files must hold, as far as anybody may rely on
// it, for monitors to look at and for comparison when the store is opened again.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "env/storage_engine.h"

namespace starling::sim {

// How an entry is damaged while it is.
enum class Damage : std::uint8_t {
  Unreadable,   // the disk reports an error
  FlippedByte,  // the disk reports nothing, and one byte is wrong
};

class SimDisk {
 public:
  using Image = std::map<std::string, std::string, std::less<>>;

  [[nodiscard]] const Image& visible() const { return visible_; }
  [[nodiscard]] std::size_t unsynced_batches() const { return unsynced_.size(); }
  // The value that would be there after the worst power loss.
  [[nodiscard]] std::optional<std::string> durable(std::string_view key) const;
  [[nodiscard]] Image durable_image() const;

  void write(const std::vector<StorageWrite>& batch);
  // Everything written so far is durable.
  void sync();
  // Undoes all unsynced batches but the first `survivors`.
  void lose_power(std::size_t survivors);

  // For a store that does not tell what it kept (LevelDB), whose ledger this is:
  // these batches are durable, earlier ones of other keys are not because of it.
  void write_synced(const std::vector<std::vector<StorageWrite>>& batches);
  // This batch may have arrived or not.
  void doubt(const std::vector<StorageWrite>& batch);
  // What was synced is there, of the rest any part may be.
  void lose_power_unseen();
  // Why the store, opened again, can not hold just this; nothing: it can.
  [[nodiscard]] std::optional<std::string> contradiction(const Image& found) const;

  void erase_everything();
  void restore(Image image);

  void damage(std::string key, Damage damage);
  void heal_damage() { damaged_.clear(); }
  // One byte of the entry, drawn, is another one from now on. REQUIRES: it is there.
  void rot(std::string_view key, Random& random);
  [[nodiscard]] std::optional<Damage> damage_of(std::string_view key) const;
  // Whether an entry of [from, to) is damaged.
  [[nodiscard]] bool has_damage_within(std::string_view from, std::string_view to) const;

 private:
  struct Undo {
    std::string key;
    std::optional<std::string> before;
  };

  void put_back(const Undo& undo);
  [[nodiscard]] std::optional<std::string> value_of(std::string_view key) const;
  [[nodiscard]] bool could_hold(const std::string& key,
                                const std::optional<std::string>& value) const;

  Image visible_;
  std::vector<std::vector<Undo>> unsynced_;  // a batch each, oldest first
  std::map<std::string, Damage, std::less<>> damaged_;
  // What may be there instead of what is visible, until somebody looks.
  std::map<std::string, std::vector<std::optional<std::string>>, std::less<>> possible_;
};

}  // namespace starling::sim

#pragma once

// MachineMemory: the last start that counted of the store in a data directory, as this machine
// remembers it until it is rebooted. It lies in memory and not beside the store, so that nothing
// which brings an older store back (a copy, a snapshot of the disk, a directory that is renamed)
// brings it along: a store that has this start is no old copy, and one that lacks it is one. What
// is not remembered proves nothing, so every trouble with it is only a memory lost.

#include <optional>
#include <string>

#include "message/peer_messages.h"

namespace starling {

class MachineMemory {
 public:
  // In the machine's shared memory, in a folder of this user's.
  MachineMemory();
  // For tests. `folder` is made when it is needed.
  explicit MachineMemory(std::string folder) : folder_(std::move(folder)) {}

  // Nothing: it is not known, or what is there is not to be trusted.
  [[nodiscard]] std::optional<BootAnnouncement> recall(const std::string& data_directory) const;
  // Also forgets directories that are gone, and what was known of the same store elsewhere.
  void remember(const std::string& data_directory, const BootAnnouncement& start) const;

 private:
  std::string folder_;
};

}  // namespace starling

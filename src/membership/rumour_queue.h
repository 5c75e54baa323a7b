#pragma once

// RumourQueue: what a node has to tell about others, and how often it was told. Rumours ride on
// probes and their answers; each is told about λ·log n times and then dropped, by when all but a
// few have heard it (SWIM, section 4.1). At most one is kept for each subject, the newest, so the
// queue is never longer than the list of members.

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "message/swim_messages.h"

namespace starling {

class RumourQueue {
 public:
  // λ, for decimal digits. Four is usual; where messages are lost, six make it rarer that a member
  // hears of an accusation and misses that it was refuted.
  static constexpr std::size_t kTransmissionsPerDigit = 6;

  // How often one rumour is told among so many members: λ times the decimal digits of their number.
  [[nodiscard]] static std::size_t transmissions(std::size_t members);

  // Takes the place of what was known of the same subject.
  void add(const Rumour& rumour);
  void forget(NodeId subject);
  // At most `count`, those told least often first, among them the newest first. Each is counted as
  // told, and dropped once it was told `transmissions_max` times.
  [[nodiscard]] std::vector<Rumour> take(std::size_t count, std::size_t transmissions_max);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Rumour rumour;
    std::size_t told = 0;
    std::uint64_t added = 0;  // the later, the greater
  };

  std::map<NodeId, Entry> entries_;
  std::uint64_t added_ = 0;
};

}  // namespace starling

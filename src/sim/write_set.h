#pragma once

// WriteSet: a set of the writes of one key, which are numbered from 0 in the order in which clients
// began them. Histories are unions of such sets, so union and containment are all that matters.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace starling::sim {

class WriteSet {
 public:
  void add(std::uint32_t write);
  void remove(std::uint32_t write);
  // Set union.
  void join(const WriteSet& other);
  [[nodiscard]] bool has(std::uint32_t write) const;
  [[nodiscard]] bool covers(const WriteSet& other) const;
  // The least member that `other` lacks; kNoWrite when it lacks none.
  [[nodiscard]] std::uint32_t first_missing_in(const WriteSet& other) const;
  [[nodiscard]] std::vector<std::uint32_t> members() const;

  static constexpr std::uint32_t kNoWrite = 0xFFFF'FFFF;

 private:
  [[nodiscard]] std::uint64_t word(std::size_t index) const {
    return index < words_.size() ? words_.at(index) : 0;
  }

  std::vector<std::uint64_t> words_;  // 64 writes each
};

}  // namespace starling::sim

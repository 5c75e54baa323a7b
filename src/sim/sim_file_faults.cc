#include "sim/sim_file_faults.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "sim/sim_disk.h"
#include "sim/sim_files.h"

namespace starling::sim {

namespace {

// The part of `block`, which begins at `begin` of the file, that a read of `bytes` meets.
void overlay(const std::string& block, std::size_t begin, std::size_t offset, std::string& bytes) {
  const std::size_t from = std::max(begin, offset);
  const std::size_t to = std::min(begin + block.size(), offset + bytes.size());
  if (from < to) bytes.replace(from - offset, to - from, block, from - begin, to - from);
}

}  // namespace

void SimFileFaults::misdirect(FileId file, std::size_t block, std::string other) {
  STARLING_CHECK(other.size() == kBlockBytes);
  places_.astray[file].insert_or_assign(block, std::move(other));
}

std::optional<std::string> SimFileFaults::read(FileId file, std::size_t offset,
                                               std::string bytes) const {
  if (const auto astray = places_.astray.find(file); astray != places_.astray.end()) {
    for (const auto& [block, other] : astray->second) {
      overlay(other, block * kBlockBytes, offset, bytes);
    }
  }
  const auto found = places_.damaged.find(file);
  if (found == places_.damaged.end()) return bytes;
  for (auto place = found->second.lower_bound(offset);
       place != found->second.end() && place->first < offset + bytes.size(); ++place) {
    if (place->second == Damage::Unreadable) return std::nullopt;
    bytes.at(place->first - offset) ^= 0x20;
  }
  return bytes;
}

bool SimFileFaults::pass() {
  strikes_now_ = !struck_ && calls_left_ == std::uint64_t{0};
  struck_ = struck_ || strikes_now_;
  if (!struck_ && calls_left_.has_value()) --*calls_left_;
  return !struck_;
}

}  // namespace starling::sim

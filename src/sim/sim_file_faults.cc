#include "sim/sim_file_faults.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sim/sim_disk.h"
#include "sim/sim_files.h"

namespace starling::sim {

std::optional<std::string> SimFileFaults::read(FileId file, std::size_t offset,
                                               std::string bytes) const {
  const auto found = damaged_.find(file);
  if (found == damaged_.end()) return bytes;
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

#include "replica/damage_ledger.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace starling {

bool DamageLedger::has_room() {
  ++met_;
  if (places() >= kPlacesMax) full_ = true;
  return !full_;
}

bool DamageLedger::note_record(std::string_view store_key) {
  if (records_.contains(store_key)) return false;
  if (!has_room()) return true;
  records_.emplace(store_key);
  new_records_.emplace_back(store_key);
  return true;
}

bool DamageLedger::note_gap(std::string_view behind) {
  if (gaps_.contains(behind)) return false;
  if (has_room()) gaps_.emplace(behind);
  return true;
}

void DamageLedger::forget_record(std::string_view store_key) {
  const auto found = records_.find(store_key);
  if (found == records_.end()) return;
  records_.erase(found);
  ++mended_;
}

void DamageLedger::forget_gaps(std::string_view from, std::string_view to) {
  auto gap = gaps_.lower_bound(from);
  while (gap != gaps_.end() && *gap < to) {
    gap = gaps_.erase(gap);
    ++mended_;
  }
}

std::vector<std::string> DamageLedger::take_new_records() {
  return std::exchange(new_records_, {});
}

}  // namespace starling

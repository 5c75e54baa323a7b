#include "replica/damage_ledger.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "env/storage_engine.h"

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

void DamageLedger::note_rewrite(std::string_view store_key, CommitTicket ticket) {
  if (!records_.contains(store_key)) return;
  rewrites_.push_back({.ticket = ticket, .store_key = std::string(store_key)});
}

void DamageLedger::on_committed(CommitTicket through) {
  while (!rewrites_.empty() && rewrites_.front().ticket <= through) {
    mended_ += records_.erase(rewrites_.front().store_key);
    rewrites_.pop_front();
  }
}

void DamageLedger::forget_uncommitted() {
  for (Rewrite& rewrite : std::exchange(rewrites_, {})) {
    if (records_.contains(rewrite.store_key)) new_records_.push_back(std::move(rewrite.store_key));
  }
}

void DamageLedger::drop_record(std::string_view store_key) {
  const auto found = records_.find(store_key);
  if (found != records_.end()) records_.erase(found);
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

#include "node/old_copy_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/fill_stream.h"
#include "membership/boot_confirmation.h"
#include "node/fill_desk.h"
#include "node/fill_memory.h"
#include "replica/replica_store.h"
#include "ring/configuration.h"
#include "ring/slot.h"

namespace starling {
namespace {

// Between two looks while the disk has other things to do.
constexpr Duration kBusyPause = std::chrono::milliseconds(200);
// Requests come first.
constexpr Duration kLeastPause = std::chrono::milliseconds(1);

}  // namespace

// What a member that was given up has, and one that is none any more, is left alone.
bool OldCopyService::is_of_member() const {
  const ConfigMember* const self = neighbours_.chain.adopted()->member(neighbours_.self);
  return self != nullptr && self->store == neighbours_.identity.store &&
         self->intent != MemberIntent::Remove;
}

// What a store holds that does not count may be set aside as a whole.
bool OldCopyService::may_work() const {
  return neighbours_.confirmation.counting() && neighbours_.store.has_room_for_clients(0);
}

bool OldCopyService::is_old(const SlotRow& row) const {
  if (neighbours_.planted == PlantedBug::RemoveWhileMoving) {
    // Planted: who is read no more is not needed any more either.
    const auto is_former = [&](const Slot& slot) {
      return slot.state == SlotState::Switched && slot.holder == neighbours_.self;
    };
    if (std::ranges::any_of(row, is_former)) return true;
  }
  return is_settled(row) && !is_in_row(row, neighbours_.self);
}

void OldCopyService::collect(Instant now) {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr || adopted->epoch == epoch_) return;
  epoch_ = adopted->epoch;
  waiting_.clear();
  if (!is_of_member()) return wake_.reset();
  for (std::size_t i = 0; i < adopted->rows.size(); ++i) {
    const PartitionId partition{static_cast<std::uint16_t>(i)};
    if (is_in_row(adopted->rows[i], neighbours_.self)) clean_.erase(partition);
    if (is_old(adopted->rows[i]) && !clean_.contains(partition)) waiting_.insert(partition);
  }
  std::erase_if(unreadable_, [&](const auto& entry) { return !waiting_.contains(entry.first); });
  for (const auto& [partition, until] : unreadable_) waiting_.erase(partition);
  // What was queued for these partitions until now must be seen before it is looked for.
  if (!waiting_.empty()) under_way_ = neighbours_.engine.commit({}, CommitDemand::Written);
  set_wake(now);
}

void OldCopyService::on_timer(Instant now) {
  if (!wake_.has_value() || now < *wake_) return;
  std::erase_if(unreadable_, [&](const auto& entry) {
    if (now < entry.second) return false;
    waiting_.insert(entry.first);
    return true;
  });
  if (!under_way_.has_value() && now >= held_until_) {
    if (!may_work()) held_until_ = now + kBusyPause;
    for (std::size_t looks = 0; looks < kLooksAtOnce && !waiting_.empty(); ++looks) {
      if (now < held_until_ || !neighbours_.budget.may_step(now)) break;
      if (look_at(*waiting_.begin(), now)) break;
    }
  }
  tell();
  set_wake(now);
}

void OldCopyService::tell() {
  if (!is_done() || records_told_ == records_removed_) return;
  neighbours_.log.info("removed " + std::to_string(records_removed_ - records_told_) +
                       " records of partitions that this node stores no more");
  records_told_ = records_removed_;
}

bool OldCopyService::look_at(PartitionId partition, Instant now) {
  const Result<ReplicaStore::OldCopy> copy =
      neighbours_.store.find_old_copy(partition, kEntriesAtOnce);
  if (!copy.ok()) return leave_alone(partition, copy.status(), now);
  neighbours_.budget.spend(copy->bytes, reads_of_page(copy->store_keys.size()), now);
  if (copy->is_pending) {
    held_until_ = now + kBusyPause;
    return true;
  }
  if (copy->store_keys.empty()) {
    waiting_.erase(partition);
    clean_.insert(partition);
    return false;
  }
  // Not before: it reads the notes of all partitions, and most looks find nothing.
  const Result<std::vector<StorageWrite>> notes = notes_of(partition);
  if (!notes.ok()) return leave_alone(partition, notes.status(), now);
  if (copy->records > 0) neighbours_.log.write(LogLevel::Trace, "mark: old copy: was removed");
  records_removed_ += copy->records;
  under_way_ = neighbours_.store.remove_old_copy(*copy, *notes);
  return true;
}

// A closed store says nothing, and what can not be read stays for now.
bool OldCopyService::leave_alone(PartitionId partition, const Status& failure, Instant now) {
  held_until_ = now + kBusyPause;
  if (failure.code() == StatusCode::DiskFull) return true;
  waiting_.erase(partition);
  unreadable_[partition] = now + kRetryPause;
  neighbours_.log.write(LogLevel::Trace, "mark: old copy: could not be read");
  return true;
}

Result<std::vector<StorageWrite>> OldCopyService::notes_of(PartitionId partition) const {
  STARLING_ASSIGN_OR_RETURN(recalled, const RecalledFills notes, read_fills(neighbours_.engine));
  std::vector<StorageWrite> erasures;
  for (const FillProgress& fill : notes.fills) {
    if (fill.partition == partition) erasures.push_back(erasure_of_fill(partition, fill.source));
  }
  return erasures;
}

void OldCopyService::on_committed(CommitTicket through, Instant now) {
  if (!under_way_.has_value() || through < *under_way_) return;
  under_way_.reset();
  set_wake(now);
}

void OldCopyService::on_store_reopened(Instant now) {
  under_way_.reset();
  clean_.clear();
  epoch_ = Epoch{};
  collect(now);
}

void OldCopyService::set_wake(Instant now) {
  wake_.reset();
  if (!waiting_.empty() && !under_way_.has_value()) {
    wake_ = std::max({neighbours_.budget.next_at(now), held_until_, now + kLeastPause});
  }
  for (const auto& [partition, until] : unreadable_) wake_ = std::min(wake_.value_or(until), until);
}

}  // namespace starling

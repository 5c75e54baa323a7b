#include "node/hint_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/hint.h"
#include "handoff/hint_ledger.h"
#include "message/peer_messages.h"
#include "replica/key_layout.h"

namespace starling {

HintStore::HintStore(StorageEngine& engine, Log& log, const Options& options)
    : engine_(engine), log_(log), options_(options), ledger_(options.ledger) {}

void HintStore::load(std::uint32_t partitions, Instant now) {
  ledger_ = HintLedger(options_.ledger);
  writing_.clear();
  written_.clear();
  erasures_.clear();
  erasing_.clear();
  unread_.clear();
  for (std::uint32_t number = 0; number < partitions; ++number) {
    const PartitionId partition{static_cast<std::uint16_t>(number)};
    if (!load_partition(partition)) unread_.insert(partition);
  }
  if (ledger_.hints() > 0) {
    log_.write(LogLevel::Trace, "mark: hint: found at a start");
    log_.info(std::to_string(ledger_.hints()) + " hints of " + std::to_string(ledger_.bytes()) +
              " bytes wait for their homes");
  }
  retry_later(now);
}

bool HintStore::on_timer(Instant now) {
  if (!retry_at_.has_value() || now < *retry_at_) return false;
  const std::size_t before = ledger_.hints();
  std::erase_if(unread_, [this](PartitionId partition) { return load_partition(partition); });
  retry_later(now);
  return ledger_.hints() != before;
}

void HintStore::retry_later(Instant now) {
  retry_at_.reset();
  if (unread_.empty()) return;
  log_.write(LogLevel::Trace, "mark: hint: a partition's hints can not be read");
  retry_at_ = now + options_.retry_pause;
}

bool HintStore::load_partition(PartitionId partition) {
  const KeyBounds bounds = bounds_of_table(partition, StoreTable::Hints);
  const Status scanned =
      engine_.scan(bounds.from, bounds.to, [this](std::string_view key, std::string_view value) {
        const Result<HintKey> parsed = parse_hint_store_key(key);
        if (!parsed.ok()) {
          log_.error("the hints hold a key that is none of them: it is passed over");
        } else if (!ledger_.contains(*parsed)) {
          restore(*parsed, key, value);
        }
        return true;
      });
  if (scanned.ok()) return true;
  // Said once a start, not at each attempt.
  if (!unread_.contains(partition)) {
    log_.error("hints of partition " + std::to_string(partition.value) +
               " can not be read, and are tried again: " + scanned.to_string());
  }
  return false;
}

// One that can not be read may have counted: it keeps its place until it can.
void HintStore::restore(const HintKey& key, std::string_view store_key, std::string_view bytes) {
  const Result<Hint> hint = decode_hint(store_key, bytes);
  const HintStanding standing = hint.ok() ? hint->standing : HintStanding::Counted;
  ledger_.restore(key, standing, store_key.size() + bytes.size());
}

Result<HintStore::Kept> HintStore::keep(const HintSlot& slot, const Hint& hint, bool must_sync) {
  // A sequence number that is not known could be given twice.
  if (unread_.contains(slot.partition)) {
    return Status(StatusCode::Corruption, "the hints of this partition can not be read now");
  }
  std::string store_key = hint_store_key(ledger_.next_key(slot));
  std::string bytes = encode_hint(store_key, hint);
  const auto admitted = ledger_.admit(slot, hint.standing, store_key.size() + bytes.size());
  if (!admitted.has_value()) {
    return Status(StatusCode::Overloaded, "this node keeps as many hints as it may");
  }
  std::vector<StorageWrite> batch;
  for (const HintKey& dropped : admitted->dropped) {
    log_.write(LogLevel::Trace, "mark: hint: dropped to make room");
    batch.push_back({.key = hint_store_key(dropped), .value = std::nullopt});
  }
  batch.push_back({.key = std::move(store_key), .value = bytes});
  const CommitTicket ticket =
      engine_.commit(std::move(batch), must_sync ? CommitDemand::Synced : options_.ordinary_demand);
  writing_[admitted->key] = {.ticket = ticket, .bytes = std::move(bytes)};
  written_.emplace_back(ticket, admitted->key);
  return Kept{.key = admitted->key, .ticket = ticket};
}

std::optional<HintKey> HintStore::move(const HintKey& key, std::uint8_t slot) {
  if (unread_.contains(key.partition) || erasing_.contains(key)) return std::nullopt;
  const std::optional<Hint> hint = read(key);
  if (!hint.has_value()) return std::nullopt;
  const HintKey moved = ledger_.move(key, slot);
  std::string store_key = hint_store_key(moved);
  std::string bytes = encode_hint(store_key, *hint);
  std::vector<StorageWrite> batch;
  batch.push_back({.key = hint_store_key(key), .value = std::nullopt});
  batch.push_back({.key = std::move(store_key), .value = bytes});
  // What waited for its home on the disk is not to wait in memory now.
  const bool counts = hint->standing == HintStanding::Counted;
  const CommitTicket ticket =
      engine_.commit(std::move(batch), counts ? CommitDemand::Synced : options_.ordinary_demand);
  writing_[moved] = {.ticket = ticket, .bytes = std::move(bytes)};
  written_.emplace_back(ticket, moved);
  return moved;
}

std::optional<Hint> HintStore::read(const HintKey& key) const {
  if (!ledger_.contains(key)) return std::nullopt;
  const std::string store_key = hint_store_key(key);
  const auto writing = writing_.find(key);
  std::optional<std::string> bytes;
  if (writing != writing_.end()) {
    bytes = writing->second.bytes;
  } else {
    Result<std::optional<std::string>> got = engine_.get(store_key);
    if (!got.ok()) return std::nullopt;
    bytes = std::move(*got);
  }
  if (!bytes.has_value()) return std::nullopt;
  Result<Hint> hint = decode_hint(store_key, *bytes);
  if (!hint.ok()) return std::nullopt;
  return std::move(*hint);
}

// One whose erasure is lost is brought home once more, which merging does not mind.
void HintStore::erase(const HintKey& key) {
  if (!ledger_.contains(key) || !erasing_.insert(key).second) return;
  std::vector<StorageWrite> batch;
  batch.push_back({.key = hint_store_key(key), .value = std::nullopt});
  erasures_.emplace_back(engine_.commit(std::move(batch), CommitDemand::Written), key);
}

void HintStore::on_committed(CommitTicket through) {
  while (!written_.empty() && written_.front().first <= through) {
    writing_.erase(written_.front().second);
    written_.pop_front();
  }
  while (!erasures_.empty() && erasures_.front().first <= through) {
    ledger_.remove(erasures_.front().second);
    erasing_.erase(erasures_.front().second);
    erasures_.pop_front();
  }
}

void HintStore::check_invariants() const {
  ledger_.check_invariants();
  STARLING_CHECK(erasing_.size() == erasures_.size());
  STARLING_CHECK(writing_.size() <= written_.size());
}

}  // namespace starling

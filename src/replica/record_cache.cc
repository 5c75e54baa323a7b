#include "replica/record_cache.h"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "env/storage_engine.h"
#include "replica/record_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// List node, index node, and the objects themselves: measured with the usual allocator, rounded up.
constexpr std::size_t kEntryOverhead = 320;
constexpr std::size_t kSiblingOverhead = 128;

std::size_t bytes_of(const RecordCache::Entry& entry) {
  const SiblingSet& versions = entry.stored.record.versions;
  std::size_t bytes = kEntryOverhead + entry.store_key.size();
  bytes += versions.clock().size() * sizeof(VectorClock::Entry);
  for (const Sibling& sibling : versions.siblings()) {
    bytes += kSiblingOverhead + sibling.content_type.size() + sibling.value.size();
  }
  return bytes;
}

}  // namespace

RecordCache::Entry* RecordCache::find(std::string_view store_key) {
  const auto found = index_.find(store_key);
  ++(found == index_.end() ? lookups_.misses : lookups_.hits);
  if (found == index_.end()) return nullptr;
  const std::list<Entry>::iterator entry = found->second;
  if (entry->ticket == CommitTicket{}) recent_.splice(recent_.begin(), recent_, entry);
  return &*entry;
}

RecordCache::Entry& RecordCache::insert(std::string store_key, StoredRecord stored,
                                        CommitDemand satisfied) {
  recent_.push_front(Entry{.store_key = std::move(store_key),
                           .stored = std::move(stored),
                           .ticket = {},
                           .demand = satisfied,
                           .bytes = 0,
                           .contribution = std::nullopt});
  Entry& entry = recent_.front();
  entry.place = recent_.begin();
  entry.bytes = bytes_of(entry);
  bytes_ += entry.bytes;
  const bool is_new = index_.emplace(entry.store_key, recent_.begin()).second;
  STARLING_CHECK(is_new);
  evict();
  return entry;
}

void RecordCache::pin(Entry& entry, CommitTicket ticket, CommitDemand demand) {
  STARLING_CHECK(waiting_.empty() || waiting_.back().first <= ticket);
  if (entry.ticket == CommitTicket{}) {
    pinned_.splice(pinned_.end(), recent_, entry.place);
    entry.pinned_place = pinned_keys_.emplace(entry.store_key, &entry).first;
  }
  entry.ticket = ticket;
  entry.demand = demand;
  waiting_.emplace_back(ticket, entry.place);
  bytes_ -= entry.bytes;
  entry.bytes = bytes_of(entry);
  bytes_ += entry.bytes;
}

void RecordCache::on_committed(CommitTicket through) {
  while (!waiting_.empty() && waiting_.front().first <= through) {
    const auto [ticket, entry] = waiting_.front();
    waiting_.pop_front();
    if (entry->ticket != ticket) continue;  // changed again since; that commit is still to come
    entry->ticket = CommitTicket{};
    pinned_keys_.erase(entry->pinned_place);
    recent_.splice(recent_.begin(), pinned_, entry);
  }
  evict();
}

void RecordCache::clear() {
  waiting_.clear();
  pinned_keys_.clear();
  index_.clear();  // its keys are those of the entries
  pinned_.clear();
  recent_.clear();
  bytes_ = 0;
}

// The most recently used one stays whatever its size: somebody is about to look at it.
void RecordCache::evict() {
  while (bytes_ > bytes_max_ && recent_.size() > 1) {
    const Entry& oldest = recent_.back();
    bytes_ -= oldest.bytes;
    index_.erase(oldest.store_key);
    recent_.pop_back();
  }
}

void RecordCache::check_invariants() const {
  std::size_t bytes = 0;
  for (const Entry& entry : recent_) {
    STARLING_CHECK(entry.ticket == CommitTicket{});
    STARLING_CHECK(&*entry.place == &entry);
    bytes += entry.bytes;
  }
  for (const Entry& entry : pinned_) {
    STARLING_CHECK(entry.ticket != CommitTicket{});
    STARLING_CHECK(&*entry.place == &entry);
    STARLING_CHECK(entry.pinned_place->second == &entry);
    bytes += entry.bytes;
  }
  STARLING_CHECK(bytes == bytes_);
  STARLING_CHECK(pinned_keys_.size() == pinned_.size());
  STARLING_CHECK(index_.size() == recent_.size() + pinned_.size());
  STARLING_CHECK(waiting_.size() >= pinned_.size());
}

}  // namespace starling

#include "replica/record_walk.h"

#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "replica/key_layout.h"
#include "replica/record_cache.h"
#include "replica/record_codec.h"
#include "version/sibling_codec.h"

namespace starling {
namespace {

// Merges the engine's ascending entries with the overlay's.
class Walk {
 public:
  Walk(const RecordCache& cache, const KeyBounds& bounds, PlantedBug planted,
       const RecordVisitor& visit)
      : next_(cache.pinned().lower_bound(bounds.from)),
        end_(cache.pinned().lower_bound(bounds.to)),
        planted_(planted),
        visit_(visit) {}

  bool on_stored(std::string_view store_key, std::string_view bytes) {
    while (next_ != end_ && next_->first < store_key) {
      if (!show_overlay()) return false;
    }
    // The engine's version of a pinned record is of the past.
    if (next_ != end_ && next_->first == store_key) return show_overlay();
    const Result<StoredRecord> stored = decode_record(store_key, bytes, ValueUse::Leave);
    // Planted: a damaged record passes for one that was never there.
    if (!stored.ok() && planted_ == PlantedBug::CorruptIsAbsent) return true;
    if (!stored.ok()) {
      met_damaged_record_ = true;
      return fail(stored.status());
    }
    return show(store_key, *stored, CommitTicket{});
  }

  void finish() {
    while (going_ && next_ != end_ && show_overlay()) {
    }
  }

  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] bool met_damaged_record() const { return met_damaged_record_; }

 private:
  bool show_overlay() {
    const RecordCache::Entry& entry = *next_->second;
    ++next_;
    return show(entry.store_key, entry.stored, entry.ticket);
  }

  bool show(std::string_view store_key, const StoredRecord& stored, CommitTicket ticket) {
    const Result<RecordKey> key = parse_record_store_key(store_key);
    if (!key.ok()) return fail(key.status());
    going_ = visit_({.key = *key, .versions = stored.record.versions, .durable_at = ticket});
    return going_;
  }

  bool fail(Status status) {
    status_ = std::move(status);
    going_ = false;
    return false;
  }

  RecordCache::Pinned::const_iterator next_;
  RecordCache::Pinned::const_iterator end_;
  PlantedBug planted_;
  const RecordVisitor& visit_;
  Status status_;
  bool met_damaged_record_ = false;
  bool going_ = true;
};

}  // namespace

Status walk_records(StorageEngine& engine, const RecordCache& cache, const KeyBounds& bounds,
                    PlantedBug planted, const RecordVisitor& visit, WalkStop& stop) {
  Walk walk(cache, bounds, planted, visit);
  stop = {.at = bounds.from};
  STARLING_RETURN_IF_ERROR(
      engine.scan(bounds.from, bounds.to, [&](std::string_view key, std::string_view value) {
        stop.at = key;
        return walk.on_stored(key, value);
      }));
  walk.finish();
  stop.is_damaged_record = walk.met_damaged_record();
  return walk.status();
}

}  // namespace starling

#include "storage/counting_cache.h"

#include <atomic>

#include <leveldb/slice.h>

namespace starling {

leveldb::Cache::Handle* CountingCache::Lookup(const leveldb::Slice& key) {
  Handle* const found = cache_->Lookup(key);
  (found == nullptr ? misses_ : hits_).fetch_add(1, std::memory_order_relaxed);
  return found;
}

}  // namespace starling

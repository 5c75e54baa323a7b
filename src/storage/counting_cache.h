#pragma once

// CountingCache: LevelDB's cache of blocks, with its hits and misses counted; LevelDB itself does
// not say them. Looked up on the loop's thread and on that of compactions.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <leveldb/cache.h>
#include <leveldb/slice.h>

namespace starling {

class CountingCache final : public leveldb::Cache {
 public:
  explicit CountingCache(std::size_t bytes) : cache_(leveldb::NewLRUCache(bytes)) {}

  Handle* Insert(const leveldb::Slice& key, void* value, std::size_t charge,
                 void (*deleter)(const leveldb::Slice& key, void* value)) override {
    return cache_->Insert(key, value, charge, deleter);
  }
  Handle* Lookup(const leveldb::Slice& key) override;
  void Release(Handle* handle) override { cache_->Release(handle); }
  void* Value(Handle* handle) override { return cache_->Value(handle); }
  void Erase(const leveldb::Slice& key) override { cache_->Erase(key); }
  std::uint64_t NewId() override { return cache_->NewId(); }
  void Prune() override { cache_->Prune(); }
  [[nodiscard]] std::size_t TotalCharge() const override { return cache_->TotalCharge(); }

  [[nodiscard]] std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  std::unique_ptr<leveldb::Cache> cache_;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
};

}  // namespace starling

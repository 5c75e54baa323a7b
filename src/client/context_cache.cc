#include "client/context_cache.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace starling {
namespace {

// What an entry costs beside its bytes: the list, the index, two strings.
constexpr std::size_t kEntryBytes = 128;

}  // namespace

ContextCache::Seen ContextCache::find(std::string_view bucket, std::string_view key) {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = touch(name_of(bucket, key));
  if (entry == nullptr) return {};
  return {.context = entry->context, .version = entry->version};
}

void ContextCache::store(std::string_view bucket, std::string_view key, std::string_view context) {
  const std::lock_guard lock(mutex_);
  put(name_of(bucket, key), context);
}

void ContextCache::store_unless_newer(std::string_view bucket, std::string_view key,
                                      std::string_view context, const Seen& since) {
  const std::lock_guard lock(mutex_);
  std::string name = name_of(bucket, key);
  const Entry* const entry = touch(name);
  if ((entry == nullptr ? 0 : entry->version) == since.version) put(std::move(name), context);
}

std::uint64_t ContextCache::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

std::size_t ContextCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

// A bucket holds no zero byte, so the two never run together.
std::string ContextCache::name_of(std::string_view bucket, std::string_view key) {
  std::string name(bucket);
  name.push_back('\0');
  return name.append(key);
}

std::size_t ContextCache::size_of(const Entry& entry) {
  return kEntryBytes + entry.name.size() + entry.context.size();
}

ContextCache::Entry* ContextCache::touch(const std::string& name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front();
}

void ContextCache::put(std::string name, std::string_view context) {
  if (touch(name) != nullptr) drop(entries_.begin());
  if (context.empty()) return;
  entries_.push_front(
      {.name = std::move(name), .context = std::string(context), .version = ++versions_});
  index_.emplace(entries_.front().name, entries_.begin());
  bytes_ += size_of(entries_.front());
  // The newest stays, however large it is: forgetting it at once would promise nothing at all.
  while (entries_.size() > 1 && (entries_.size() > keys_max_ || bytes_ > bytes_max_)) {
    drop(std::prev(entries_.end()));
    ++forgotten_;
  }
}

void ContextCache::drop(Entries::iterator entry) {
  bytes_ -= size_of(*entry);
  index_.erase(entry->name);
  entries_.erase(entry);
}

}  // namespace starling

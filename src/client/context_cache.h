#pragma once

// ContextCache: the contexts that a session has seen, by key, within bounds: the least recently
// used is forgotten first. Any number of threads may use it.

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace starling {

class ContextCache {
 public:
  ContextCache(std::size_t keys_max, std::size_t bytes_max)
      : keys_max_(keys_max), bytes_max_(bytes_max) {}

  struct Seen {
    std::string context;        // empty: nothing was
    std::uint64_t version = 0;  // another one after each write of the entry; 0: there is none
  };
  // Makes the key the most recently used.
  [[nodiscard]] Seen find(std::string_view bucket, std::string_view key);
  // An empty context removes the key.
  void store(std::string_view bucket, std::string_view key, std::string_view context);
  // The same, unless it was stored by somebody else since find() returned `since`.
  void store_unless_newer(std::string_view bucket, std::string_view key, std::string_view context,
                          const Seen& since);
  [[nodiscard]] std::uint64_t forgotten() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::string name;  // bucket and key
    std::string context;
    std::uint64_t version = 0;
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] static std::string name_of(std::string_view bucket, std::string_view key);
  [[nodiscard]] static std::size_t size_of(const Entry& entry);
  // All three: under the lock.
  [[nodiscard]] Entry* touch(const std::string& name);
  void put(std::string name, std::string_view context);
  void drop(Entries::iterator entry);

  const std::size_t keys_max_;
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  Entries entries_;                                                // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> index_;  // over the entries' names
  std::size_t bytes_ = 0;
  std::uint64_t versions_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace starling

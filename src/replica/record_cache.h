#pragma once

// RecordCache: the decoded records that the loop has at hand, by store key. It is two things in one
// structure: a cache (least recently used goes first, bounded in bytes) and the overlay of what is
// written but not through yet (pinned: never evicted, because the engine would still answer with
// the old state). The pinned part is bounded by the engine's queue, not here.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "env/storage_engine.h"
#include "replica/record_codec.h"

namespace starling {

class RecordCache {
 public:
  struct Entry;
  // In key order. The views are the entries' own keys.
  using Pinned = std::map<std::string_view, const Entry*>;
  struct Entry {
    std::string store_key;
    StoredRecord stored;
    CommitTicket ticket;                          // of the newest commit; 0: through
    CommitDemand demand = CommitDemand::Written;  // what the newest commit is known to satisfy
    std::size_t bytes = 0;                        // as counted against the bound
    // What `stored` adds to the sum of its Merkle leaf, once somebody asked: two hashes of all its
    // siblings a write would be half wasted, for what this write adds is what the next takes away.
    std::optional<Hash128> contribution;
    // The cache's own: where it is in its list and, while it has a ticket, among the pinned. Among
    // a hundred thousand records a look-up meets cold memory, and one a request is enough.
    std::list<Entry>::iterator place{};
    Pinned::iterator pinned_place{};
  };
  // How often the loop had at hand what was asked for, and how often not.
  struct Lookups {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

  explicit RecordCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The entry of `store_key`, now the most recently used, or nothing. It stays valid until the next
  // insert, and longer while it is pinned.
  [[nodiscard]] Entry* find(std::string_view store_key);
  // REQUIRES: the key is not in here.
  Entry& insert(std::string store_key, StoredRecord stored, CommitDemand satisfied);
  // Says that `entry` was changed and that `ticket` carries the change.
  // REQUIRES: tickets ascend over the calls; several entries may have one.
  void pin(Entry& entry, CommitTicket ticket, CommitDemand demand);
  // Unpins what is through.
  void on_committed(CommitTicket through);
  // Forgets everything, pinned or not: the engine lost what it had not committed, or was opened
  // again.
  void clear();

  [[nodiscard]] const Pinned& pinned() const { return pinned_keys_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const Lookups& lookups() const { return lookups_; }
  [[nodiscard]] std::size_t size() const { return index_.size(); }

  void check_invariants() const;

 private:
  void evict();

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Lookups lookups_;
  std::list<Entry> recent_;  // not pinned; front: most recently used
  std::list<Entry> pinned_;
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // never iterated
  Pinned pinned_keys_;
  // Commits, oldest first. Their entries are pinned, so they stay where they are.
  std::deque<std::pair<CommitTicket, std::list<Entry>::iterator>> waiting_;
};

}  // namespace starling

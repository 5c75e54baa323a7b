#pragma once

// DamageLedger: the places of one store that can not be read and are not mended yet. Each is told
// once, counts once, and is handed out once to whoever mends. A place is a record; where a walk
// could not even come to the next one, it is the gap behind the last.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "env/storage_engine.h"

namespace starling {

class DamageLedger {
 public:
  // A store with more bad places than this is not worth mending one by one: is_full().
  static constexpr std::size_t kPlacesMax = 1024;

  // A place was met that can not be read. Returns whether that is news: beyond the bound it always
  // is.
  bool note_record(std::string_view store_key);
  bool note_gap(std::string_view behind);

  // A record that is in here was written anew: it is sound once that is durable, and news again
  // when it never will be.
  void note_rewrite(std::string_view store_key, CommitTicket ticket);
  void on_committed(CommitTicket through);
  void forget_uncommitted();
  // The record is nobody's business here any more, sound or not. Nothing happens when it was not in
  // here, as below.
  void drop_record(std::string_view store_key);
  // These places are sound again, in [from, to).
  void forget_gaps(std::string_view from, std::string_view to);

  // The records noted since the last call, by store key, in the order in which they were met.
  [[nodiscard]] std::vector<std::string> take_new_records();

  [[nodiscard]] bool holds(std::string_view store_key) const {
    return records_.contains(store_key);
  }
  [[nodiscard]] bool is_full() const { return full_; }
  [[nodiscard]] std::size_t places() const { return records_.size() + gaps_.size(); }
  // Places that were ever met, and those of them that became sound again.
  [[nodiscard]] std::uint64_t met() const { return met_; }
  [[nodiscard]] std::uint64_t mended() const { return mended_; }

 private:
  struct Rewrite {
    CommitTicket ticket;
    std::string store_key;
  };
  [[nodiscard]] bool has_room();

  std::set<std::string, std::less<>> records_;
  std::set<std::string, std::less<>> gaps_;
  std::vector<std::string> new_records_;  // at most kPlacesMax: each is in records_ as well
  std::deque<Rewrite> rewrites_;          // in the order of their tickets; each is in records_
  std::uint64_t met_ = 0;
  std::uint64_t mended_ = 0;
  bool full_ = false;
};

}  // namespace starling

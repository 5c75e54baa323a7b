#include "replica/repair_reads.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "repair/merkle_answers.h"
#include "repair/merkle_leaf.h"
#include "replica/key_layout.h"
#include "replica/record_walk.h"
#include "replica/replica_store.h"
#include "ring/token.h"

namespace starling {
namespace {

// Codecs check no more tables than a few thousand a message: a sibling is one, a record two.
constexpr std::size_t kTablesMax = kRecordSiblingsMax - 500;
constexpr std::size_t kTablesOfARecord = 2;

// One answer in the making.
class Fetch {
 public:
  Fetch(ReplicaStore& store, PartitionId partition) : store_(store), partition_(partition) {}

  // Whether there was room: a token is answered in whole or not at all, and the first one always.
  [[nodiscard]] Result<bool> add(Token token);
  [[nodiscard]] FetchedRecords take() && { return std::move(fetched_); }

 private:
  [[nodiscard]] Result<std::vector<KeyAddress>> keys_of(Token token, bool& readable);

  ReplicaStore& store_;
  PartitionId partition_;
  FetchedRecords fetched_;
  std::size_t bytes_ = 0;
  std::size_t tables_ = 0;
};

Result<std::vector<KeyAddress>> Fetch::keys_of(Token token, bool& readable) {
  std::vector<KeyAddress> keys;
  std::uint32_t unreadable = 0;
  STARLING_RETURN_IF_ERROR(store_.visit_tokens(
      partition_, {.first = token, .last = token},
      [&](const WalkedRecord& walked) {
        keys.push_back(walked.key.address);
        return true;
      },
      unreadable));
  readable = unreadable == 0;
  return keys;
}

Result<bool> Fetch::add(Token token) {
  bool readable = true;
  STARLING_ASSIGN_OR_RETURN(listed, const std::vector<KeyAddress> keys, keys_of(token, readable));
  std::vector<KeyedRecord> records;
  std::size_t bytes = 0;
  std::size_t tables = 0;
  for (const KeyAddress& address : keys) {
    const Result<ReplicaStore::View> view =
        store_.read({.partition = partition_, .token = token, .address = address});
    if (!view.ok()) {
      if (view.status().code() == StatusCode::DiskFull) return view.status();
      readable = false;
      continue;
    }
    readable = readable && fits_a_message(*view->versions);
    bytes += message_bytes_of(*view->versions);
    tables += kTablesOfARecord + view->versions->siblings().size();
    fetched_.fence = view->fence;
    fetched_.durable_at = std::max(fetched_.durable_at, view->durable_at);
    records.push_back({.token = token, .address = address, .versions = *view->versions});
  }
  const bool is_first = fetched_.tokens_answered == 0;
  const bool fits = bytes_ + bytes <= kFetchedBytesMax && tables_ + tables <= kTablesMax;
  // Several keys with one token are rare beyond measure; all of them together must travel.
  readable = readable && bytes <= kRecordBytesMax && tables <= kRecordSiblingsMax;
  if (!readable) {
    fetched_.unreadable.push_back(token);
  } else if (!is_first && !fits) {
    return false;
  } else {
    bytes_ += bytes;
    tables_ += tables;
    for (KeyedRecord& record : records) fetched_.records.push_back(std::move(record));
  }
  ++fetched_.tokens_answered;
  return true;
}

}  // namespace

Result<KeyListing> list_keys(ReplicaStore& store, PartitionId partition,
                             const std::vector<TokenRange>& ranges, std::uint32_t entries_max,
                             std::uint32_t visited_max) {
  STARLING_CHECK(entries_max > 0 && visited_max > 0);
  KeyListing listing;
  std::optional<Token> last;
  for (const TokenRange& range : ranges) {
    std::uint32_t unreadable = 0;
    STARLING_RETURN_IF_ERROR(store.visit_tokens(
        partition, range,
        [&](const WalkedRecord& walked) {
          const Token token = walked.key.token;
          const bool full = listing.entries.size() >= entries_max || listing.visited >= visited_max;
          // Between two tokens, so that whoever goes on behind it misses none.
          if (full && last.has_value() && token != *last) {
            listing.stopped_at = last;
            return false;
          }
          last = token;
          ++listing.visited;
          const Hash128 contribution =
              contribution_of(walked.key.address, walked.versions, store.trees().seed());
          if (contribution == Hash128{}) return true;
          listing.entries.push_back(key_digest_of(token, contribution));
          listing.durable_at = std::max(listing.durable_at, walked.durable_at);
          return true;
        },
        unreadable));
    if (listing.stopped_at.has_value()) break;
  }
  std::sort(listing.entries.begin(), listing.entries.end());
  return listing;
}

Result<FetchedRecords> fetch_records(ReplicaStore& store, PartitionId partition,
                                     const std::vector<Token>& tokens) {
  STARLING_CHECK(!tokens.empty());
  Fetch fetch(store, partition);
  for (const Token token : tokens) {
    STARLING_ASSIGN_OR_RETURN(added, const bool had_room, fetch.add(token));
    if (!had_room) break;
  }
  return std::move(fetch).take();
}

}  // namespace starling

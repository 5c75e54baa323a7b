#pragma once

// ReplayMemory: which dot a request was given, for as long as the request can still come again. A
// replayed put is answered with the dot that it has, so one request is one write; a second mint
// could bring back a value that was deleted in between. It dies with the process: a client must not
// replay to another minter on its own.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/replica_store.h"
#include "version/dot.h"

namespace starling {

struct ReplayMemoryOptions {
  // No request lives longer than its timeout; twice that leaves room for clocks that stood still.
  Duration age_max = 2 * kTimeoutMax;
  // About 200 bytes each. Beyond it the oldest goes early, and its replay would be a second write:
  // better than refusing everybody's. The bound is reached above some 1700 mints a second at one
  // node (entries_max / age_max); from then on a replay is recognised only as long as the memory
  // reaches back, e.g. for 20 s at 10 000 mints a second. Such evictions are counted.
  std::size_t entries_max = 200'000;
};

class ReplayMemory {
 public:
  // What identifies a put besides its request: key, kind, value and context.
  struct Fingerprint {
    Hash128 value;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };
  [[nodiscard]] static Fingerprint fingerprint_of(const PutCommand& put);

  explicit ReplayMemory(ReplayMemoryOptions options) : options_(options) {}

  // The outcome that `put` had when it was minted under the same request id, rebuilt from the put
  // itself; nothing: it is not a replay. The ticket may be long through.
  // Errors: Usage  the id was used for another put.
  [[nodiscard]] Result<std::optional<ReplicaStore::MintOutcome>> find(const PutCommand& put) const;

  // Remembers what became of a put. `fingerprint`: of the put before it was minted. Requests
  // without an id (all zero) are not remembered.
  void remember(Instant now, const RequestId& request, const Fingerprint& fingerprint,
                const ReplicaStore::MintOutcome& outcome);

  // Forgets what is too old.
  void expire(Instant now);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Requests forgotten before their time since the process began.
  [[nodiscard]] std::uint64_t early_evictions() const { return early_evictions_; }

 private:
  struct Remembered {
    Fingerprint fingerprint;
    Dot dot;
    WallTime modified;
    CommitTicket ticket;
    FenceStamp fence;
    std::uint32_t live_siblings = 0;
  };

  void forget_oldest();

  ReplayMemoryOptions options_;
  std::map<RequestId, Remembered> entries_;
  std::deque<std::pair<Instant, RequestId>> by_age_;
  std::uint64_t early_evictions_ = 0;
};

}  // namespace starling

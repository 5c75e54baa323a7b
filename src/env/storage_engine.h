#pragma once

// StorageEngine: an ordered map of bytes with group commit. Reads happen at once, on the caller's
// thread; writes are queued, and become durable in the order in which they were queued, many with
// one sync. The replica keeps what is queued in its own overlay, so a read here need not see it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"

namespace starling {

// Counts the commits of one engine, from 1.
using CommitTicket = Id<struct CommitTicketTag>;

enum class CommitDemand : std::uint8_t {
  Written = 0,  // handed to the operating system
  Synced = 1,   // on the disk
};

// How long ago the batch of a commit was taken up, until which it was queued, and was done.
struct CommitTiming {
  Duration begun_ago{};
  std::optional<Duration> done_ago;  // nothing: it is being written
};

struct StorageWrite {
  std::string key;
  std::optional<std::string> value;  // nothing: erase
  friend bool operator==(const StorageWrite&, const StorageWrite&) = default;
};

class StorageEngine {
 public:
  // Gets one entry; returns whether to go on. The views live until it returns.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  StorageEngine() = default;
  StorageEngine(const StorageEngine&) = delete;
  StorageEngine& operator=(const StorageEngine&) = delete;
  StorageEngine(StorageEngine&&) = delete;
  StorageEngine& operator=(StorageEngine&&) = delete;
  virtual ~StorageEngine() = default;

  // Nothing: no such key. Never instead of Corruption: the bytes could not be read or fail their
  // checksum; or of DiskFull: the store is closed until there is space. Likewise in scan().
  [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view key) = 0;

  // Visits the entries of [from, to) in ascending order. Corruption: the scan met unreadable bytes,
  // and what was visited is not all.
  [[nodiscard]] virtual Status scan(std::string_view from, std::string_view to,
                                    const Visitor& visit) = 0;

  // Queues one atomic batch. Completions come through the host, in order, as Node::on_committed
  // with the greatest ticket that is through; a batch that demands Synced was itself synced. The
  // first error is final: nothing that was queued behind it is written.
  virtual CommitTicket commit(std::vector<StorageWrite> batch, CommitDemand demand) = 0;

  // Writes and syncs one batch before returning. Only while nothing is queued (start of a node).
  [[nodiscard]] virtual Status commit_now(std::vector<StorageWrite> batch) = 0;

  // Bytes queued and not yet complete: what admission looks at.
  [[nodiscard]] virtual std::uint64_t queued_bytes() const = 0;

  // Of a commit under way, or complete since just now; nothing: it is queued, or is among those of
  // long ago, or the engine does not know.
  [[nodiscard]] virtual std::optional<CommitTiming> timing_of(CommitTicket /*ticket*/) const {
    return std::nullopt;
  }
};

}  // namespace starling

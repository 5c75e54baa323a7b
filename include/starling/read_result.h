#pragma once

// What reads and writes return. A key may hold several values at once: writes that did not know of
// each other are all kept, as siblings, until somebody who has seen them writes with their context
// (Dynamo, section 4.4).

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "starling/options.h"
#include "starling/trace.h"

namespace starling {

// How many replicas had to answer, did, and are of the key's own rather than stand-ins.
struct Replies {
  std::uint32_t required = 0;
  std::uint32_t received = 0;
  std::uint32_t primaries = 0;
  friend bool operator==(const Replies&, const Replies&) = default;
};

// One of the values that a key holds.
struct SiblingValue {
  std::string value;
  std::string content_type;  // as it was written; may be empty
  // When, by the clock of the node that took the write. For people: it orders nothing.
  std::chrono::sys_time<std::chrono::milliseconds> modified;
  std::string dot;  // names the write; equal dots are the same write
  friend bool operator==(const SiblingValue&, const SiblingValue&) = default;
};

struct ReadResult {
  // Live values. None: the key is absent or deleted. Several: the reader decides what they amount
  // to, and writes that with `context`.
  std::vector<SiblingValue> siblings;
  // What this read saw. Opaque; give it to the write or delete that follows from the read, or to a
  // later read that must not see less. Empty when the key was never seen.
  std::string context;
  Level level;  // at which this was read
  Replies replies;
  std::uint32_t repaired =
      0;  // replicas that lagged, and were brought up to date before this answer
  bool protected_read = false;  // a later read at this level can not see less
  Trace trace{};                // where ReadOptions::trace asked for it
  [[nodiscard]] bool found() const { return !siblings.empty(); }
  friend bool operator==(const ReadResult&, const ReadResult&) = default;
};

struct WriteResult {
  // The request's context with this write added: enough to write again without a read. Values of
  // others that this client never read stay siblings then.
  std::string context;
  // Live values of the key after this write, where it was taken: more than 1 is a conflict to
  // solve.
  std::uint32_t siblings = 0;
  Level level;
  Replies replies;
  Trace trace{};  // where WriteOptions::trace asked for it
  friend bool operator==(const WriteResult&, const WriteResult&) = default;
};

struct KeyPage {
  std::vector<std::string> keys;
  // For the next page, in KeysOptions; empty: that was all.
  std::string cursor;
  friend bool operator==(const KeyPage&, const KeyPage&) = default;
};

}  // namespace starling

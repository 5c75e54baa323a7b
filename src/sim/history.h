#pragma once

// History: every request of every client, as the client saw it: when it began and ended, what was
// asked, what came back. It is the black box's side of the truth; the checkers read it when the run
// is over. Requests are never repeated: each attempt is an event of its own.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "sim/write_set.h"
#include "version/vector_clock.h"

namespace starling::sim {

enum class OperationKind : std::uint8_t { Put, Delete, Get, Keys };

enum class Outcome : std::uint8_t {
  Pending,       // no answer yet
  Acknowledged,  // success; for a read: answered
  NotApplied,    // an error that promises that nothing was applied
  InDoubt,
  Disconnected,  // the connection went away first: anything may have happened
};

// What a client holds after an answer: the opaque context, and which writes it stands for as far as
// that client could see.
struct HeldContext {
  std::string text;   // empty: none
  VectorClock clock;  // what the text decodes to: for the checkers only, clients can not look
  WriteSet seen;
};

struct Operation {
  std::uint32_t number = 0;
  std::uint32_t client = 0;
  std::uint32_t node = 0;  // that was asked
  OperationKind kind = OperationKind::Get;
  std::uint32_t key = 0;
  Instant begun;
  Instant asked;  // when the last message of it was sent; a listing takes several
  Instant ended;
  Duration deadline{};
  bool excused = false;  // its node was stopped for a while: an answer may be late
  Outcome outcome = Outcome::Pending;
  Status status;

  std::uint32_t required = 0;  // copies or answers, resolved against N
  std::uint32_t synced_required = 0;
  bool sloppy = false;  // stand-ins may count
  bool traced = false;  // the answer tells what happened
  HeldContext context;  // that went with the request

  // Writes.
  std::uint32_t write = WriteSet::kNoWrite;

  // Answers. For a read `returned` holds the values' writes in the order of the answer.
  std::vector<std::uint32_t> returned;
  VectorClock clock;  // decoded from the context that came back
  bool protected_read = false;
  std::vector<std::string> listed;  // keys

  [[nodiscard]] bool is_write() const {
    return kind == OperationKind::Put || kind == OperationKind::Delete;
  }
  [[nodiscard]] bool succeeded() const { return outcome == Outcome::Acknowledged; }
};

// One write of one key: `operation` is its index in History::operations.
struct WriteRecord {
  std::uint32_t operation = 0;
  bool is_delete = false;
  std::uint64_t value_hash = 0;  // puts: tells which write a stored sibling is
  // Everything that the writing client had been returned when it wrote, and the write itself.
  WriteSet history;
};

// From when on the row of a key had so many slots to read in some configuration that a node works
// by.
struct RowWidth {
  Instant since;
  std::uint32_t slots = 0;
};

struct KeyRecord {
  KeyAddress address;
  std::vector<WriteRecord> writes;
  // Each wider than the one before it, and than History::replicas.
  std::vector<RowWidth> widths = {};
  // The row of the newest configuration that a node works by; empty before the first.
  SlotRow row = {};
  RowVersion row_version = {};
  // When a node was first left behind: out of the row, and working by a version of before the last
  // one that named it. So a fence took the place of its word.
  std::optional<Instant> left_behind = {};
};

struct History {
  std::uint32_t replicas = 0;  // N in force at first; no row gets narrower
  std::vector<KeyRecord> keys;
  std::vector<Operation> operations;

  // The row of a key has so many slots from now on.
  void note_width(std::uint32_t key, std::uint32_t slots, Instant now);
  // The rows of all keys are those from now on. `ring` is any of the cluster's; `adopted` says what
  // a node works by.
  using AdoptedBy = std::function<Epoch(NodeId node)>;
  void note_rows(const Configuration& configuration, const Ring& ring, const AdoptedBy& adopted,
                 Instant now);
  // The greatest N of the key up to then: numbers of replicas that add up to more overlap.
  [[nodiscard]] std::uint32_t replicas_until(std::uint32_t key, Instant until) const;
  // Whether a read that ended then is promised to see what was written before it, where R + W > N:
  // a fence is N - R + 1 slots for R a majority, so one that asks fewer may hear from the fenced.
  [[nodiscard]] bool promises_freshness(std::uint32_t key, std::uint32_t required,
                                        Instant until) const;
};

// "put w7", "get at 2": for timelines.
[[nodiscard]] std::string describe_request(const Operation& operation);
[[nodiscard]] std::string describe_answer(const Operation& operation);

}  // namespace starling::sim

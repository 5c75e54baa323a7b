#pragma once

// FillStream: one sink reads the whole of a partition from one source, page by page, in the order
// of the tokens. A machine: the driver (node/fill_service.h) sends its questions, merges the pages
// and makes them durable, and tells it so.
//
//   State    Leaves it when                                   For
//   Resting  the pause is over, and the driver may ask        Asking
//   Asking   the page comes                                   Storing
//            a refusal comes, or nothing in time              Resting, longer each time
//   Storing  the page and the cursor behind it are durable    Resting (no pause), or Complete
//            something of it could not be stored              Resting
//   Complete -
//
// Why no snapshot is needed: the source answers only at a row version that it has adopted durably
// (node/fill_desk.h). Take any record that it held when it adopted. It was durable then, since
// commits are done in the order in which they were queued and the adoption came behind it. Records
// only grow, and none goes away. So when the walk passes the record's token, later, the page has
// what was held at the adoption or more: and the pages together have all of it, whatever happens
// between two of them. Hence also a crash of either side costs nothing but the page under way. A
// source with another disk promised nothing, and a later state of the slot may ask for a later
// moment: both begin at the first token.

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "message/fill_messages.h"
#include "ring/token.h"

namespace starling {

// How far a filling is, as it is kept on disk.
struct FillProgress {
  PartitionId partition;
  NodeId source;
  StoreId source_store;
  Epoch epoch;                   // that the source had adopted before the first page
  std::optional<Token> through;  // all up to here is durable; nothing: no page is yet
  bool complete = false;         // all of the partition is
  friend bool operator==(const FillProgress&, const FillProgress&) = default;
};

class FillStream {
 public:
  struct Times {
    Duration patience = std::chrono::seconds(3);  // for one page
    // After a failure; doubled with each further one.
    Duration pause_first = std::chrono::milliseconds(200);
    Duration pause_most = std::chrono::seconds(10);
    // A refused source says when; no longer than that.
    Duration busy_most = std::chrono::seconds(5);
  };
  enum class State : std::uint8_t { Resting, Asking, Storing, Complete };
  // What the driver does with what came.
  enum class Use : std::uint8_t {
    Ignore,   // late, doubled, or of another question
    Merge,    // merge the records, make them and after(page) durable, then on_stored()
    Refused,  // nothing came; it rests
  };

  FillStream(const FillProgress& durable, Times times, Instant now);

  // Whether a question may be asked now.
  [[nodiscard]] bool is_due(Instant now) const { return state_ == State::Resting && now >= wake_; }
  // REQUIRES: is_due(). The question is for the records behind durable().through.
  void on_asked(OperationId operation, Instant now);
  // REQUIRES: `page` is of this stream's source, and its records were checked by the driver.
  [[nodiscard]] Use on_page(const FillPage& page, Instant now);
  // Of the page that is being stored there was room for the records up to `through` only: the rest
  // is asked for again.
  // REQUIRES: Storing.
  void cut_short(Token through);
  // What is durable once the page that is being stored is.
  [[nodiscard]] const FillProgress& storing() const { return storing_; }
  // REQUIRES: Storing.
  void on_stored(Instant now);
  // What was being stored may be lost, or the page was of no use: it is asked for again.
  void on_failed(Instant now);
  void on_timer(Instant now);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const FillProgress& durable() const { return durable_; }
  // Of the question that waits for its answer.
  [[nodiscard]] OperationId operation() const { return operation_; }
  // When is_due() becomes true, or the answer is late.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Failures in a row.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }
  void check_invariants() const;

 private:
  void rest(Duration pause, Instant now);

  FillProgress durable_;
  FillProgress storing_;
  Times times_;
  State state_;
  OperationId operation_;
  Instant wake_;
  std::uint32_t failures_ = 0;
};

}  // namespace starling

#pragma once

// Mender: puts right what this node's store can not read, from the other replicas, without anybody
// asking for it. A place that the store met waits for as long as any request may still be under
// way: an acknowledgement that this replica gave for the lost record may be late, and until it has
// counted, the others need not hold what it acknowledged. Then the record is read from all the
// other slots, merged, and written over the damaged one, under a new incarnation.
//
//   Resting     until the wait is over, or until the next attempt
//   Asking      the others are being read
//   Unsupplied  all others answered and none has anything: it stays damaged and reported, since
//               writing "nothing" over it would turn damage into absence; asked again now and then

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "node/cluster_view.h"
#include "node/coordinator.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"

namespace starling {

class Mender {
 public:
  Mender(ReplicaStore& store, Coordinator& coordinator, const ClusterView& cluster, Log& log);

  // Takes over what the store met since the last call.
  void collect(Instant now);
  // Begins what is due.
  void on_timer(Instant now);
  // What the others hold of a record, or why they could not say.
  void on_answer(const MendAnswer& answer, Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] DamageCounts counts() const;

 private:
  enum class State : std::uint8_t { Resting, Asking, Unsupplied };
  struct Place {
    RecordKey record;
    Instant due;
    State state = State::Resting;
    bool told = false;           // that nobody can supply it
    std::uint32_t attempts = 0;  // that failed
  };
  // By number, in the order in which they were met. At most DamageLedger::kPlacesMax.
  using Places = std::map<std::uint64_t, Place>;

  void ask(std::uint64_t number, Place& place, Instant now);
  void note_failure(Place& place, const AnswerError& answer);
  void mend(Places::iterator place, const SiblingSet& versions, Instant now);
  void leave_unsupplied(Place& place, Instant now);

  ReplicaStore& store_;
  Coordinator& coordinator_;
  const ClusterView& cluster_;
  Log& log_;
  Places places_;
  std::uint64_t numbers_ = 0;
  std::size_t asking_ = 0;
};

}  // namespace starling

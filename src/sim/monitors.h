#pragma once

// Monitors: what must hold at every moment, watched from inside while the run goes on (the white
// box; the checkers judge the black box afterwards):
//   - an acknowledgement leaves a node only when its disk holds what was acknowledged (INV-13);
//   - a replica answers at least what its disk holds: an error is never an absence (INV-14);
//   - a stored record only grows (INV-4), and is removed only where the node stores it no more;
//   - a store that is opened again holds what was synced to it;
//   - a replica does what a request asks only at the row version that the request names (INV-8);
//   - a success at W names W copies, hints that count among them;
//   - hints: see hint_monitor.h; configurations: see epoch_monitor.h; fillings: see
//     fill_monitor.h; opinions of each other: see detector_monitor.h.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "replica/record_codec.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "sim/detector_monitor.h"
#include "sim/epoch_monitor.h"
#include "sim/fill_monitor.h"
#include "sim/hint_monitor.h"
#include "sim/history.h"
#include "sim/mark_board.h"
#include "sim/member_view.h"
#include "sim/repair_monitor.h"
#include "sim/violation.h"
#include "sim/witness.h"

namespace starling::sim {

class Monitors {
 public:
  using Cluster = MemberView;
  // What this run promises less of.
  struct Allowance {
    bool acknowledged_may_be_lost = false;
    std::uint32_t disks_destroyed = 0;
    std::uint64_t hint_bytes_max = std::uint64_t{1} << 30U;
  };

  Monitors(const Cluster& cluster, const History& history, Witness& witness, MarkBoard& marks,
           Allowance allowance);

  void on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message);
  void on_peer_message(std::uint32_t node, std::uint32_t from, const PeerMessage& message);
  void on_adopted(std::uint32_t node, const Configuration& configuration) {
    epochs_.on_adopted(node, configuration);
    fills_.on_adopted(node, configuration);
  }
  // One group of commits, about to be written as one.
  void on_group(std::uint32_t node, const std::vector<std::vector<StorageWrite>>& group);
  // The store that `node` opened lacks what it had promised to keep.
  void on_store_lied(std::uint32_t node, const std::string& how);
  // The node met a place in its store that it can not read, and that it did not know of.
  void on_damage_noticed(std::uint32_t node, Instant now);
  // Before a success leaves the node; `clock` is what its context says.
  void on_put_reply(const Operation& operation, const VectorClock& clock);

  // The key of the history that an address names; nothing for one that no client uses.
  [[nodiscard]] std::optional<std::uint32_t> key_of(const KeyAddress& address) const;
  // What `bytes` on a disk say about a key, values left out.
  [[nodiscard]] static std::optional<SiblingSet> versions_in(std::string_view store_key,
                                                             std::string_view bytes);
  [[nodiscard]] const std::string& store_key_of(std::uint32_t key) const {
    return store_keys_.at(key);
  }

  // As in detector_monitor.h.
  void on_disturbance(Instant until) { detectors_.on_disturbance(until); }
  void on_conviction(std::uint32_t node, Instant now) { detectors_.on_conviction(node, now); }

  // Those about hints included.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] const HintMonitor& hints() const { return hints_; }
  [[nodiscard]] const EpochMonitor& epochs() const { return epochs_; }
  [[nodiscard]] const RepairMonitor& repairs() const { return repairs_; }
  [[nodiscard]] const FillMonitor& fills() const { return fills_; }
  [[nodiscard]] const DetectorMonitor& detectors() const { return detectors_; }

 private:
  // Who asked whom, in which operation.
  struct Question {
    std::uint32_t replica = 0;
    std::uint32_t coordinator = 0;
    OperationId operation;
    friend auto operator<=>(const Question&, const Question&) = default;
  };
  struct Asked {
    std::uint32_t key = 0;
    PartitionId partition;
    RowVersion wanted;    // by the request
    RowVersion row_then;  // the replica's when it was asked
    VectorClock clock;    // writes: what was to be stored; reads: what was on the disk
    bool must_sync = false;
  };

  void note_write(std::uint32_t node, std::uint32_t from, const ReplicaWrite& write);
  void note_read(std::uint32_t node, std::uint32_t from, const ReplicaRead& read);
  void check_write_reply(const Question& question, const ReplicaWriteReply& reply);
  void check_read_reply(const Question& question, const ReplicaReadReply& reply);
  void check_incarnation(std::uint32_t node, std::uint32_t key, const SiblingSet& delta);
  void check_counts(const Question& question, std::uint32_t key);
  void check_row(const Question& question, const std::vector<Asked>& asked);
  void check_write(std::uint32_t node, const StorageWrite& write,
                   std::map<std::uint32_t, VectorClock>& newest);
  void check_removal(std::uint32_t node, PartitionId partition, std::uint32_t key);
  void mark(const PeerMessage& message);
  void mark_outcome(ReplicaOutcome outcome);
  [[nodiscard]] VectorClock clock_on(std::uint32_t node, std::uint32_t key, bool durable) const;
  // Its bytes changed behind the node's back.
  [[nodiscard]] bool is_rotten_on(std::uint32_t node, std::uint32_t key) const;
  [[nodiscard]] HintMonitor::Records records();
  void take_over_hint_violations();
  [[nodiscard]] bool holds(std::uint32_t node, const Operation& operation, const VectorClock& clock,
                           bool durable) const;
  [[nodiscard]] RowVersion row_of(std::uint32_t node, PartitionId partition) const;
  void accuse(const char* checker, std::uint32_t key, std::string text);

  const Cluster& cluster_;
  const History& history_;
  Witness& witness_;
  MarkBoard& marks_;
  Allowance allowance_;
  std::map<KeyAddress, std::uint32_t> keys_;
  std::vector<std::string> store_keys_;
  std::map<Question, std::vector<Asked>> writes_;
  std::map<Question, Asked> reads_;
  std::map<Incarnation, std::uint32_t> minters_;  // every incarnation that minted, and its node
  std::map<Incarnation, Instant> spent_;          // since when it must mint no more
  std::vector<Violation> violations_;
  EpochMonitor epochs_;
  DetectorMonitor detectors_;
  RepairMonitor repairs_;
  FillMonitor fills_;
  HintMonitor hints_;
  std::size_t hint_violations_ = 0;  // of those in hints_, how many are in here as well
};

}  // namespace starling::sim

#pragma once

// HintDelivery: brings the hints for one home to it, from the moment it can be reached. The home
// sets the pace: each of its answers says how many hints it would take at once. A hint is deleted
// only when the home says that it has it on disk; whatever is lost, repeated or crashes before that
// is sent again, which merging does not mind.
//
//   Away       -> Delivering  the home can be reached
//   Delivering -> Away        it can not
//   Delivering -> Paused      it is busy, or its row is another: go on when the timer says so
//   Paused     -> Delivering
//
// A hint: to be loaded -> (a note: our own record to be read) -> sent -> acknowledged: deleted
//                                                                     -> stale: see judge_stale
//                                                                     -> unfit: stuck for a while
//                                                                     -> silence: sent again

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "handoff/hint_ledger.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {

// Answered by on_loaded.
struct LoadHint {
  HintKey key;
};
// For a note; answered by on_own_record.
struct ReadNotedRecord {
  HintKey key;
  KeyAddress address;
};
// Answered by on_reply, or never.
struct SendHint {
  OperationId operation;
  HintKey key;  // slot and partition say whom it is for, whoever owns that by now
  KeyAddress address;
  SiblingSet versions;
  FenceStamp fence;
};
// From the store and the ledger.
struct DeleteHint {
  HintKey key;
};
// What was reaped in the partition since; answered by on_fence.
struct PullFence {
  HintKey key;
  FenceStamp since;
};
// It stays where it is and speaks against reaping; its partition should be repaired soon. It is
// tried again after a while, for damage may be mended.
struct ReportStuckHint {
  HintKey key;
};
struct ArmHintTimer {
  Instant at;
};

using HintAction = std::variant<LoadHint, ReadNotedRecord, SendHint, DeleteHint, PullFence,
                                ReportStuckHint, ArmHintTimer>;
using HintActions = std::vector<HintAction>;

struct PulledFence {
  Token token;       // of the hint's key
  FenceStamp fence;  // of who answered
  // All that was reaped from PullFence::since up to `fence`, or nothing where that is not known.
  std::optional<std::vector<FenceGeneration>> missed;
};

enum class StaleVerdict : std::uint8_t {
  Superseded = 0,  // the key was reaped since: all agreed to forget what the hint says
  SendAgain = 1,   // it was not: the hint may travel under the newer fence
  Unknown = 2,     // what was reaped is no longer known: keep it
};
// `missed`: all that was reaped after `stamp`, or nothing where that is not known.
[[nodiscard]] StaleVerdict judge_stale(FenceStamp stamp, Token key,
                                       const std::optional<std::vector<FenceGeneration>>& missed);

class HintDelivery {
 public:
  // The mistake that tests must find.
  enum class Forgetting : std::uint8_t { OnAcknowledgement, OnSending };

  struct Options {
    std::size_t window_max = 64;                        // hints under way
    std::uint64_t bytes_max = std::uint64_t{4} << 20U;  // of their values
    Duration patience = std::chrono::seconds(2);        // for an answer
    Duration pause_min = std::chrono::milliseconds(100);
    Duration pause_max = std::chrono::seconds(5);
    Duration stuck_pause = std::chrono::seconds(10);  // until what was stuck is tried again
    std::uint64_t first_operation = 1;                // ids count up from here; never used twice
    Forgetting forgetting = Forgetting::OnAcknowledgement;
  };

  explicit HintDelivery(Options options) : options_(options) {}

  // `slots`: those that the home owns; again whenever the ring changes.
  void on_home_up(const std::vector<HintSlot>& slots, const HintLedger& ledger, Instant now,
                  HintActions& out);
  void on_home_down();
  // A hint was taken for `slot`, which is one of its own.
  void on_hint_added(const HintSlot& slot, const HintLedger& ledger, Instant now, HintActions& out);
  // Nothing: it can not be read.
  void on_loaded(const HintKey& key, std::optional<Hint> hint, const HintLedger& ledger,
                 Instant now, HintActions& out);
  // Nothing: absent here, or reaped; there is nothing left to bring.
  void on_own_record(const HintKey& key, const std::optional<SiblingSet>& record, FenceStamp fence,
                     const HintLedger& ledger, Instant now, HintActions& out);
  // Not now: its own record, which a note speaks of, is damaged.
  void on_unreadable(const HintKey& key, const HintLedger& ledger, Instant now, HintActions& out);
  // `room`: how many hints the home would take at once.
  void on_reply(OperationId operation, HintOutcome outcome, std::uint32_t room,
                const HintLedger& ledger, Instant now, HintActions& out);
  void on_fence(const HintKey& key, const PulledFence& pulled, const HintLedger& ledger,
                Instant now, HintActions& out);
  // Of a DeleteHint: it had to be kept for another home as well, and could not. It is stuck, and
  // brought here once more.
  void on_not_deleted(const HintKey& key, Instant now, HintActions& out);
  void on_timer(const HintLedger& ledger, Instant now, HintActions& out);

  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  [[nodiscard]] std::size_t stuck() const { return stuck_.size(); }
  // Nothing of the home's slots is left in the ledger but what is stuck.
  [[nodiscard]] bool drained(const HintLedger& ledger) const;
  void check_invariants() const;

 private:
  enum class State : std::uint8_t { Away, Delivering, Paused };
  enum class Step : std::uint8_t { Loading, Reading, Sent, Pulling };
  struct UnderWay {
    Step step = Step::Loading;
    OperationId operation;
    Instant due;
    std::uint64_t bytes = 0;
    Hint hint;  // once loaded
  };

  void fill(const HintLedger& ledger, Instant now, HintActions& out);
  [[nodiscard]] std::optional<HintKey> next_key(const HintLedger& ledger);
  void send(const HintKey& key, UnderWay& hint, const SiblingSet& versions, FenceStamp fence,
            Instant now, HintActions& out);
  void forget(const HintKey& key, HintActions& out);
  void give_up(const HintKey& key, Instant now, HintActions& out);
  void set_aside(const HintKey& key, Instant now, HintActions& out);
  void go_back_to(const HintKey& key);
  void try_stuck_again(Instant now);
  void pause(Instant now, HintActions& out);
  void arm(Instant now, HintActions& out);
  [[nodiscard]] UnderWay* find(const HintKey& key, Step step);

  Options options_;
  State state_ = State::Away;
  std::map<HintSlot, std::uint64_t> cursors_;  // the last sequence that was taken up of each slot
  std::map<HintKey, UnderWay> under_way_;      // at most window_max
  std::map<OperationId, HintKey> operations_;  // those of Sent
  std::set<HintKey> forgotten_;                // deleted, until the ledger has heard of it
  std::set<HintKey> stuck_;                    // at most what the ledger holds
  Instant stuck_until_;                        // of those: when they are tried again
  std::uint64_t bytes_under_way_ = 0;
  std::size_t window_ = 1;
  Duration pause_{};
  Instant resume_at_;
  std::uint64_t operations_begun_ = 0;
};

}  // namespace starling

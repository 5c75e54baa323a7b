#pragma once

// The world in which the rules of reaping are searched for mistakes: one key, two homes A and B, a
// fallback C that keeps hints; one value, one delete (or one write that replaces it), one later
// blind put, one sloppy put, a few repairs and rounds of reaping, and A may lose its disk once. The
// product's own guards, fence, minter and sibling sets run in it; a ReapScheme says which rule is
// taken away.
//
// The network needs no state of its own: every message that was ever sent may arrive at any time,
// any number of times, or never. Beside what the product would store, the world knows the truth:
// which writes each client had read, and where each write was taken in.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/repair_messages.h"
#include "repair/fence.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {

// What happens to a put whose other home is out of reach.
enum class SloppyPut : std::uint8_t {
  None,
  HintForHome,    // minted at a home, C keeps the delta for the other
  FallbackMints,  // minted at C, kept there for both
};

// How a message with what C minted itself passes the fences of the homes.
enum class OwnMintRule : std::uint8_t {
  StampOfHolder,  // under the holder's fence when it was minted
  Exempt,         // always
};

// What a replica does that finds itself behind another's fence.
enum class CatchUpRule : std::uint8_t {
  Keep,          // keeps its records
  DropIfAbsent,  // drops a pure tombstone that the other did not have when it was asked
};

struct ReapScheme {
  std::string name;
  // Rules that can be taken away.
  bool on_grace_only = false;  // each home drops a tombstone by itself, some time later
  bool one_actor = false;      // the actor is used again after its record is gone
  bool fenced = true;
  bool holder_votes = true;
  bool holder_raises = true;
  bool bound_to_starts = true;
  bool rechecks_after_loss = true;  // what a node took in before it knew the fence
  OwnMintRule own_mints = OwnMintRule::StampOfHolder;
  CatchUpRule catch_up = CatchUpRule::Keep;
  // Bounds.
  bool compacts = false;  // a write replaces the value, and the clock is shortened
  bool later_put = true;
  SloppyPut sloppy = SloppyPut::None;
  bool disk_loss = false;
  std::size_t deletes_max = 1;
  std::size_t repairs_max = 1;
  std::size_t rounds_max = 1;
  std::size_t pulls_max = 1;         // a home
  std::size_t generations_max = 16;  // remembered by a fence
};

using ReapMask = std::uint8_t;  // a bit a write, or a bit a place

constexpr ReapMask bit(std::size_t index) {
  return static_cast<ReapMask>(1U << index);
}

constexpr ReapMask join(ReapMask left, ReapMask right) {
  return static_cast<ReapMask>(left | right);
}

inline constexpr std::uint8_t kHomeA = 0;
inline constexpr std::uint8_t kHomeB = 1;
inline constexpr std::uint8_t kHolderC = 2;

// The join. A record in which two values share a dot refuses the other; a store without that alarm
// keeps its own value, and so does the model, to count what is lost by it.
void merge_keeping_own(SiblingSet& own, const SiblingSet& other);
[[nodiscard]] ReapMask visible_in(const SiblingSet& versions);

struct ReapHome {
  Minter minter{Incarnation{}};
  ReplicaRecord record;
  FenceStamp stamp;  // of the oldest state in the record
  Fence fence;
  Incarnation other;  // the other home's start, as known here
  bool being_filled = false;
  ReapMask holds = 0;  // the writes whose effect is in the record
  std::size_t pulls = 0;
};

struct ReapWrite {
  SiblingSet delta;
  std::uint8_t origin = 0;
  FenceStamp stamp;
  bool hinted = false;
  ReapMask history = 0;  // the writes that its client had read
  ReapMask held_at = 0;  // places that took it in; a lost disk is none any more
};

// A hint, and at the same time the message by which it is delivered, which stays in the air.
struct ReapHint {
  std::uint8_t write = 0;
  std::uint8_t target = 0;
  FenceStamp stamp;
  bool exempt = false;
  bool kept = true;
};

// A whole record on its way, or the snapshot by which a lost disk is filled.
struct RecordInFlight {
  std::uint8_t target = 0;
  SiblingSet versions;
  FenceStamp stamp;
  ReapMask holds = 0;
};

struct FenceInFlight {
  FenceStamp stamp;
  std::optional<std::vector<FenceGeneration>> missed;
  bool absent = false;
};

struct ReapRoundState {
  ReapBatch batch;
  ReapMask votes = 0;
  ReapMask committed = 0;
};

enum class ReapVerb : std::uint8_t {
  Delete,
  LaterPut,
  SloppyPut,
  Delta,
  KeepHint,
  DeliverHint,
  SendRecord,
  DeliverRecord,
  StartRound,
  Vote,
  Commit,
  Grace,
  LoseDisk,
  AskToFill,
  Fill,
  AskFence,
  CatchUp,
};

// subject: the write, hint, record or round. place: where it happens.
struct WorldAction {
  ReapVerb verb = ReapVerb::Delete;
  std::uint8_t subject = 0;
  std::uint8_t place = 0;
};

class ReapWorld {
 public:
  explicit ReapWorld(const ReapScheme& scheme);

  [[nodiscard]] std::vector<WorldAction> possible_actions(const ReapScheme& scheme) const;
  void apply(const ReapScheme& scheme, const WorldAction& action);

  // Equal for worlds that can not be told apart from now on.
  [[nodiscard]] Hash128 fingerprint() const;
  // Whether both homes carried out the same round.
  [[nodiscard]] bool has_reaped() const;
  // If all that is on its way were lost, the hints delivered, and both homes exchanged records:
  // writes that are shown though somebody who had read them deleted or replaced them, and writes
  // that are not shown though nobody did.
  [[nodiscard]] ReapMask resurrected(const ReapScheme& scheme) const;
  [[nodiscard]] ReapMask lost(const ReapScheme& scheme) const;

 private:
  void add_writes(const ReapScheme& scheme, std::vector<WorldAction>& out) const;
  void add_messages(const ReapScheme& scheme, std::vector<WorldAction>& out) const;
  void add_rounds(const ReapScheme& scheme, std::vector<WorldAction>& out) const;
  void add_faults(const ReapScheme& scheme, std::vector<WorldAction>& out) const;

  void write(const ReapScheme& scheme, ReapVerb verb, std::size_t place);
  void mint_at_fallback(const ReapScheme& scheme);
  void keep_hint(std::uint8_t write);
  void deliver_hint(const ReapScheme& scheme, ReapHint& hint);
  void take_in(ReapHome& home, std::size_t place, const SiblingSet& versions, FenceStamp stamp,
               ReapMask holds);
  [[nodiscard]] std::optional<ReapCandidate> candidate_at(const ReapScheme& scheme,
                                                          std::size_t place) const;
  void start_round(const ReapScheme& scheme, std::size_t place);
  void vote(const ReapScheme& scheme, ReapRoundState& round, std::size_t place);
  void commit(const ReapScheme& scheme, ReapRoundState& round, std::size_t place);
  void lose_disk(const ReapScheme& scheme);
  void ask_to_fill();
  void fill(const ReapScheme& scheme, ReapHome& home) const;
  void ask_fence(std::size_t place);
  void catch_up(const ReapScheme& scheme, std::size_t place);

  [[nodiscard]] bool accepts(const ReapScheme& scheme, const ReapHome& home,
                             FenceStamp stamp) const;
  [[nodiscard]] bool is_news(const ReapHome& home, const SiblingSet& versions) const;
  [[nodiscard]] bool may_vote_or_commit(const ReapScheme& scheme, const ReapBatch& batch,
                                        std::size_t place) const;
  [[nodiscard]] ReapMask voters(const ReapScheme& scheme) const;
  [[nodiscard]] bool holds_hints() const;
  [[nodiscard]] SiblingSet final_record(const ReapScheme& scheme) const;
  [[nodiscard]] ReapMask final_visible(const ReapScheme& scheme) const;
  [[nodiscard]] ReapMask replaced() const;

  std::array<ReapHome, 2> homes_;
  Fence holder_fence_;
  Minter fallback_{Incarnation{}};
  std::vector<ReapWrite> writes_;
  std::vector<ReapHint> hints_;
  std::vector<RecordInFlight> records_;
  std::optional<RecordInFlight> filling_;
  Fence filling_fence_;
  std::array<std::optional<FenceInFlight>, 2> pulled_;
  std::vector<ReapRoundState> rounds_;
  std::size_t deletes_ = 0;
  bool put_later_ = false;
  bool put_sloppily_ = false;
  bool has_lost_disk_ = false;
};

}  // namespace starling

#pragma once

// OpinionBook: what a node believes of each other member, and what it tells about them. It holds no
// probes: FailureDetector says what was heard, this says what follows.
//
//   Suspect -> Up       anything heard from it; it was reached through others and no request doubts
//                       it; a rumour of a higher incarnation
//   Up      -> Suspect  a request went unanswered (doubt, told to nobody); a probe failed or a
//                       rumour says that one did (accusation)
//   Suspect -> Down     the time-out of the accusation passed, or a rumour says so
//   Up      -> Down     a rumour says so
//   Down    -> Up       anything heard from it, or a rumour of a higher incarnation
//
// A member begins as a doubted Suspect, for nothing was heard of it yet. A rumour counts only from
// the incarnation that is known upwards (SWIM, section 4.2), and not against what was heard from
// the member itself more recently than the rumour can be true. Whoever is accused is told so by
// each message to it (Lifeguard's buddy system), and contradicts with a higher incarnation.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/rumour_queue.h"
#include "membership/suspicion.h"
#include "membership/swim_actions.h"
#include "message/swim_messages.h"

namespace starling {

class OpinionBook {
 public:
  // An accusation follows a period without an answer, so it is older than what was heard since.
  static constexpr Duration kFreshAgainstSuspect = std::chrono::seconds(1);
  // A verdict follows the shortest time-out without an answer.
  static constexpr Duration kFreshAgainstDown = Suspicion::kLeast;
  // Between two refutations of this node: a flood of accusations can not race through numbers.
  static constexpr Duration kRefutationPause = std::chrono::milliseconds(100);
  // Beyond these a rumour is nonsense, whoever tells it. A store has not started more often.
  static constexpr std::uint64_t kStartMax = std::uint64_t{1} << 48U;
  static constexpr std::uint32_t kRefutationsMax = std::uint32_t{1} << 30U;
  // So far may a rumour be ahead of what is known: as many starts as a store's own list keeps; one
  // refutation a second for an hour in which nothing was heard. The member's own word may be
  // further ahead.
  static constexpr std::uint64_t kStartsAheadMax = 1024;
  static constexpr std::uint32_t kRefutationsAheadMax = 4096;

  struct Counts {
    std::uint64_t refused_rumours = 0;  // of strangers, or too far ahead
    std::uint64_t refutations = 0;
    std::uint64_t accusations = 0;  // by this node's own probes
  };

  // Begins by telling that this node is up.
  OpinionBook(NodeId self, SwimIncarnation own);

  // The others; this node itself is left out. What was known of those who left is forgotten.
  void set_members(std::span<const NodeId> members, Instant now, SwimActions& out);

  // Something came from the member itself; `word` is what it said of itself, if it did. True if the
  // opinion of it is another one now.
  bool on_sign(NodeId member, std::optional<SwimIncarnation> word, Instant now, SwimActions& out);
  // Another member reached it just now. It is not accused any more; a doubt stays, for requests
  // need the direct way.
  void on_reached_by_others(NodeId member, Instant now, SwimActions& out);
  // A request of this node went unanswered.
  void on_doubt(NodeId member, Instant now, SwimActions& out);
  // A probe of this node failed, the indirect ones too.
  void on_probe_failed(NodeId member, Instant now, SwimActions& out);
  // True if this node was accused in its present incarnation and contradicts.
  [[nodiscard]] bool on_rumour(const Rumour& rumour, Instant now, SwimActions& out);
  // Those whose time-out passed though no probe of this node failed: it knows of the accusation by
  // rumour, and may have missed its end. They get `grace` for one probe, each once.
  [[nodiscard]] std::vector<NodeId> give_grace(Duration grace, Instant now);
  // Convicts those whose time-out passed.
  void on_timer(Instant now, SwimActions& out);
  // This node stood still for so long.
  void postpone(Duration late);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  // What to tell `to` in a message of now: first what is said against it, then the news. At most
  // kRumoursPerMessage.
  [[nodiscard]] std::vector<Rumour> news_for(NodeId to);

  [[nodiscard]] SwimIncarnation own() const { return own_; }
  [[nodiscard]] bool knows(NodeId member) const { return entries_.contains(member); }
  // Nothing of strangers, and of this node itself.
  [[nodiscard]] std::optional<Opinion> opinion(NodeId member) const;
  // By id.
  [[nodiscard]] std::vector<std::pair<NodeId, Opinion>> opinions() const;
  [[nodiscard]] bool is_down(NodeId member) const;
  // Whether this node's own probes accuse it.
  [[nodiscard]] bool is_accused_by_self(NodeId member) const;
  [[nodiscard]] std::size_t rumours() const { return news_.size(); }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  void check_invariants() const;

 private:
  struct Entry {
    Opinion opinion;
    bool down = false;
    bool doubted = true;                 // requests, or nothing heard yet; local
    std::optional<Suspicion> suspicion;  // accused; never while down
    bool tried = false;            // during this suspicion: by a probe, or given grace for one
    std::optional<Rumour> charge;  // what the member has not contradicted yet
    std::optional<SwimIncarnation> word;  // its own last one
    std::optional<Instant> heard;         // when anything came from it
  };

  [[nodiscard]] bool on_rumour_of_self(const Rumour& rumour, Instant now);
  void on_suspect_rumour(const Rumour& rumour, Entry& entry, Instant now);
  void on_down_rumour(const Rumour& rumour, Entry& entry, Instant now);
  void accuse(Entry& entry, const Rumour& rumour, Instant now);
  void convict(NodeId member, Entry& entry);
  void acquit(NodeId member, Entry& entry);
  // Brings the opinion in line with the rest of the entry.
  void settle(NodeId member, Entry& entry, Instant now, SwimActions& out);
  // This node included.
  [[nodiscard]] std::size_t cluster_size() const { return entries_.size() + 1; }

  NodeId self_;
  SwimIncarnation own_;
  std::optional<Instant> refuted_;
  std::map<NodeId, Entry> entries_;
  std::set<NodeId> accused_;  // those with a suspicion
  RumourQueue news_;
  Counts counts_;
};

}  // namespace starling

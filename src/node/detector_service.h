#pragma once

// DetectorService: runs the failure detector (membership/failure_detector.h) on this node: its
// messages, its timers, and what it is to hear of: every message of a member is a sign of life; a
// lost connection and a request without an answer are doubts. What it believes goes into the
// PeerTable, where those look who order replicas and tell people.

#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/peer_table.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"
#include "node/current_ring.h"
#include "node/outbox.h"

namespace starling {

// The line that tells that this node holds a member for down from now on.
inline constexpr std::string_view kConvicted = "mark: detector: convicted a member";

// What a node has found out about others, and they about it, since it was made.
struct DetectorReport {
  FailureDetector::Counts counts;
  std::uint64_t accusations = 0;  // by this node's own probes
  std::uint64_t verdicts = 0;     // members held for down
  std::uint64_t refutations = 0;  // accusations of this node, which it contradicted
};

class DetectorService {
 public:
  // A suspicion is said in the log once it is so old: what ends at the next answer is no news, and
  // under load there may be many.
  static constexpr Duration kSuspectBeforeLogged = std::chrono::seconds(1);
  // Between two looks at what there is to say, which go over all members.
  static constexpr Duration kLooksApart = std::chrono::milliseconds(100);

  struct Neighbours {
    const CurrentRing& ring;
    PeerTable& peers;
    Outbox& outbox;
    Log& log;
  };

  // `start`: the number of this start of the store, from 1 on.
  DetectorService(const Neighbours& neighbours, std::uint64_t start, Random random, Instant now);

  // The members are another ring's, perhaps.
  void look_at_ring(Instant now);
  void on_message(NodeId from, const SwimMessage& message, Instant now);
  // Any other message came from the member.
  void on_heard(NodeId member, Instant now);
  void on_peer_down(NodeId peer, Instant now);
  // It let a request wait for longer than that has patience.
  void on_silent(NodeId member, Instant now);
  void on_timer(Instant now);
  [[nodiscard]] Instant next_deadline() const { return detector_.next_deadline(); }

  [[nodiscard]] DetectorReport report() const;
  void check_invariants() const { detector_.check_invariants(); }

 private:
  void perform(const SwimActions& actions);
  void note_change(const OpinionChanged& change);
  void say_what_changed(Instant now);
  void mark_progress();
  void mark_if_more(std::uint64_t now, std::uint64_t& before, std::string_view line);

  Neighbours neighbours_;
  FailureDetector detector_;
  std::map<NodeId, PeerState> said_;  // what the log says last of a member; up where it is silent
  bool news_ = false;                 // some opinion may be another one than the log says
  Instant look_again_;                // for that
  DetectorReport marked_;             // what the marks have told already
  std::uint64_t verdicts_ = 0;
};

}  // namespace starling

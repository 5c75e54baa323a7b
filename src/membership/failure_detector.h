#pragma once

// FailureDetector: which members answer, in this node's opinion. SWIM's probing (Das, Gupta,
// Motivala 2002) with Lifeguard's care for a node that is slow itself (Dadgar, Phillips, Currey
// 2018). Advice only: it orders replicas and informs people, and never changes who owns what.
//
// Each period one member is probed. Without its Ack within the direct patience, three others are
// asked to probe it; without one by the end of the period it is accused. An Ack through others
// alone leaves it suspect for this node, until something is heard from it directly: requests need
// that way. The accuser probes it on
// and on, and holds it for down when its time-out passes; whoever knows of it by rumour probes it
// once before. What each message tells besides is chosen by
// OpinionBook. A member that is down stays in the round, by direct probes, and is up again with
// whatever is heard from it.
//
// A pure machine: it gets all events with the present instant, and on_timer() when next_deadline()
// has come. Messages from strangers and answers to nothing are ignored and counted.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/local_health.h"
#include "membership/opinion_book.h"
#include "membership/probe_order.h"
#include "membership/relay_table.h"
#include "membership/swim_actions.h"
#include "message/swim_messages.h"

namespace starling {

// How a request to a member failed.
enum class RequestSignal : std::uint8_t {
  NoAnswer,  // within its patience
  Reset,     // the connection broke
  Refused,   // nobody listens
};

// What a node takes as a sign that it stands still itself.
struct SelfDoubt {
  // A timer that comes later than this. Far above a busy loop's delays, far below a time-out.
  Duration lateness_max{std::chrono::milliseconds(500)};
  unsigned health_score_max = LocalHealth::kScoreMax;
};

class FailureDetector {
 public:
  // Times local health's multiplier, one member is probed.
  static constexpr Duration kPeriod = std::chrono::seconds(1);
  // Times the multiplier, an Ack is waited for before others are asked: many round trips of a busy
  // network, and what is left of the period is enough for the way through others.
  static constexpr Duration kDirectPatience = std::chrono::milliseconds(300);
  // k of SWIM: with one message in ten lost, one probe in 130 of a live member fails.
  static constexpr std::size_t kIndirectProbes = 3;
  // Probes out of turn at a time, of those who are doubted or accused; who finds no room waits for
  // its turn in the round.
  static constexpr std::size_t kUrgentProbesMax = 8;

  struct Counts {
    std::uint64_t stalls = 0;  // this node stood still
    std::uint64_t probes = 0;
    std::uint64_t indirect_probes = 0;  // requests sent
    std::uint64_t failed_probes = 0;
    std::uint64_t helped_probes = 0;    // that others answered for a member unheard by this node
    std::uint64_t strangers = 0;        // messages of no member
    std::uint64_t refused_relays = 0;   // bound reached
    std::uint64_t refused_signals = 0;  // doubts for which no probe had room
  };

  // `incarnation.start`, from 1 on, must be greater than at any earlier start of this store.
  FailureDetector(NodeId self, SwimIncarnation incarnation, Random random, Instant now,
                  SelfDoubt self_doubt = {});

  // The members of the present configuration, in any order; this node may be among them.
  // REQUIRES: at most kMembersMax (ring/configuration.h).
  void set_members(std::span<const NodeId> members, Instant now, SwimActions& out);
  void on_message(NodeId from, const SwimMessage& message, Instant now, SwimActions& out);
  // Any other message came from `member`. Not a greeting: who opens connections and is never heard
  // on them does not answer.
  void on_alive_sign(NodeId member, Instant now, SwimActions& out);
  // The member is suspect from now on until something is heard from it, and is probed at once.
  void on_request_signal(NodeId member, RequestSignal signal, Instant now, SwimActions& out);
  void on_timer(Instant now, SwimActions& out);
  [[nodiscard]] Instant next_deadline() const { return wake_; }

  // Nothing of strangers and of this node itself.
  [[nodiscard]] std::optional<Opinion> opinion(NodeId member) const {
    return book_.opinion(member);
  }
  // Of all others, by id.
  [[nodiscard]] std::vector<std::pair<NodeId, Opinion>> opinions() const {
    return book_.opinions();
  }
  [[nodiscard]] SwimIncarnation incarnation() const { return book_.own(); }
  [[nodiscard]] int patience_multiplier() const { return health_.multiplier(); }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const OpinionBook& book() const { return book_; }
  void check_invariants() const;

 private:
  enum class Turn : std::uint8_t { Periodic, Urgent };
  // Waiting for an Ack, directly until direct_until, then through others until `until`.
  struct Probe {
    std::uint64_t number = 0;
    NodeId target;
    Turn turn = Turn::Periodic;
    Instant direct_until;
    Instant until;
    bool asked_others = false;
    std::vector<NodeId> relays;
    std::size_t nacks = 0;
  };

  void notice_time(Instant now);
  void rearm();
  void begin_probe(NodeId target, Turn turn, Instant now, SwimActions& out);
  void begin_urgent_probe(NodeId target, Instant now, SwimActions& out);
  void ask_others(Probe& probe, SwimActions& out);
  void end_probes_of(NodeId target);
  void on_probe_failed(const Probe& probe, Instant now, SwimActions& out);
  void on_probe_request(NodeId from, const SwimMessage& request, Instant now, SwimActions& out);
  void on_ack(NodeId from, const SwimMessage& ack, Instant now, SwimActions& out);
  void on_nack(NodeId from, const SwimMessage& nack);
  void expire_probes(Instant now, SwimActions& out);
  void send(NodeId to, SwimKind kind, std::uint64_t number, NodeId subject, SwimActions& out);
  [[nodiscard]] bool is_probing(NodeId target) const;

  NodeId self_;
  Random random_;  // for whom to ask
  SelfDoubt self_doubt_;
  OpinionBook book_;
  ProbeOrder order_;
  LocalHealth health_;
  std::vector<Probe> probes_;  // one a target: a periodic one, and kUrgentProbesMax
  RelayTable relays_;
  std::uint64_t numbers_ = 0;  // given to probes
  Instant next_turn_;          // of the round
  Instant wake_;               // the earliest deadline of all
  Counts counts_;
};

}  // namespace starling

#pragma once

// SwimWorld: a network of failure detectors in virtual time, for tests. It loses and delays
// messages, cuts links in one direction, crashes, restarts and stalls members. It can also leave
// out what makes the detector robust, to show that a test notices.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/swim_actions.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {

class SwimWorld {
 public:
  struct Options {
    std::size_t members = 3;
    std::uint64_t seed = 1;
    std::uint64_t lost_ppm = 0;
    Duration delay_least{std::chrono::milliseconds(1)};
    Duration delay_most{std::chrono::milliseconds(20)};
    SelfDoubt self_doubt;
    bool greeted = true;          // all connections are open at the start
    bool indirect_probes = true;  // planted mistake: nobody is asked
    bool refutations = true;      // planted mistake: nobody hears what is said of him
  };
  // One opinion that became down.
  struct Verdict {
    Instant at;
    std::size_t by;
    std::size_t about;
  };

  explicit SwimWorld(Options options);

  void run(Duration time);
  // How long it took; nothing when it did not happen within `limit`.
  [[nodiscard]] std::optional<Duration> run_until(const std::function<bool()>& happened,
                                                  Duration limit);
  void crash(std::size_t member);
  // With the next start's number, and nothing remembered. It greets the others; what they make of
  // it they learn from probes and rumours.
  void restart(std::size_t member);
  // Nothing happens at it for so long; then its timer comes before the messages that wait for it.
  void stall(std::size_t member, Duration time);
  void cut(std::size_t from, std::size_t to) { cut_.emplace(from, to); }
  void mend_all() { cut_.clear(); }
  void send(std::size_t from, std::size_t to, const SwimMessage& message);
  void fail_request(std::size_t from, std::size_t to, RequestSignal signal);

  [[nodiscard]] FailureDetector& detector(std::size_t member) { return *nodes_[member].detector; }
  [[nodiscard]] PeerState opinion(std::size_t of, std::size_t about) const;
  // How many running members other than `about` hold it for `state`.
  [[nodiscard]] std::size_t count(std::size_t about, PeerState state) const;
  [[nodiscard]] std::size_t running() const;
  // Whether all running members hold each other for up.
  [[nodiscard]] bool all_up() const;
  [[nodiscard]] const std::vector<Verdict>& verdicts() const { return verdicts_; }
  // By the probes of all members together.
  [[nodiscard]] std::uint64_t accusations() const;
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t rumours_sent() const { return rumours_sent_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] static NodeId id_of(std::size_t member) { return NodeId{member + 1}; }

 private:
  struct Event {
    Instant at;
    bool is_message = false;  // timers come first
    std::uint64_t order = 0;
    std::uint64_t timer = 0;  // of a timer: which one
    std::size_t from = 0;
    std::size_t to = 0;
    SwimMessage message;
  };
  struct Node {
    std::unique_ptr<FailureDetector> detector;
    std::uint64_t start = 0;
    bool is_running = false;
    Instant stalled_until{};
    Instant armed{Instant::max()};
    std::uint64_t timer = 0;  // the one that counts
  };

  [[nodiscard]] static bool is_later(const Event& left, const Event& right);
  void push(Event event);
  void begin(std::size_t member);
  void perform(std::size_t member, SwimActions& actions);
  void arm(std::size_t member);
  void step();
  void deliver(Event& event);

  Options options_;
  Random random_;
  std::vector<Node> nodes_;
  std::vector<Event> events_;  // a heap
  std::set<std::pair<std::size_t, std::size_t>> cut_;
  std::vector<Verdict> verdicts_;
  Instant now_{};
  std::uint64_t order_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t rumours_sent_ = 0;
};

}  // namespace starling

#pragma once

// SimNetwork: the connections between simulated nodes. Every message is encoded and decoded on its
// way, so the codec is part of what is tested. A connection carries messages in order or not at
// all, as the transport promises; on top of that the weather may lose, double, delay and repeat
// single messages, which is worse than any real connection: the protocol must bear it anyway.
//
// What happens to a message is a function of (seed, link, its number on that link), so that taking
// one fault out of a plan changes nothing for the others.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"

namespace starling::sim {

// Messages that a cut direction holds back; beyond it the connection breaks, as one does whose
// output queue is full.
inline constexpr std::size_t kHeldMessagesMax = 4096;

class SimNetwork {
 public:
  // What the network needs of the nodes; they are named by index.
  class Nodes {
   public:
    Nodes() = default;
    Nodes(const Nodes&) = delete;
    Nodes& operator=(const Nodes&) = delete;
    Nodes(Nodes&&) = delete;
    Nodes& operator=(Nodes&&) = delete;
    virtual ~Nodes() = default;

    // 0: not running; else a number of its own for each start.
    [[nodiscard]] virtual std::uint64_t boot_of(std::uint32_t node) const = 0;
    [[nodiscard]] virtual Hello hello_of(std::uint32_t node) const = 0;
    // One of them knows the other one as a member, and dials it or tells it to.
    [[nodiscard]] virtual bool know_each_other(std::uint32_t one, std::uint32_t other) const = 0;
    virtual void on_connected(std::uint32_t node, std::uint32_t peer, const Hello& hello) = 0;
    virtual void on_disconnected(std::uint32_t node, std::uint32_t peer) = 0;
    virtual void on_message(std::uint32_t node, std::uint32_t from, PeerMessage message) = 0;
  };

  SimNetwork(EventQueue& events, Nodes& nodes, std::uint32_t count, const NetworkWeather& weather,
             const Random& random);

  void node_started(std::uint32_t node);
  void node_stopped(std::uint32_t node);

  void send(std::uint32_t from, std::uint32_t to, const PeerMessage& message);

  // Cuts add up: a direction carries again when all of them are mended.
  void cut(std::uint32_t from, std::uint32_t to);
  void mend(std::uint32_t from, std::uint32_t to);
  void reset(std::uint32_t one, std::uint32_t other);
  // The connection as `node` sees it.
  [[nodiscard]] bool is_connected(std::uint32_t node, std::uint32_t peer) const;

  // Whether so much waits in `from`'s queue to `to` that it should send no new work there.
  [[nodiscard]] bool is_crowded(std::uint32_t from, std::uint32_t to) const;

  // From now on the network is quick and keeps its promises; cuts are mended.
  void calm_down();

  // What happened, for marks and the report.
  struct Counters {
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t overtaken = 0;
    std::uint64_t replayed = 0;
    std::uint64_t held = 0;
    std::uint64_t broken_connections = 0;
    std::uint64_t undecodable = 0;
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  // One of the two ends of a link, or what flows towards it.
  struct End {
    std::uint32_t node = 0;
    std::uint64_t generation = 0;  // of the connection that this end believes in; 0: none
    std::uint32_t cuts = 0;        // of the direction towards this end
    std::uint64_t messages = 0;    // sent towards this end so far
    Instant opened;                // when its handshake is through
    Instant floor;                 // nothing arrives before what was sent earlier
    std::vector<std::string> held;
  };
  struct Link {
    std::array<End, 2> ends;
    std::uint64_t generation = 0;  // of the newest connection
    bool up = false;
    bool tail_lost = false;  // what was under way when the last connection broke is gone
    bool connecting = false;
  };
  struct Parcel {
    std::size_t link = 0;
    std::size_t towards = 0;  // the end
    std::uint64_t generation = 0;
    std::uint64_t boot = 0;  // 0, or the only start of the receiver that may get it
    bool repeated = false;   // travels outside its connection
    std::string bytes;
  };

  [[nodiscard]] std::size_t link_of(std::uint32_t one, std::uint32_t other) const;
  [[nodiscard]] static std::size_t end_of(const Link& link, std::uint32_t node);
  [[nodiscard]] bool can_connect(const Link& link) const;
  [[nodiscard]] Duration latency(Random& fate) const;

  void schedule_connect(std::size_t index);
  void connect(std::size_t index);
  void shake_hands(std::size_t index, std::size_t at_end);
  void break_link(std::size_t index);
  void notice_break(std::size_t index, std::size_t at_end, std::uint64_t generation);
  void dispatch(Parcel parcel, Random& fate, bool in_order);
  void disturb(const Parcel& parcel, const PeerMessage& message, Random& fate);
  void deliver(const Parcel& parcel);

  EventQueue& events_;
  Nodes& nodes_;
  NetworkWeather weather_;
  Random fates_;
  Random connecting_;
  std::vector<Link> links_;
  std::uint32_t count_;
  Counters counters_;
};

}  // namespace starling::sim

#include "sim/sim_network.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/assert.h"
#include "base/random.h"
#include "base/time.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A forwarded put that comes again is recognised for as long as a request may live (kTimeoutMax)
// and by one start of the receiver; later it would rightly be a write of its own.
constexpr Duration kForwardedReplayMax = seconds(30);

template <typename Message>
std::optional<Message> decode_as(const std::string& bytes) {
  const Result<FrameHeader> header = parse_frame_header(bytes);
  if (!header.ok()) return std::nullopt;
  Result<Frame> frame = decode(*header, std::string_view(bytes).substr(kFrameHeaderBytes));
  if (!frame.ok()) return std::nullopt;
  Message* const message = std::get_if<Message>(&frame->message);
  if (message == nullptr) return std::nullopt;
  return std::move(*message);
}

// What is said once a connection is spared from loss: a real connection that lost it would be
// broken, and a new one says it again.
bool is_said_once(const PeerMessage& message) {
  return std::holds_alternative<BootAnnouncement>(message) ||
         std::holds_alternative<BootReply>(message) || std::holds_alternative<StoreNotice>(message);
}

}  // namespace

SimNetwork::SimNetwork(EventQueue& events, Nodes& nodes, std::uint32_t count,
                       const NetworkWeather& weather, const Random& random)
    : events_(events),
      nodes_(nodes),
      weather_(weather),
      fates_(random.fork("fates")),
      connecting_(random.fork("connecting")),
      count_(count) {
  for (std::uint32_t one = 0; one < count; ++one) {
    for (std::uint32_t other = one + 1; other < count; ++other) {
      Link link;
      link.ends.at(0).node = one;
      link.ends.at(1).node = other;
      links_.push_back(std::move(link));
    }
  }
}

// Links stand in the order (0,1), (0,2), ..., (1,2), ...: those before row `low` are counted first.
std::size_t SimNetwork::link_of(std::uint32_t one, std::uint32_t other) const {
  STARLING_CHECK(one != other && one < count_ && other < count_);
  const std::size_t low = std::min(one, other);
  const std::size_t high = std::max(one, other);
  return (low * (2 * std::size_t{count_} - low - 1) / 2) + (high - low - 1);
}

std::size_t SimNetwork::end_of(const Link& link, std::uint32_t node) {
  return link.ends.at(0).node == node ? 0 : 1;
}

bool SimNetwork::is_connected(std::uint32_t node, std::uint32_t peer) const {
  const Link& link = links_.at(link_of(node, peer));
  return link.up && link.ends.at(end_of(link, node)).generation == link.generation;
}

Duration SimNetwork::latency(Random& fate) const {
  Duration delay = fate.between(weather_.latency_fastest, weather_.latency_slowest);
  if (fate.chance_ppm(weather_.spike_ppm)) delay += fate.between(Duration(0), weather_.spike_max);
  return delay;
}

void SimNetwork::node_started(std::uint32_t node) {
  for (std::uint32_t other = 0; other < count_; ++other) {
    if (other != node) schedule_connect(link_of(node, other));
  }
}

void SimNetwork::node_stopped(std::uint32_t node) {
  for (std::uint32_t other = 0; other < count_; ++other) {
    if (other == node) continue;
    const std::size_t index = link_of(node, other);
    Link& link = links_.at(index);
    link.ends.at(end_of(link, node)).generation = 0;
    break_link(index);
  }
}

void SimNetwork::schedule_connect(std::size_t index) {
  Link& link = links_.at(index);
  if (link.connecting || link.up) return;
  link.connecting = true;
  const Duration delay = connecting_.between(Duration(milliseconds(1)), milliseconds(300));
  events_.after(delay, [this, index] { connect(index); });
}

bool SimNetwork::can_connect(const Link& link) const {
  const bool are_there = std::all_of(link.ends.begin(), link.ends.end(), [this](const End& end) {
    return end.cuts == 0 && nodes_.boot_of(end.node) != 0;
  });
  const std::uint32_t one = link.ends.at(0).node;
  const std::uint32_t other = link.ends.at(1).node;
  return are_there && nodes_.know_each_other(one, other) &&
         check_hello(nodes_.hello_of(one), nodes_.hello_of(other)).ok();
}

void SimNetwork::connect(std::size_t index) {
  Link& link = links_.at(index);
  link.connecting = false;
  const bool both_running = std::all_of(link.ends.begin(), link.ends.end(), [this](const End& end) {
    return nodes_.boot_of(end.node) != 0;
  });
  if (link.up || !both_running) return;  // whoever starts tries again
  if (!can_connect(link)) return schedule_connect(index);
  ++link.generation;
  link.up = true;
  for (std::size_t at_end = 0; at_end < 2; ++at_end) {
    const Duration delay = connecting_.between(weather_.latency_fastest, weather_.latency_slowest);
    const std::uint64_t generation = link.generation;
    // What the other side sends once it is connected must not arrive before its handshake.
    link.ends.at(at_end).opened = events_.now() + delay;
    link.ends.at(at_end).floor = link.ends.at(at_end).opened;
    events_.after(delay, [this, index, at_end, generation] {
      const Link& current = links_.at(index);
      if (current.up && current.generation == generation) shake_hands(index, at_end);
    });
  }
}

void SimNetwork::shake_hands(std::size_t index, std::size_t at_end) {
  Link& link = links_.at(index);
  End& mine = link.ends.at(at_end);
  const std::uint32_t peer = link.ends.at(1 - at_end).node;
  const std::optional<Hello> hello = decode_as<Hello>(encode(nodes_.hello_of(peer)));
  STARLING_CHECK(hello.has_value());
  STARLING_CHECK(check_hello(nodes_.hello_of(mine.node), *hello).ok());
  mine.generation = link.generation;
  nodes_.on_connected(mine.node, peer, *hello);
}

void SimNetwork::break_link(std::size_t index) {
  Link& link = links_.at(index);
  if (!link.up) return;
  link.up = false;
  link.tail_lost = connecting_.below(2) == 0;
  ++counters_.broken_connections;
  for (std::size_t at_end = 0; at_end < 2; ++at_end) {
    link.ends.at(at_end).held.clear();
    // Mostly a reset says so at once; a machine that vanished is missed much later.
    const Duration delay = connecting_.below(4) == 0
                               ? connecting_.between(Duration(milliseconds(100)), seconds(5))
                               : connecting_.between(Duration(microseconds(50)), milliseconds(20));
    const std::uint64_t generation = link.generation;
    events_.after(delay,
                  [this, index, at_end, generation] { notice_break(index, at_end, generation); });
  }
}

void SimNetwork::notice_break(std::size_t index, std::size_t at_end, std::uint64_t generation) {
  Link& link = links_.at(index);
  End& end = link.ends.at(at_end);
  if (end.generation == generation) {  // else a newer connection has taken its place
    end.generation = 0;
    nodes_.on_disconnected(end.node, link.ends.at(1 - at_end).node);
  }
  schedule_connect(index);
}

void SimNetwork::send(std::uint32_t from, std::uint32_t to, const PeerMessage& message) {
  const std::size_t index = link_of(from, to);
  Link& link = links_.at(index);
  const std::size_t towards = end_of(link, to);
  End& end = link.ends.at(towards);
  const std::uint64_t generation = link.ends.at(1 - towards).generation;
  // Not connected; or the connection is gone and the sender does not know it yet.
  if (generation == 0 || !link.up || generation != link.generation) return;
  std::string bytes = encode(message);
  if (bytes.empty()) return;
  Random fate = fates_.fork("message", (index * 2) + towards).fork("number", end.messages++);
  if (end.cuts > 0) {
    ++counters_.held;
    if (end.held.size() >= kHeldMessagesMax) return break_link(index);
    end.held.push_back(std::move(bytes));
    return;
  }
  const Parcel parcel{index, towards, generation, 0, false, std::move(bytes)};
  disturb(parcel, message, fate);
  if (!is_said_once(message) && fate.chance_ppm(weather_.loss_ppm)) {
    ++counters_.lost;
    return;
  }
  const bool overtaken = fate.chance_ppm(weather_.reorder_ppm);
  if (overtaken) ++counters_.overtaken;
  dispatch(parcel, fate, !overtaken);
}

// Copies of a message: one soon, one much later.
void SimNetwork::disturb(const Parcel& parcel, const PeerMessage& message, Random& fate) {
  if (fate.chance_ppm(weather_.duplicate_ppm)) {
    ++counters_.duplicated;
    dispatch(parcel, fate, false);
  }
  if (!fate.chance_ppm(weather_.replay_ppm)) return;
  ++counters_.replayed;
  Parcel copy = parcel;
  copy.repeated = true;
  Duration latest = weather_.replay_max;
  if (std::holds_alternative<ForwardedPut>(message)) {
    latest = std::min(latest, kForwardedReplayMax);
    copy.boot = nodes_.boot_of(links_.at(copy.link).ends.at(copy.towards).node);
  }
  const Duration delay = fate.between(std::min<Duration>(seconds(1), latest), latest);
  events_.after(delay, [this, copy = std::move(copy)] { deliver(copy); });
}

void SimNetwork::dispatch(Parcel parcel, Random& fate, bool in_order) {
  End& end = links_.at(parcel.link).ends.at(parcel.towards);
  Instant arrival = events_.now() + latency(fate);
  if (in_order) {
    arrival = std::max(arrival, end.floor);
    end.floor = arrival;
  } else {
    // Late enough for others to pass; but nothing overtakes the handshake.
    arrival =
        std::max(arrival, end.opened) + fate.between(Duration(0), 4 * weather_.latency_slowest);
  }
  events_.at(arrival, [this, parcel = std::move(parcel)] { deliver(parcel); });
}

void SimNetwork::deliver(const Parcel& parcel) {
  const Link& link = links_.at(parcel.link);
  const End& end = link.ends.at(parcel.towards);
  const std::uint64_t boot = nodes_.boot_of(end.node);
  if (boot == 0 || end.generation == 0) return;
  if (parcel.boot != 0 && parcel.boot != boot) return;
  if (!parcel.repeated) {
    if (end.generation != parcel.generation) return;
    if (!link.up && link.tail_lost) return;
  }
  std::optional<PeerMessage> message = decode_as<PeerMessage>(parcel.bytes);
  if (!message.has_value()) {
    ++counters_.undecodable;
    return;
  }
  ++counters_.delivered;
  nodes_.on_message(end.node, link.ends.at(1 - parcel.towards).node, std::move(*message));
}

void SimNetwork::cut(std::uint32_t from, std::uint32_t to) {
  Link& link = links_.at(link_of(from, to));
  ++link.ends.at(end_of(link, to)).cuts;
}

void SimNetwork::mend(std::uint32_t from, std::uint32_t to) {
  const std::size_t index = link_of(from, to);
  Link& link = links_.at(index);
  const std::size_t towards = end_of(link, to);
  End& end = link.ends.at(towards);
  if (end.cuts == 0) return;  // calm_down() has mended it already
  --end.cuts;
  if (end.cuts > 0) return;
  const std::vector<std::string> held = std::exchange(end.held, {});
  for (const std::string& bytes : held) {
    Random fate = fates_.fork("held", (index * 2) + towards).fork("number", end.messages++);
    dispatch({index, towards, link.generation, 0, false, bytes}, fate, true);
  }
}

bool SimNetwork::is_crowded(std::uint32_t from, std::uint32_t to) const {
  const Link& link = links_.at(link_of(from, to));
  return link.ends.at(end_of(link, to)).held.size() > weather_.crowded_messages;
}

void SimNetwork::reset(std::uint32_t one, std::uint32_t other) {
  break_link(link_of(one, other));
}

void SimNetwork::calm_down() {
  weather_.spike_ppm = 0;
  weather_.loss_ppm = 0;
  weather_.duplicate_ppm = 0;
  weather_.reorder_ppm = 0;
  weather_.replay_ppm = 0;
  for (Link& link : links_) {
    for (std::size_t towards = 0; towards < 2; ++towards) {
      End& end = link.ends.at(towards);
      if (end.cuts == 0) continue;
      end.cuts = 1;
      mend(link.ends.at(1 - towards).node, end.node);
    }
  }
}

}  // namespace starling::sim

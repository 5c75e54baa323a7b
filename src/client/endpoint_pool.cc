#include "client/endpoint_pool.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "client/endpoint.h"

namespace starling {
namespace {

// Beyond it the rest has long reached its longest.
constexpr std::uint32_t kRestDoublingsMax = 10;

}  // namespace

std::optional<std::size_t> EndpointPool::find(ConnectionId connection) const {
  const auto found = std::ranges::find_if(nodes_, [&](const Node& node) {
    return node.state != State::Idle && node.connection == connection;
  });
  if (found == nodes_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - nodes_.begin());
}

void EndpointPool::add_seed(const Endpoint& address) {
  if (nodes_.size() == kNodesMax ||
      std::ranges::find(nodes_, address, &Node::address) != nodes_.end()) {
    return;
  }
  nodes_.push_back(Node{.address = address, .is_seed = true});
}

void EndpointPool::add_member(const Endpoint& address, NodeId member) {
  const auto found = std::ranges::find(nodes_, address, &Node::address);
  if (found != nodes_.end()) {
    found->member = member;
    return;
  }
  Node node{.address = address, .member = member};
  if (nodes_.size() < kNodesMax) return nodes_.push_back(std::move(node));
  const auto former = std::ranges::find_if(nodes_, [](const Node& other) {
    return !other.is_seed && other.member == NodeId{} && other.state == State::Idle;
  });
  if (former != nodes_.end()) *former = std::move(node);
}

void EndpointPool::forget_members() {
  for (Node& node : nodes_) node.member = NodeId{};
}

void EndpointPool::connecting(std::size_t index, ConnectionId connection, Instant now) {
  Node& node = nodes_[index];
  STARLING_CHECK(node.state == State::Idle);
  node.state = State::Connecting;
  node.connection = connection;
  node.impatient_at = now + kPatience;
  node.impatience_told = false;
  node.connect_by = now + kConnectTime;
}

void EndpointPool::opened(std::size_t index) {
  nodes_[index].state = State::Open;
  nodes_[index].trouble = Status::success();
}

void EndpointPool::closed(std::size_t index, Status why, bool lost, Instant now) {
  Node& node = nodes_[index];
  node.state = State::Idle;
  node.trouble = std::move(why);
  if (lost) rest(node, now);
}

void EndpointPool::answered_well(std::size_t index) {
  nodes_[index].failures = 0;
  nodes_[index].rest_until = Instant{};
}

bool EndpointPool::take_impatience(Instant now) {
  bool any = false;
  for (Node& node : nodes_) {
    const bool impatient = node.state == State::Connecting && now >= node.impatient_at;
    if (impatient && !std::exchange(node.impatience_told, true)) any = true;
  }
  return any;
}

std::optional<Instant> EndpointPool::next_look() const {
  std::optional<Instant> next;
  for (const Node& node : nodes_) {
    if (node.state != State::Connecting) continue;
    const Instant look = node.impatience_told ? node.connect_by : node.impatient_at;
    next = std::min(look, next.value_or(look));
  }
  return next;
}

void EndpointPool::rest(Node& node, Instant now) {
  // Many requests fail with one cause: together they are one failure.
  if (node.rest_until > now) return;
  const Duration step = std::min<Duration>(
      kRestFirst * (1U << std::min(node.failures, kRestDoublingsMax)), kRestLast);
  ++node.failures;
  node.rest_until = now + random_.between(step / 2, step);
}

}  // namespace starling

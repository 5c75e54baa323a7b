// The other half of Dispatcher: which node a request goes to, and which nodes there are.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"

#include "base/ids.h"
#include "base/time.h"
#include "client/call.h"
#include "client/carrier.h"
#include "client/dispatcher.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/request_table.h"
#include "client/route_table.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// Members change rarely; a node that is behind the others may say less than its peers promise.
constexpr Duration kRefreshPause = std::chrono::seconds(1);
constexpr Duration kRefreshTime = std::chrono::seconds(5);

constexpr std::uint64_t kRested = std::uint64_t{1} << 63U;
constexpr std::uint64_t kIsMember = std::uint64_t{1} << 62U;

const RouteHint* route_in(const ClientReply& reply) {
  if (const auto* const put = std::get_if<PutReply>(&reply)) return &put->route;
  if (const auto* const get = std::get_if<GetReply>(&reply)) return &get->route;
  if (const auto* const error = std::get_if<ErrorReply>(&reply)) return &error->route;
  return nullptr;
}

}  // namespace

Dispatcher::Choice Dispatcher::choose(const PendingRequest& request, Instant now) const {
  Choice choice;
  std::uint64_t best_open = 0;
  std::uint64_t best_idle = 0;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (request.tried.test(node)) continue;
    ++choice.untried;
    const EndpointPool::State state = nodes_[node].state;
    if (state == EndpointPool::State::Connecting) {
      choice.hopeful = choice.hopeful || nodes_.is_hopeful(node, now);
      continue;
    }
    const bool open = state == EndpointPool::State::Open;
    const std::uint64_t preferred = preference(request, node, now);
    std::uint64_t& best = open ? best_open : best_idle;
    if (preferred <= best) continue;
    best = preferred;
    (open ? choice.open : choice.idle) = node;
  }
  const bool better = best_idle > best_open && (best_idle & kRested) != 0 && request.key_hash != 0;
  if (better && (best_idle & kIsMember) != 0) choice.better_idle = choice.idle;
  return choice;
}

// Never 0. The greatest is asked first.
std::uint64_t Dispatcher::preference(const PendingRequest& request, std::size_t node,
                                     Instant now) const {
  const std::uint64_t rested = nodes_.is_resting(node, now) ? 0 : kRested;
  const NodeId member = nodes_[node].member;
  if (request.key_hash != 0 && member != NodeId{}) {
    return rested | kIsMember | (routes_.weight(request.key_hash, member) >> 2U);
  }
  // In the order in which they were given, beginning with the one that answered last.
  const std::size_t behind = (node + nodes_.size() - favourite_) % nodes_.size();
  return rested | (nodes_.size() - behind);
}

void Dispatcher::connect(std::size_t node, Instant now) {
  const ConnectionId connection{++connections_};
  nodes_.connecting(node, connection, now);
  carrier_.connect(connection, nodes_[node].address);
}

void Dispatcher::learn_route(const PendingRequest& request, const ClientReply& reply, Instant now) {
  if (request.key_hash == 0) favourite_ = request.node;
  const RouteHint* const route = route_in(reply);
  if (route == nullptr || routing_ != Routing::Owners) return;
  if (route->epoch > routes_.epoch()) refresh_members(now);
  if (route->owner != NodeId{} && request.key_hash != 0) {
    routes_.learn(request.key_hash, route->owner);
  }
}

void Dispatcher::refresh_members(Instant now) {
  if (routing_ != Routing::Owners || refreshing_ || now < refresh_not_before_) return;
  if (requests_.size() >= RequestTable::kRequestsMax) return;
  refreshing_ = true;
  refresh_not_before_ = now + kRefreshPause;
  submit(Call{.request = {.remaining = {}, .body = ClientClusterStatus{}},
              .deadline = now + kRefreshTime,
              .retry = Retry::Safe,
              .done = nullptr},
         now);
}

// A map that could not be had costs a hop now and then; the next answer asks for it again.
void Dispatcher::adopt_members(const Result<ClientReply>& reply) {
  refreshing_ = false;
  if (!reply.ok()) return;
  const auto& status = std::get<ClusterStatusReply>(*reply);
  routes_.adopt(status);
  nodes_.forget_members();
  for (const MemberReply& member : status.members) {
    const Result<Endpoint> endpoint = parse_endpoint(member.address);
    if (endpoint.ok()) nodes_.add_member(*endpoint, member.id);
  }
}

}  // namespace starling

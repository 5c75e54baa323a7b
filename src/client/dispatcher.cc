#include "client/dispatcher.h"

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "client/call.h"
#include "client/carrier.h"
#include "client/deadline_queue.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/exchange.h"
#include "client/request_table.h"
#include "client/route_table.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// How much earlier than the caller the server gives up, so that its answer, which knows how many
// replicas were heard, is there before the caller stops waiting. At most a tenth of the time left.
constexpr Duration kAnswerMargin = std::chrono::milliseconds(50);
// A connection on which nothing was heard for this long, while requests on it ran out of time, is
// taken for dead. Shorter, and a short deadline would be taken for a dead server.
constexpr Duration kSilence = std::chrono::seconds(1);
// Answers that nobody waits for any more hold memory at both ends.
constexpr std::size_t kAbandonedMax = 1024;
// Between two rounds of one request; doubles. Drawn from the upper half of each step.
constexpr Duration kRoundPause = std::chrono::milliseconds(40);
constexpr std::uint32_t kDoublingsMax = 4;  // to 640 ms: more is the server's to say

Duration server_time(Duration remaining) {
  return remaining - std::min(kAnswerMargin, remaining / 10);
}

// A refusal before anything was asked of any replica says something of the node, not of the key.
bool is_turned_away(const ClientReply& reply) {
  const auto* const error = std::get_if<ErrorReply>(&reply);
  return error != nullptr && is_retryable(error->status.code()) && error->replies.required == 0;
}

}  // namespace

Dispatcher::Dispatcher(const DispatcherOptions& options, Carrier& carrier, const Random& random)
    : carrier_(carrier),
      routing_(options.routing),
      rounds_(options.rounds),
      random_(random.fork("rounds")),
      nodes_(random.fork("rests")) {
  for (const Endpoint& endpoint : options.endpoints) nodes_.add_seed(endpoint);
}

void Dispatcher::submit(Call call, Instant now) {
  PendingRequest& request = requests_.insert(std::move(call));
  request.rounds_left = rounds_ - 1;
  const KeyAddress* const address = address_of(request.call.request.body);
  if (address != nullptr && routing_ == Routing::Owners) {
    request.key_hash = RouteTable::hash_of(address->bucket, address->key);
  }
  timers_.sift(requests_.size(), [this](const auto& entry) { return counts(entry); });
  place(request, now);
}

void Dispatcher::on_open(ConnectionId connection, Instant now) {
  const std::optional<std::size_t> node = nodes_.find(connection);
  if (!node.has_value()) return;
  nodes_.opened(*node);
  lines_.emplace(connection, Line{.node = *node, .heard_at = now});
  place_waiting(now);
  if (routes_.epoch() == Epoch{}) refresh_members(now);
}

void Dispatcher::on_reply(ConnectionId connection, std::uint64_t number, ClientReply reply,
                          Instant now) {
  const auto line = lines_.find(connection);
  if (line == lines_.end()) return;
  line->second.heard_at = now;
  line->second.missed_since.reset();
  PendingRequest* const request = requests_.sent_as(number);
  if (request == nullptr || request->connection != connection) {
    if (line->second.abandoned > 0) --line->second.abandoned;
    return;
  }
  leave_line(*request, true);
  learn_route(*request, reply, now);
  Exchange exchange{.outcome = ExchangeOutcome::Answered, .problem = {}, .reply = std::move(reply)};
  const Conclusion conclusion = conclude(request->call.request.body, exchange);
  if (conclusion.status.ok()) {
    nodes_.answered_well(request->node);
    budget_.earn();
    return finish(*request, *std::move(exchange.reply));
  }
  if (is_turned_away(*exchange.reply)) nodes_.turned_away(request->node, now);
  const bool affordable = conclusion.may_try_next && budget_.spend();
  follow(*request, {.status = conclusion.status, .may_try_next = affordable}, now);
}

void Dispatcher::on_broken(ConnectionId connection, const Status& why, std::uint64_t sent,
                           Instant now) {
  const std::optional<std::size_t> node = nodes_.find(connection);
  if (node.has_value() && nodes_[*node].state == EndpointPool::State::Connecting) {
    return fail_connecting(*node, why, now);
  }
  lose_connection(connection, why, sent, now);
}

void Dispatcher::on_timer(Instant now) {
  const auto counting = [this](const auto& entry) { return counts(entry); };
  while (const auto due = timers_.take_due(now, counting)) {
    PendingRequest& request = *requests_.find(due->id);
    request.look_at = Instant{};
    if (now >= request.call.deadline) {
      expire(request, now);
    } else if (request.state == State::Sent) {
      on_silence(request, now);
    } else if (request.state == State::Sleeping) {
      request.tried.reset();
      request.failure = Status::success();
      place(request, now);
    }
  }
  look_at_connections(now);
  if (nodes_.take_impatience(now)) place_waiting(now);
}

void Dispatcher::end_all(const std::string& why) {
  for (const std::uint64_t id : requests_.ids_where([](const auto&) { return true; })) {
    PendingRequest& request = *requests_.find(id);
    const bool in_doubt = request.state == State::Sent && is_write(request.call.request.body);
    finish(request, Status(in_doubt ? StatusCode::InDoubt : StatusCode::Unavailable, why));
  }
}

std::optional<Instant> Dispatcher::next_timer() {
  const std::optional<Instant> look = nodes_.next_look();
  const std::optional<Instant> timer =
      timers_.next([this](const auto& entry) { return counts(entry); });
  if (!look.has_value() || !timer.has_value()) return look.has_value() ? look : timer;
  return std::min(*look, *timer);
}

std::vector<Dispatcher::Finished> Dispatcher::take_finished() {
  return std::exchange(finished_, {});
}

// ---- One request.

void Dispatcher::place(PendingRequest& request, Instant now) {
  if (now >= request.call.deadline) return expire(request, now);
  const Choice choice = choose(request, now);
  if (choice.open.has_value()) {
    // One that suits better is connected beside it, for the requests to come.
    if (choice.better_idle.has_value()) connect(*choice.better_idle, now);
    return send(request, *choice.open, choice.untried - 1, now);
  }
  if (choice.untried == 0) return end_round(request, now);
  request.state = State::Waiting;
  waiting_.push_back(request.id);
  look_at(request, request.call.deadline);
  if (!choice.hopeful && choice.idle.has_value()) connect(*choice.idle, now);
}

// `others`: how many nodes could be asked after this one.
void Dispatcher::send(PendingRequest& request, std::size_t node, std::size_t others, Instant now) {
  const Duration remaining = request.call.deadline - now;
  // Only a read may be asked a second time, so only a read must leave time for that.
  const bool may_be_repeated = others > 0 && !is_write(request.call.request.body);
  const Duration share =
      may_be_repeated ? remaining / static_cast<Duration::rep>(others + 1) : remaining;
  const ConnectionId connection = nodes_[node].connection;
  request.number = requests_.next_number(request);
  request.call.request.remaining = server_time(share);
  const auto end_of_bytes = carrier_.send(connection, request.number, request.call.request);
  if (!end_of_bytes.has_value()) {
    return finish(request,
                  Status(StatusCode::TooLarge, "the request is larger than a message may be"));
  }
  request.state = State::Sent;
  request.node = node;
  request.connection = connection;
  request.end_of_bytes = *end_of_bytes;
  request.sent_at = now;
  ++lines_.at(connection).outstanding;
  look_at(request, now + share);
}

// Asks elsewhere if the conclusion allows it.
void Dispatcher::follow(PendingRequest& request, const Conclusion& conclusion, Instant now) {
  if (!conclusion.may_try_next || request.call.retry == Retry::Never) {
    return finish(request, conclusion.status);
  }
  request.tried.set(request.node);
  request.failure = more_telling(std::move(request.failure), conclusion.status);
  place(request, now);
}

void Dispatcher::end_round(PendingRequest& request, Instant now) {
  const Duration doubled =
      kRoundPause * (1U << std::min(rounds_ - 1 - request.rounds_left, kDoublingsMax));
  // What the server advises, and chance on top of it: not everybody comes back at once.
  const Duration step = std::max<Duration>(doubled, request.failure.retry_after() * 2);
  const Instant again = now + random_.between(step / 2, step);
  const bool goes_on = request.rounds_left > 0 && request.call.retry != Retry::Never &&
                       is_retryable(request.failure.code()) && again < request.call.deadline;
  if (!goes_on) return finish(request, request.failure);
  --request.rounds_left;
  request.state = State::Sleeping;
  look_at(request, again);
}

void Dispatcher::look_at(PendingRequest& request, Instant at) {
  const Instant look = std::min(at, request.call.deadline);
  if (request.look_at == look) return;
  request.look_at = look;
  timers_.push(look, request.id);
}

void Dispatcher::expire(PendingRequest& request, Instant now) {
  if (request.state != State::Sent) {
    return finish(request, more_telling(request.failure, unreachable(request)));
  }
  const Status silent(StatusCode::Unavailable,
                      to_text(nodes_[request.node].address) + ": no answer in time");
  const Conclusion conclusion =
      conclude(request.call.request.body,
               {.outcome = ExchangeOutcome::NoAnswer, .problem = silent, .reply = {}});
  const ConnectionId connection = request.connection;
  const bool dead = is_dead(request, now);
  leave_line(request, false);
  finish(request, conclusion.status);
  if (dead) retire(connection, now);
}

// A read has waited for its share of the time. Another node is asked as soon as one is connected;
// until then the first may still answer.
void Dispatcher::on_silence(PendingRequest& request, Instant now) {
  std::bitset<EndpointPool::kNodesMax> tried = request.tried;
  tried.set(request.node);
  std::swap(tried, request.tried);
  const Choice choice = choose(request, now);
  std::swap(tried, request.tried);
  if (request.call.retry == Retry::Never || choice.untried == 0) {
    return look_at(request, request.call.deadline);
  }
  if (!choice.open.has_value()) {
    if (!choice.hopeful && choice.idle.has_value()) connect(*choice.idle, now);
    return look_at(request, now + EndpointPool::kPatience);
  }
  if (!budget_.spend()) return look_at(request, request.call.deadline);
  const ConnectionId connection = request.connection;
  const bool dead = is_dead(request, now);
  leave_line(request, false);
  if (dead) retire(connection, now);
  const Status silent(StatusCode::Unavailable,
                      to_text(nodes_[request.node].address) + ": no answer in time");
  follow(request, {.status = silent, .may_try_next = true}, now);
}

// Whether a request that is given up says that its connection is of no more use.
bool Dispatcher::is_dead(const PendingRequest& request, Instant now) const {
  const auto line = lines_.find(request.connection);
  if (line == lines_.end()) return false;
  const Line& known = line->second;
  // Many short deadlines in a row say as much as a long one.
  const Instant since = std::min(known.missed_since.value_or(request.sent_at), request.sent_at);
  const bool silent = known.heard_at <= since && now - since >= kSilence;
  return silent || known.abandoned >= kAbandonedMax;
}

// The request is no longer on its connection.
void Dispatcher::leave_line(PendingRequest& request, bool answered) {
  const ConnectionId connection = std::exchange(request.connection, ConnectionId{});
  request.state = State::Waiting;
  const auto found = lines_.find(connection);
  if (found == lines_.end()) return;
  Line& line = found->second;
  --line.outstanding;
  if (!answered) {
    ++line.abandoned;
    if (line.heard_at <= request.sent_at) {
      line.missed_since = std::min(line.missed_since.value_or(request.sent_at), request.sent_at);
    }
  }
  if (!line.retired || line.outstanding > 0) return;
  lines_.erase(found);
  carrier_.close(connection);
}

void Dispatcher::finish(PendingRequest& request, Result<ClientReply> result) {
  // A refusal speaks of the last time that it was sent, not of the time before.
  if (!result.ok() && !request.doubt.ok()) result = request.doubt;
  if (!result.ok() && result.status().code() == StatusCode::Unreachable) {
    result =
        Status(StatusCode::Unreachable, "no server could be reached: " + result.status().message());
  }
  Call call = std::move(request.call);
  requests_.erase(request);
  if (call.done == nullptr) return adopt_members(result);
  finished_.push_back({.done = std::move(call.done),
                       .result = std::move(result),
                       .bytes = bytes_of(call.request.body)});
}

Status Dispatcher::unreachable(const PendingRequest& request) const {
  Status all;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (request.tried.test(node) || nodes_[node].state != EndpointPool::State::Connecting) continue;
    all = more_telling(std::move(all), Status(StatusCode::Unreachable,
                                              to_text(nodes_[node].address) +
                                                  ": no connection, or no greeting, in time"));
  }
  if (!all.ok()) return all;
  return {StatusCode::Unreachable, "the deadline passed before a node could be asked"};
}

bool Dispatcher::counts(const DeadlineQueue::Entry& entry) {
  const PendingRequest* const request = requests_.find(entry.id);
  return request != nullptr && request->look_at == entry.at;
}

// ---- Connections.

void Dispatcher::look_at_connections(Instant now) {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].state != EndpointPool::State::Connecting) continue;
    if (now < nodes_[node].connect_by) continue;
    carrier_.close(nodes_[node].connection);
    fail_connecting(node, Status(StatusCode::Unreachable, "no connection, or no greeting, in time"),
                    now);
  }
}

void Dispatcher::fail_connecting(std::size_t node, const Status& why, Instant now) {
  nodes_.closed(node, Status(why.code(), to_text(nodes_[node].address) + ": " + why.message()),
                true, now);
  for (const std::uint64_t id : waiting_) {
    PendingRequest* const request = requests_.find(id);
    if (request == nullptr || request->state != State::Waiting || request->tried.test(node))
      continue;
    request->tried.set(node);
    request->failure = more_telling(std::move(request->failure), nodes_[node].trouble);
    if (request->call.retry == Retry::Never) finish(*request, request->failure);
  }
  place_waiting(now);
}

void Dispatcher::place_waiting(Instant now) {
  for (const std::uint64_t id : std::exchange(waiting_, {})) {
    PendingRequest* const request = requests_.find(id);
    if (request != nullptr && request->state == State::Waiting) place(*request, now);
  }
}

void Dispatcher::lose_connection(ConnectionId id, const Status& why, std::uint64_t sent,
                                 Instant now) {
  const auto line = lines_.find(id);
  if (line == lines_.end()) return;
  const std::string name = to_text(nodes_[line->second.node].address) + ": ";
  lines_.erase(line);
  const std::vector<std::uint64_t> lost = requests_.ids_where([&](const PendingRequest& request) {
    return request.state == State::Sent && request.connection == id;
  });
  if (const auto node = nodes_.find(id)) {
    nodes_.closed(*node, Status(StatusCode::Unreachable, name + why.message()), !lost.empty(), now);
  }
  for (const std::uint64_t each : lost) {
    PendingRequest& request = *requests_.find(each);
    const bool whole = request.end_of_bytes <= sent;
    const Exchange exchange{
        .outcome = whole ? ExchangeOutcome::NoAnswer : ExchangeOutcome::NotSent,
        .problem =
            Status(whole ? StatusCode::Unavailable : StatusCode::Unreachable, name + why.message()),
        .reply = {}};
    Conclusion conclusion = conclude(request.call.request.body, exchange);
    // Asked for by the caller, who knows that the write may then be there twice.
    if (request.call.retry == Retry::Always) conclusion.may_try_next = true;
    if (conclusion.status.code() == StatusCode::InDoubt) request.doubt = conclusion.status;
    leave_line(request, false);
    // A connection breaks once, whatever the number of requests on it: this needs no budget.
    follow(request, conclusion, now);
  }
}

// Takes no more requests, and ends with the last one that is on it.
void Dispatcher::retire(ConnectionId connection, Instant now) {
  if (const auto node = nodes_.find(connection)) {
    nodes_.closed(
        *node, Status(StatusCode::Unreachable, to_text(nodes_[*node].address) + ": it fell silent"),
        true, now);
  }
  const auto line = lines_.find(connection);
  if (line == lines_.end()) return;
  line->second.retired = true;
  if (line->second.outstanding > 0) return;
  lines_.erase(line);
  carrier_.close(connection);
}

}  // namespace starling

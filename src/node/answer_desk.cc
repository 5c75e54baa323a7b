#include "node/answer_desk.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/operation.h"
#include "node/request_trace.h"
#include "quorum/actions.h"
#include "ring/ring.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// Incarnation, lineage and counter: enough to tell siblings apart and to find a write in the logs.
std::string dot_text(const Dot& dot) {
  return to_text(dot.actor.incarnation.value) + "-" + std::to_string(dot.actor.lineage) + "." +
         std::to_string(dot.counter);
}

std::vector<SiblingReply> live_values(SiblingSet record) {
  std::vector<SiblingReply> values;
  for (Sibling& sibling : std::move(record).take_siblings()) {
    if (!sibling.is_live_value()) continue;
    values.push_back(SiblingReply{.value = std::move(sibling.value),
                                  .content_type = std::move(sibling.content_type),
                                  .modified = sibling.modified,
                                  .dot = dot_text(sibling.dot)});
  }
  return values;
}

}  // namespace

void AnswerDesk::answer_put(const Operation& operation, const AnswerPut& answer) {
  send(operation.origin, false,
       PutReply{.context = contexts_.encode(operation.address.bucket, operation.address.key,
                                            answer.context),
                .siblings = answer.siblings,
                .level = operation.level,
                .replies = answer.replies,
                .route = route_of(operation)});
}

void AnswerDesk::answer_get(const Operation& operation, AnswerGet answer) {
  const auto* const origin = std::get_if<FromClient>(&operation.origin);
  if (origin == nullptr) return;
  const KeyAddress& address = operation.address;
  if (answer.record.clock().size() > kContextEntriesMax) {
    return answer_error(
        operation.origin,
        {.status = Status(StatusCode::TooLarge, "the key's history has more than " +
                                                    std::to_string(kContextEntriesMax) +
                                                    " entries: no context can name them all"),
         .replies = answer.replies,
         .nothing_minted = true});
  }
  GetReply reply{
      .context = contexts_.encode(address.bucket, address.key, answer.record.clock()),
      .level = operation.level,
      .replies = answer.replies,
      .repaired = answer.repaired,
      .protected_read = answer.protected_read,
      .route = route_of(operation),
  };
  reply.checksum = checksum_of(address.key, answer.record.siblings());
  reply.siblings = live_values(std::move(answer.record));
  count_values(reply);
  reply.trace = trace_for(operation.origin, {});
  transport_.reply(origin->client, std::move(reply));
}

void AnswerDesk::count_values(const GetReply& reply) {
  if (reply.siblings.empty()) return;
  std::uint64_t bytes = 0;
  for (const SiblingReply& sibling : reply.siblings) bytes += sibling.value.size();
  metrics_.get_bytes.record(bytes);
  metrics_.read_siblings.record(std::uint64_t{reply.siblings.size()});
}

void AnswerDesk::answer_error(const Origin& origin, const AnswerError& answer) {
  // A damaged record is a replica's trouble; to whoever asked, that replica was not available.
  const bool damaged = answer.status.code() == StatusCode::Corruption;
  Status status =
      damaged ? Status(StatusCode::Unavailable, answer.status.message()) : answer.status;
  send(origin, answer.nothing_minted,
       ErrorReply{.status = std::move(status),
                  .replies = answer.replies,
                  .route = {.epoch = cluster_.ring().epoch(), .owner = {}}});
}

void AnswerDesk::pass_on(const Operation& operation, PassOn answer) {
  std::visit([&](auto& reply) { reply.route = route_of(operation); }, answer.reply);
  send(operation.origin, false, std::move(answer.reply));
}

void AnswerDesk::reply(const ClientHandle& client, ClientReply reply) {
  transport_.reply(client, std::move(reply));
}

void AnswerDesk::refuse(const ClientHandle& client, Status status) {
  metrics_.count_refusal(status.code());
  transport_.reply(client, ErrorReply{.status = std::move(status), .replies = {}});
}

RouteHint AnswerDesk::route_of(const Operation& operation) const {
  const Ring& ring = cluster_.ring();
  RouteHint route{.epoch = ring.epoch(), .owner = {}};
  if (ring.reads_at(cluster_.self(), operation.place.partition)) return route;
  for (const ReplicaView::Node& node : cluster_.replicas_of(operation.place.token).readers()) {
    if (!node.reachable) continue;
    route.owner = node.node;
    break;
  }
  return route;
}

Trace AnswerDesk::trace_for(const Origin& origin, Trace inner) const {
  const RequestTrace& trace = trace_of(origin);
  if (!trace.is_for_client()) return {};
  return with_inner(trace.told(cluster_.ring(), cluster_.self()), std::move(inner));
}

void AnswerDesk::send(const Origin& origin, bool nothing_minted,
                      std::variant<ErrorReply, PutReply> reply) {
  std::visit([&](auto& body) { body.trace = trace_for(origin, std::move(body.trace)); }, reply);
  if (const auto* const peer = std::get_if<FromPeer>(&origin)) {
    outbox_.send(peer->node, ForwardedPutReply{.operation = peer->operation,
                                               .nothing_minted = nothing_minted,
                                               .reply = std::move(reply)});
    return;
  }
  ClientHandle client;
  if (const auto* const direct = std::get_if<FromClient>(&origin)) {
    client = direct->client;
  } else if (const auto* const deletion = std::get_if<FirstReadOfDelete>(&origin)) {
    client = deletion->client;
  } else {
    return;
  }
  std::visit([&](auto&& body) { transport_.reply(client, std::forward<decltype(body)>(body)); },
             std::move(reply));
}

}  // namespace starling

#include "client/exchange.h"

#include <string>
#include <variant>

#include "starling/status.h"

#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

template <typename Message>
bool holds(const ClientReply& reply) {
  return std::holds_alternative<Message>(reply);
}

// The reply that belongs to each request.
struct IsExpected {
  const ClientReply& reply;
  bool operator()(const ClientPut& /*put*/) const { return holds<PutReply>(reply); }
  bool operator()(const ClientGet& /*get*/) const { return holds<GetReply>(reply); }
  bool operator()(const ClientDelete& /*erase*/) const { return holds<PutReply>(reply); }
  bool operator()(const ClientKeys& /*keys*/) const { return holds<KeysReply>(reply); }
  bool operator()(const ClientClusterStatus& /*status*/) const {
    return holds<ClusterStatusReply>(reply);
  }
  bool operator()(const ClientClusterRing& /*ring*/) const {
    return holds<ClusterRingReply>(reply);
  }
  bool operator()(const ClientClusterDigest& /*digest*/) const {
    return holds<ClusterDigestReply>(reply);
  }
  bool operator()(const ClientClusterTasks& /*tasks*/) const {
    return holds<ClusterTasksReply>(reply);
  }
  bool operator()(const ClientClusterRepair& /*repair*/) const {
    return holds<ClusterRepairReply>(reply);
  }
  bool operator()(const ClientClusterChange& /*change*/) const {
    return holds<ClusterChangeReply>(reply);
  }
  bool operator()(const ClientNodeInfo& /*info*/) const { return holds<NodeInfoReply>(reply); }
};

Conclusion conclude_without_answer(const ClientRequestBody& request, const std::string& problem) {
  if (is_write(request)) {
    return {
        .status = Status(StatusCode::InDoubt, problem + ": the write may or may not be applied"),
        .may_try_next = false};
  }
  return {.status = Status(StatusCode::Unavailable, problem), .may_try_next = true};
}

}  // namespace

bool is_write(const ClientRequestBody& request) {
  if (const auto* const change = std::get_if<ClientClusterChange>(&request)) {
    return change->order.verb != ChangeVerb::Plan;
  }
  return std::holds_alternative<ClientPut>(request) ||
         std::holds_alternative<ClientDelete>(request);
}

Status check_reply(const ClientRequestBody& request, const ClientReply& reply) {
  if (std::holds_alternative<ErrorReply>(reply)) return Status::success();
  if (!std::visit(IsExpected{reply}, request)) {
    return {StatusCode::Failure, "the server gave an answer of the wrong kind"};
  }
  const auto* const get = std::get_if<ClientGet>(&request);
  if (get == nullptr) return Status::success();
  const auto& read = std::get<GetReply>(reply);
  if (checksum_of(get->address.key, read.siblings) == read.checksum) return Status::success();
  return {StatusCode::Failure, "the value was damaged on its way: its checksum differs"};
}

Conclusion conclude(const ClientRequestBody& request, const Exchange& exchange) {
  if (exchange.outcome == ExchangeOutcome::NotSent) {
    return {.status = exchange.problem, .may_try_next = true};
  }
  if (exchange.outcome == ExchangeOutcome::NoAnswer) {
    return conclude_without_answer(request, exchange.problem.message());
  }
  const ClientReply& reply = exchange.reply.value();
  const Status sound = check_reply(request, reply);
  if (!sound.ok()) return conclude_without_answer(request, sound.message());
  const auto* const error = std::get_if<ErrorReply>(&reply);
  if (error == nullptr) return {.status = Status::success(), .may_try_next = false};
  const bool retryable = is_retryable(error->status.code());
  return {.status = Status(error->status)
                        .with_replies(error->replies.required, error->replies.received)
                        .with_trace(error->trace),
          .may_try_next = retryable};
}

Status more_telling(Status first, Status second) {
  if (first.ok()) return second;
  if (second.ok()) return first;
  const bool both =
      first.code() == StatusCode::Unreachable && second.code() == StatusCode::Unreachable;
  if (both) return {StatusCode::Unreachable, first.message() + "; " + second.message()};
  return first.code() == StatusCode::Unreachable ? second : first;
}

}  // namespace starling

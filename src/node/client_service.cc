#include "node/client_service.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/coordinator.h"
#include "node/operation.h"
#include "node/task_service.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

Status check_address(const KeyAddress& address) {
  STARLING_RETURN_IF_ERROR(check_bucket(address.bucket));
  return check_key(address.key);
}

Status check_put(const ClientPut& put) {
  STARLING_RETURN_IF_ERROR(check_address(put.address));
  STARLING_RETURN_IF_ERROR(check_value(put.value));
  if (put.content_type.size() > kContentTypeBytesMax) {
    return {StatusCode::TooLarge, "the content type has more than 255 bytes"};
  }
  if (checksum_of(put.address.key, put.content_type, put.value) != put.checksum) {
    return {StatusCode::Failure, "the value was damaged between client and server: send it again"};
  }
  return Status::success();
}

bool is_of_data(const ClientRequestBody& body) {
  return std::holds_alternative<ClientPut>(body) || std::holds_alternative<ClientGet>(body) ||
         std::holds_alternative<ClientDelete>(body) || std::holds_alternative<ClientKeys>(body);
}

Status check_remaining(Duration remaining) {
  if (remaining <= kTimeoutMax) return Status::success();
  return {StatusCode::Usage, "the timeout is longer than 60s, the longest that is kept"};
}

}  // namespace

void ClientService::on_request(const ClientHandle& client, ClientRequest request) {
  if (draining_) {
    return desk_.refuse(
        client, Status(StatusCode::Unavailable, "this node is shutting down: ask another one"));
  }
  const Status remaining = check_remaining(request.remaining);
  if (!remaining.ok()) return desk_.refuse(client, remaining);
  if (request.remaining <= Duration::zero()) {
    return desk_.refuse(client, Status(StatusCode::Unavailable, "the deadline passed on the way"));
  }
  const Status member = admin_.check_member();
  if (is_of_data(request.body) && !member.ok()) return desk_.refuse(client, member);
  std::visit(
      [&](auto&& body) { serve(client, std::forward<decltype(body)>(body), request.remaining); },
      std::move(request.body));
}

void ClientService::serve(const ClientHandle& client, ClientPut put, Duration remaining) {
  const Status checked = check_put(put);
  if (!checked.ok()) return desk_.refuse(client, checked);
  Result<VectorClock> context = open_context(put.address, put.context);
  if (!context.ok()) return desk_.refuse(client, context.status());
  const Instant now = clock_.now();
  coordinator_.put(FromClient{.client = client, .started = now},
                   PutCommand{.address = std::move(put.address),
                              .kind = SiblingKind::Value,
                              .value = std::move(put.value),
                              .content_type = std::move(put.content_type),
                              .modified = clock_.wall_now(),
                              .context = std::move(*context),
                              .levels = put.levels,
                              .request = put.request,
                              .checksum = put.checksum,
                              .trace = put.trace},
                   now, now + remaining);
}

void ClientService::serve(const ClientHandle& client, ClientGet get, Duration remaining) {
  const Status checked = check_address(get.address);
  if (!checked.ok()) return desk_.refuse(client, checked);
  Result<VectorClock> session = open_context(get.address, get.context);
  if (!session.ok()) return desk_.refuse(client, session.status());
  const Instant now = clock_.now();
  coordinator_.get(FromClient{.client = client, .started = now},
                   {.address = std::move(get.address),
                    .levels = get.levels,
                    .session = std::move(*session),
                    .trace = get.trace},
                   now, now + remaining);
}

void ClientService::serve(const ClientHandle& client, ClientDelete deletion, Duration remaining) {
  const Status checked = check_address(deletion.address);
  if (!checked.ok()) return desk_.refuse(client, checked);
  Result<VectorClock> context = open_context(deletion.address, deletion.context);
  if (!context.ok()) return desk_.refuse(client, context.status());
  const Instant now = clock_.now();
  if (deletion.context.empty()) {
    KeyAddress address = deletion.address;
    const ReadLevels levels = deletion.read_levels;
    const bool trace = deletion.trace;
    return coordinator_.get(
        FirstReadOfDelete{.client = client,
                          .request = std::move(deletion),
                          .modified = clock_.wall_now(),
                          .started = now},
        {.address = std::move(address), .levels = levels, .session = {}, .trace = trace}, now,
        now + remaining);
  }
  const std::uint64_t checksum = checksum_of(deletion.address.key, "", "");
  coordinator_.put(FromClient{.client = client, .started = now},
                   PutCommand{.address = std::move(deletion.address),
                              .kind = SiblingKind::Tombstone,
                              .value = {},
                              .content_type = {},
                              .modified = clock_.wall_now(),
                              .context = std::move(*context),
                              .levels = deletion.levels,
                              .request = deletion.request,
                              .checksum = checksum,
                              .trace = deletion.trace},
                   now, now + remaining);
}

void ClientService::serve(const ClientHandle& client, const ClientKeys& keys, Duration remaining) {
  const Instant now = clock_.now();
  const Status begun = listings_.begin(client, keys, now, now + remaining);
  if (!begun.ok()) desk_.refuse(client, begun);
}

void ClientService::serve(const ClientHandle& client, const ClientClusterStatus& /*request*/,
                          Duration remaining) {
  ask_all(client, TaskService::Question::Status, remaining);
}

void ClientService::serve(const ClientHandle& client, const ClientClusterTasks& /*request*/,
                          Duration remaining) {
  ask_all(client, TaskService::Question::Tasks, remaining);
}

void ClientService::serve(const ClientHandle& client, const ClientClusterRepair& request,
                          Duration remaining) {
  const Instant now = clock_.now();
  const Status begun = repairs_.begin(client, request.order, now, now + remaining);
  if (!begun.ok()) desk_.refuse(client, begun);
}

void ClientService::serve(const ClientHandle& client, const ClientClusterChange& request,
                          Duration remaining) {
  const Instant now = clock_.now();
  const Status begun = changes_.begin(client, request.order, now, now + remaining);
  if (!begun.ok()) desk_.refuse(client, begun);
}

void ClientService::ask_all(const ClientHandle& client, TaskService::Question question,
                            Duration remaining) {
  const Instant now = clock_.now();
  const Status begun = tasks_.begin(client, question, now, now + remaining);
  if (!begun.ok()) desk_.refuse(client, begun);
}

void ClientService::serve(const ClientHandle& client, const ClientClusterRing& request,
                          Duration /*remaining*/) {
  if (!request.address.has_value()) return desk_.reply(client, admin_.cluster_ring());
  const Status checked = check_address(*request.address);
  if (!checked.ok()) return desk_.refuse(client, checked);
  desk_.reply(client, admin_.preference_list(*request.address));
}

void ClientService::serve(const ClientHandle& client, const ClientClusterDigest& /*request*/,
                          Duration remaining) {
  const Instant now = clock_.now();
  const Status begun = admin_.begin_digest(client, now, now + remaining);
  if (!begun.ok()) desk_.refuse(client, begun);
}

void ClientService::serve(const ClientHandle& client, const ClientNodeInfo& /*request*/,
                          Duration /*remaining*/) {
  desk_.reply(client, admin_.node_info(clock_.now(), clock_.cpu_used()));
}

Result<VectorClock> ClientService::open_context(const KeyAddress& address,
                                                const std::string& context) const {
  if (context.empty()) return VectorClock();
  return desk_.contexts().decode(address.bucket, address.key, context);
}

}  // namespace starling

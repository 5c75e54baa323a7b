#include "node/repair_command.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

// After what time one may see whether the other run is over.
constexpr std::chrono::milliseconds kOrderBusyRetry{500};

}  // namespace

RepairCommand::RepairCommand(const Neighbours& neighbours, Random random)
    : neighbours_(neighbours), census_(neighbours.cluster, neighbours.peers, random) {}

Status RepairCommand::begin(const ClientHandle& client, const RepairOrder& order, Instant now,
                            Instant deadline) {
  const std::uint32_t partitions = neighbours_.cluster.ring().partitions();
  if (order.partition.has_value() && order.partition->value >= partitions) {
    return {StatusCode::Usage, "there is no partition " + std::to_string(order.partition->value) +
                                   ": this cluster has 0 to " + std::to_string(partitions - 1)};
  }
  STARLING_ASSIGN_OR_RETURN(asking, const Census::Begun begun,
                            census_.begin(client, order, now, deadline));
  // One at a time: none of them is answered within the call.
  for (const NodeId member : begun.asked) {
    neighbours_.outbox.send(member, OrderedRepair{.operation = begun.operation, .order = order});
  }
  return Status::success();
}

void RepairCommand::on_reply(NodeId from, const OrderedRepairReply& reply) {
  const std::optional<Census::Count> over = census_.on_answer(from, reply.operation, reply);
  if (over.has_value()) finish(*over);
}

void RepairCommand::on_peer_down(NodeId peer) {
  for (const Census::Count& over : census_.on_peer_down(peer)) finish(over);
}

void RepairCommand::on_timer(Instant now) {
  for (const Census::Count& over : census_.on_timer(now)) finish(over);
}

void RepairCommand::finish(const Census::Count& count) {
  const Ring& ring = neighbours_.cluster.ring();
  ClusterRepairReply reply{.partitions =
                               count.question.partition.has_value() ? 1 : ring.partitions()};
  for (const RingMember& member : ring.members()) {
    const auto answer = count.answers.find(member.id);
    if (answer == count.answers.end()) {
      // One that is awaited may be slow; the others were down from the beginning, or went.
      (count.awaited.contains(member.id) ? reply.unanswered : reply.absent).push_back(member.name);
      continue;
    }
    switch (answer->second.standing) {
      case RepairStanding::Known:
        reply.progress += answer->second.progress;
        break;
      case RepairStanding::NotCounting:
        reply.absent.push_back(member.name);
        break;
      case RepairStanding::Busy:
        return neighbours_.desk.refuse(
            count.client,
            Status(StatusCode::Overloaded, member.name + " is running another repair: wait "
                                                         "for its end (cluster tasks)")
                .with_retry_after(kOrderBusyRetry));
    }
  }
  neighbours_.desk.reply(count.client, std::move(reply));
}

}  // namespace starling

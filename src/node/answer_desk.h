#pragma once

// AnswerDesk: turns what an operation decided into the reply that a client or a forwarding
// coordinator gets. Contexts are sealed here, and only here.

#include <variant>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "env/transport.h"
#include "message/client_messages.h"
#include "node/cluster_view.h"
#include "node/node_metrics.h"
#include "node/operation.h"
#include "node/outbox.h"
#include "quorum/actions.h"
#include "version/context_codec.h"

namespace starling {

class AnswerDesk {
 public:
  AnswerDesk(const ClusterView& cluster, Transport& transport, Outbox& outbox,
             const ContextCodec& contexts, NodeMetrics& metrics)
      : cluster_(cluster),
        transport_(transport),
        outbox_(outbox),
        contexts_(contexts),
        metrics_(metrics) {}

  [[nodiscard]] const ContextCodec& contexts() const { return contexts_; }

  // The origin says who is answered. Listings, and the values that the first read of a delete
  // found, stay with the coordinator.
  void answer_put(const Operation& operation, const AnswerPut& answer);
  void answer_get(const Operation& operation, AnswerGet answer);
  void answer_error(const Origin& origin, const AnswerError& answer);
  void pass_on(const Operation& operation, PassOn answer);

  void reply(const ClientHandle& client, ClientReply reply);
  void refuse(const ClientHandle& client, Status status);

 private:
  // Whom the client should ask about that key from now on.
  [[nodiscard]] RouteHint route_of(const Operation& operation) const;
  void count_values(const GetReply& reply);
  // What the client asked to be told; `inner`: what the node said that the put was forwarded to.
  [[nodiscard]] Trace trace_for(const Origin& origin, Trace inner) const;
  void send(const Origin& origin, bool nothing_minted, std::variant<ErrorReply, PutReply> reply);

  const ClusterView& cluster_;
  Transport& transport_;
  Outbox& outbox_;
  const ContextCodec& contexts_;
  NodeMetrics& metrics_;
};

}  // namespace starling

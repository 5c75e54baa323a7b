#pragma once

// ClientService: the door for clients. It checks every text and number of a request before anything
// begins, opens the context, and hands the request to whoever serves it. What it refuses has
// changed nothing.

#include "starling/result.h"

#include "base/time.h"
#include "env/clock.h"
#include "message/client_messages.h"
#include "node/admin_service.h"
#include "node/answer_desk.h"
#include "node/change_desk.h"
#include "node/coordinator.h"
#include "node/listing_service.h"
#include "node/repair_command.h"
#include "node/task_service.h"
#include "version/vector_clock.h"

namespace starling {

class ClientService {
 public:
  // Who answers questions about the cluster.
  struct Administration {
    AdminService& admin;
    TaskService& tasks;
    RepairCommand& repairs;
    ChangeDesk& changes;
  };

  ClientService(const Clock& clock, AnswerDesk& desk, Coordinator& coordinator,
                ListingService& listings, const Administration& administration)
      : clock_(clock),
        desk_(desk),
        coordinator_(coordinator),
        listings_(listings),
        admin_(administration.admin),
        tasks_(administration.tasks),
        repairs_(administration.repairs),
        changes_(administration.changes) {}

  void on_request(const ClientHandle& client, ClientRequest request);

  // From here on new requests are refused; those under way go on.
  void begin_drain() { draining_ = true; }

 private:
  void serve(const ClientHandle& client, ClientPut put, Duration remaining);
  void serve(const ClientHandle& client, ClientGet get, Duration remaining);
  void serve(const ClientHandle& client, ClientDelete deletion, Duration remaining);
  void serve(const ClientHandle& client, const ClientKeys& keys, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterStatus& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterRing& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterDigest& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientNodeInfo& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterTasks& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterRepair& request, Duration remaining);
  void serve(const ClientHandle& client, const ClientClusterChange& request, Duration remaining);
  void ask_all(const ClientHandle& client, TaskService::Question question, Duration remaining);
  // The clock that a context stands for; the empty one for no context.
  [[nodiscard]] Result<VectorClock> open_context(const KeyAddress& address,
                                                 const std::string& context) const;

  const Clock& clock_;
  AnswerDesk& desk_;
  Coordinator& coordinator_;
  ListingService& listings_;
  AdminService& admin_;
  TaskService& tasks_;
  RepairCommand& repairs_;
  ChangeDesk& changes_;
  bool draining_ = false;
};

}  // namespace starling

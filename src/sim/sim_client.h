#pragma once

// SimClient: one client of the simulated cluster: blind and informed writes, deletes, reads at all
// levels, session reads, listings, over connections that it changes and sometimes drops. It says
// only what the wire protocol allows, keeps contexts as opaque texts, and never repeats a request:
// each attempt is an event of its own in the history.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "message/client_messages.h"
#include "sim/client_wire.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/history.h"
#include "sim/mark_board.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"
#include "sim/violation.h"
#include "version/context_codec.h"

namespace starling::sim {

// What all clients of a run share.
struct ClientWorld {
  const WorkloadPlan& plan;
  EventQueue& events;
  SimCluster& cluster;
  History& history;
  Trace& trace;
  MarkBoard& marks;
  ContextCodec codec;
  std::vector<Violation> violations;
  bool stopped = false;  // no new requests
};

class SimClient final : public ClientWire::Client {
 public:
  SimClient(ClientWorld& world, std::uint32_t number, const Random& random);
  // Its connections end with it: a node that stops later has nobody to tell.
  ~SimClient() override;
  SimClient(const SimClient&) = delete;
  SimClient& operator=(const SimClient&) = delete;
  SimClient(SimClient&&) = delete;
  SimClient& operator=(SimClient&&) = delete;

  void begin();
  // One read of the liveness phase, at `required` replicas.
  void read_at(std::uint32_t node, std::uint32_t key, std::uint32_t required);

  void on_reply(std::uint64_t request, const ClientReply& reply) override;
  void on_hung_up(std::uint64_t connection) override;

  [[nodiscard]] bool is_idle() const { return under_way_.empty(); }

 private:
  // What the client remembers of a key.
  struct Memory {
    HeldContext from_get;
    HeldContext from_put;
  };
  struct Request {
    Operation operation;
    ClientRequestBody body;
  };

  void think();
  void issue();
  [[nodiscard]] OperationKind draw_kind(bool& informed);
  [[nodiscard]] const HeldContext& draw_context(const Memory& memory);
  [[nodiscard]] Request make_put(std::uint32_t key, bool informed);
  [[nodiscard]] Request make_delete(std::uint32_t key, bool informed);
  [[nodiscard]] Request make_get(std::uint32_t key, bool session);
  [[nodiscard]] Request make_keys();
  [[nodiscard]] WriteLevels draw_write_levels(Operation& operation);
  [[nodiscard]] ReadLevels draw_read_levels(Operation& operation);
  void add_write(Operation& operation, bool is_delete, std::uint64_t value_hash);
  void send(Request request, std::uint32_t node);
  void choose_node();
  void finish(Operation& operation, Outcome outcome);
  void note(const Operation& operation, const std::string& text);

  void take_error(Operation& operation, const ErrorReply& reply);
  void take_put(Operation& operation, const PutReply& reply);
  void take_get(Operation& operation, const GetReply& reply);
  void take_keys(Operation& operation, const KeysReply& reply);
  // Against what the answer says.
  void check_trace(const Operation& operation, const ClientReply& reply);
  void mark_write(const Operation& operation, const PutReply& reply);
  void mark_get(const Operation& operation, const GetReply& reply);
  [[nodiscard]] VectorClock open_context(const Operation& operation, const std::string& text);
  void accuse(const Operation& operation, const char* checker, std::string text);

  ClientWorld& world_;
  std::uint32_t number_;
  Random random_;
  Random sloppiness_;
  Random tracing_;
  std::uint32_t node_ = 0;
  std::uint64_t connection_ = 0;
  std::map<std::uint32_t, Memory> memories_;          // by key
  std::map<std::uint64_t, std::uint64_t> under_way_;  // request -> connection
  std::map<std::uint64_t, ClientKeys> listings_;      // request -> its next page
};

}  // namespace starling::sim

#pragma once

// Coordinator: runs the requests that reached this node (Dynamo, section 4.5: any node coordinates
// any request). It creates an operation for each, feeds it replies, timers and news of the cluster,
// and carries out the actions that it returns. The operations decide; nothing is decided here but
// who coordinates a put: an owner, or whoever it is forwarded to.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/answer_desk.h"
#include "node/cluster_view.h"
#include "node/detector_service.h"
#include "node/forward_memory.h"
#include "node/handoff_service.h"
#include "node/latency_meter.h"
#include "node/local_mint.h"
#include "node/node_metrics.h"
#include "node/operation.h"
#include "node/operation_table.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "node/request_trace.h"
#include "node/slow_requests.h"
#include "quorum/actions.h"
#include "ring/row_demand.h"

namespace starling {

struct CoordinatorOptions {
  std::size_t operations_max = 0;
  std::size_t operation_bytes_max = 0;
  std::size_t draining_bytes_max = 0;
  std::size_t large_put_bytes_max = 0;
  Duration replica_patience{};
  Duration slow_request{};  // what takes as long is logged; zero: nothing is
  PlantedBug planted = PlantedBug::None;
};

// What a finished scan of one partition hands to its listing.
struct ScanAnswer {
  std::uint64_t listing = 0;
  std::variant<AnswerScan, AnswerError> answer;
};

// What the other replicas hold of a record that is to be mended, or why they could not say.
struct MendAnswer {
  std::uint64_t place = 0;
  std::variant<AnswerGet, AnswerError> answer;
};

// Answers to what this node itself asked.
struct InnerAnswers {
  std::vector<ScanAnswer> scans;
  std::vector<MendAnswer> mends;
  [[nodiscard]] bool empty() const { return scans.empty() && mends.empty(); }
};

class Coordinator {
 public:
  // Requests that were answered and still wait for late replies, to repair what those show, or to
  // keep what they miss. Enough for what a healthy cluster has in flight; a silent replica must not
  // fill the memory with them.
  static constexpr std::size_t kDrainingMax = 4096;

  // The neighbours outlive the coordinator.
  struct Neighbours {
    const ClusterView& cluster;
    const PeerTable& peers;
    DetectorService& detector;
    Outbox& outbox;
    ReplicaService& replica;
    LocalMint& mint;
    HandoffService& handoff;
    AnswerDesk& desk;
    NodeMetrics& metrics;
    LatencyMeter& read_latencies;  // of clients' gets
    Log& log;
  };

  Coordinator(const Neighbours& neighbours, const CoordinatorOptions& options, Random random);

  struct GetCommand {
    KeyAddress address;
    ReadLevels levels;
    VectorClock session;
    bool trace = false;
  };
  struct ScanRequest {
    PartitionId partition;
    std::string bucket;
    ScanCommand scan;
    std::optional<KeyAddress> after;
    ReadLevels levels;
  };

  // Requests, with their texts checked and their contexts opened. Each is answered exactly once,
  // by `deadline` at the latest.
  void put(Origin origin, PutCommand put, Instant now, Instant deadline);
  void get(Origin origin, GetCommand get, Instant now, Instant deadline);
  void scan(std::uint64_t listing, ScanRequest request, Instant now, Instant deadline);

  void on_forwarded_put(NodeId from, ForwardedPut forwarded, Instant now);
  void on_write_reply(NodeId from, const ReplicaWriteReply& reply, Instant now);
  void on_hint_reply(NodeId from, const HintWriteReply& reply, Instant now);
  void on_read_reply(NodeId from, ReplicaReadReply reply, Instant now);
  void on_scan_reply(NodeId from, ScanRangeReply reply, Instant now);
  void on_forwarded_reply(NodeId from, ForwardedPutReply reply, Instant now);
  void on_peer_down(NodeId peer, Instant now);
  // A newer ring was adopted: operations whose row changed begin again there, under a new id.
  void on_new_ring(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  // Answers to this node's own questions since the last call.
  [[nodiscard]] InnerAnswers take_inner_answers();
  // Requests that are not answered yet.
  [[nodiscard]] std::size_t unanswered() const { return unanswered_; }
  // Values and records of all requests under way.
  [[nodiscard]] std::size_t held_bytes() const { return table_.bytes(); }
  // The answered ones included that wait for late replies.
  [[nodiscard]] std::size_t operations() const { return table_.size(); }
  void check_invariants() const;

 private:
  void put_here(Origin origin, PutCommand put, Instant now, Instant deadline);
  void forward(Origin origin, PutCommand put, Instant now, Instant deadline);
  // Begins `operation`, or tells its origin that too much is under way.
  void begin(Operation operation, Instant now);
  [[nodiscard]] bool has_place(const Origin& origin) const;
  [[nodiscard]] bool has_bytes(const Origin& origin, std::size_t value_bytes) const;
  [[nodiscard]] Status make_room(const Origin& origin, std::size_t value_bytes, Instant now);
  [[nodiscard]] Place place_of(const KeyAddress& address) const;
  void refuse(const Origin& origin, Status status);
  // To a client, to a peer, or to a part of this node.
  void answer_error(const Origin& origin, const AnswerError& answer);

  // Carries out what the operation decided, and forgets it when it is through.
  void perform(Operation& operation, Actions actions, Instant now);
  void perform_one(Operation& operation, Action& action, Actions& more, Instant now);
  void mint_locally(Operation& operation, Actions& more, Instant now);
  void spare_the_crowded(Operation& operation, SendWrite& write, Actions& more);
  void keep_hint(Operation& operation, KeepHint& hint, Actions& more, Instant now);
  void refuse_write(Operation& operation, const SendWrite& write, Actions& more);
  void finish_get(Operation& operation, AnswerGet answer, Instant now);
  void finish_scan(const Operation& operation, AnswerScan answer);
  void finish_first_read(Operation& operation, FirstReadOfDelete& deletion, const AnswerGet& answer,
                         Instant now);
  void begin_again(Operation& operation, Instant now);
  // Hands an event to the machine of an operation, if it is there and of that kind. `heard`: how
  // its trace shows it.
  template <typename Machine, typename Event>
  void feed(OperationId id, Instant now, const TraceNote& heard, const Event& event);
  void note_answered(Operation& operation);
  // Measures what a client gets as the answer to its request, and ends the request's trace.
  void count_answer(Operation& operation, StatusCode result, Instant now);
  void count_read_reply(NodeId from, OperationId id, Instant now);
  // Of a request from outside, unless it is on already or nobody would read it. `wanted`: by the
  // client.
  void start_trace(Origin& origin, bool wanted, Instant now) const;
  void hear(Operation& operation, const TraceNote& heard, Instant now) const;
  void hear_disk(NodeId from, const ReplicaWriteReply& reply, Instant now);
  void end_trace(Operation& operation, StatusCode result, Instant now);
  // An answered read goes on for the repairs that late replies show to be needed, an answered put
  // for the slots that have not answered: what they miss is kept for them.
  void keep_draining(Operation& operation);
  void limit_draining(Instant now);
  void drop_oldest_draining(Instant now);
  // After a refused mint: whether another owner may judge differently, and if so asks it.
  [[nodiscard]] bool mint_elsewhere(Operation& operation, const Status& refusal, Actions& more);
  void doubt_silent_peers(const Operation& operation, Instant now);
  // How many slots of the partition count.
  [[nodiscard]] RowNumbers numbers_of(PartitionId partition) const;
  [[nodiscard]] Envelope envelope_of(const Operation& operation, Instant now) const;

  Neighbours neighbours_;
  CoordinatorOptions options_;
  OperationTable table_;
  std::size_t unanswered_ = 0;
  ForwardMemory forwarded_here_;
  std::deque<OperationId> draining_;  // oldest first; at most kDrainingMax, some of them gone
  InnerAnswers inner_answers_;
  SlowRequests slow_;
};

}  // namespace starling

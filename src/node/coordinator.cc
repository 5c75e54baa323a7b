#include "node/coordinator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/assert.h"
#include "base/byte_budget.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/node_options.h"
#include "node/operation.h"
#include "node/request_trace.h"
#include "quorum/actions.h"
#include "quorum/forward_operation.h"
#include "quorum/get_operation.h"
#include "quorum/put_operation.h"
#include "quorum/quorum_spec.h"
#include "quorum/replica_view.h"
#include "quorum/scan_operation.h"
#include "replica/replica_store.h"
#include "ring/ring.h"
#include "ring/row_demand.h"
#include "ring/token.h"

namespace starling {
namespace {

// What a refused client is told to wait: a few times what an operation takes, so that some have
// ended by then.
constexpr std::chrono::milliseconds kBusyRetry{25};

// A put at an owner takes the syncs of two disks, so several times what a read is given; and far
// less than a deadline, for all puts that follow go to the same owner until it is doubted.
constexpr std::chrono::milliseconds kForwardPatience{500};

std::size_t share_of(const Origin& origin, std::size_t bound) {
  const bool of_client =
      !std::holds_alternative<FromPeer>(origin) && !std::holds_alternative<ForMending>(origin);
  return of_client ? client_share(bound) : bound;
}

Status disk_is_behind() {
  return Status(StatusCode::Overloaded,
                "the disk of this node is behind: too many bytes wait to be committed; nothing was "
                "applied")
      .with_retry_after(kDiskRetry);
}

}  // namespace

Coordinator::Coordinator(const Neighbours& neighbours, const CoordinatorOptions& options,
                         Random random)
    : neighbours_(neighbours),
      options_(options),
      table_(options.operations_max, random.fork("operation ids")),
      slow_(neighbours.log, options.slow_request) {}

void Coordinator::put(Origin origin, PutCommand put, Instant now, Instant deadline) {
  start_trace(origin, put.trace, now);
  const bool mint_here = neighbours_.cluster.mints(place_of(put.address).partition) ||
                         options_.planted == PlantedBug::MintAtNonOwner;
  if (mint_here) {
    put_here(std::move(origin), std::move(put), now, deadline);
  } else {
    forward(std::move(origin), std::move(put), now, deadline);
  }
}

void Coordinator::put_here(Origin origin, PutCommand put, Instant now, Instant deadline) {
  const Place place = place_of(put.address);
  const Result<WriteQuorum> quorum = resolve(put.levels, numbers_of(place.partition));
  if (!quorum.ok()) return refuse(origin, quorum.status());
  if (!std::holds_alternative<FromPeer>(origin) &&
      !neighbours_.mint.has_room_for_clients(put.value.size())) {
    neighbours_.log.write(LogLevel::Trace, "mark: overload: the disk is behind");
    return refuse(origin, disk_is_behind());
  }
  ReplicaView replicas = neighbours_.cluster.replicas_with_stand_ins(place.token);
  if (std::ranges::any_of(replicas.nodes, &ReplicaView::Node::crowded)) {
    neighbours_.log.write(LogLevel::Trace, "mark: overload: a peer was crowded");
  }
  trace_of(origin).note_unreachable(now, replicas);
  PutOperation machine({.self = neighbours_.cluster.self(),
                        .quorum = *quorum,
                        .kind = put.kind,
                        .context = put.context,
                        .deadline = deadline,
                        .sloppy = put.levels.sloppy,
                        .planted = options_.planted},
                       std::move(replicas));
  KeyAddress address = put.address;
  const Level level = put.levels.w;
  begin(Operation{.address = std::move(address),
                  .place = place,
                  .deadline = deadline,
                  .level = level,
                  .origin = std::move(origin),
                  .put = std::move(put),
                  .machine = std::move(machine)},
        now);
}

void Coordinator::forward(Origin origin, PutCommand put, Instant now, Instant deadline) {
  const Place place = place_of(put.address);
  const Result<WriteQuorum> quorum = resolve(put.levels, numbers_of(place.partition));
  if (!quorum.ok()) return refuse(origin, quorum.status());
  ForwardOperation machine(neighbours_.cluster.others_of(place.token), quorum->required(), deadline,
                           now + kForwardPatience);
  KeyAddress address = put.address;
  const Level level = put.levels.w;
  begin(Operation{.address = std::move(address),
                  .place = place,
                  .deadline = deadline,
                  .level = level,
                  .origin = std::move(origin),
                  .put = std::move(put),
                  .machine = std::move(machine)},
        now);
}

void Coordinator::get(Origin origin, GetCommand get, Instant now, Instant deadline) {
  const Place place = place_of(get.address);
  const Result<ReadQuorum> quorum = resolve(get.levels, numbers_of(place.partition));
  if (!quorum.ok()) return refuse(origin, quorum.status());
  ReplicaView replicas = neighbours_.cluster.replicas_to_read(place.token, options_.planted);
  start_trace(origin, get.trace, now);
  trace_of(origin).note_unreachable(now, replicas);
  GetOperation machine({.quorum = *quorum,
                        .session = std::move(get.session),
                        .started = now,
                        .deadline = deadline,
                        .patience = options_.replica_patience,
                        .planted = options_.planted},
                       std::move(replicas));
  begin(Operation{.address = std::move(get.address),
                  .place = place,
                  .deadline = deadline,
                  .level = get.levels.r,
                  .origin = std::move(origin),
                  .read_levels = get.levels,
                  .machine = std::move(machine)},
        now);
}

void Coordinator::scan(std::uint64_t listing, ScanRequest request, Instant now, Instant deadline) {
  const Ring& ring = neighbours_.cluster.ring();
  const Origin origin = ForListing{.listing = listing};
  const Result<ReadQuorum> quorum = resolve(request.levels, ring.numbers(request.partition));
  if (!quorum.ok()) return refuse(origin, quorum.status());
  ScanOperation machine({.quorum = *quorum,
                         .bucket = request.bucket,
                         .token_seed = ring.token_seed(),
                         .after = std::move(request.after),
                         .deadline = deadline},
                        neighbours_.cluster.replicas_of(request.partition));
  begin(Operation{.address = {.bucket = std::move(request.bucket), .key = {}},
                  .place = {.token = {},
                            .partition = request.partition,
                            .row_version = ring.row_version(request.partition)},
                  .deadline = deadline,
                  .level = request.levels.r,
                  .origin = origin,
                  .read_levels = request.levels,
                  .scan = std::move(request.scan),
                  .machine = std::move(machine)},
        now);
}

Place Coordinator::place_of(const KeyAddress& address) const {
  const Ring& ring = neighbours_.cluster.ring();
  const Token token = ring.token_of(address.bucket, address.key);
  const PartitionId partition = ring.partition_of(token);
  return {.token = token, .partition = partition, .row_version = ring.row_version(partition)};
}

bool Coordinator::has_place(const Origin& origin) const {
  return table_.size() < share_of(origin, options_.operations_max);
}

// Among clients, whoever holds most is refused first, and one with little never is. One value
// always finds room, however small the bound: else it would never be taken.
bool Coordinator::has_bytes(const Origin& origin, std::size_t value_bytes) const {
  if (table_.bytes() == 0) return true;
  const std::uint64_t connection = connection_of(origin);
  // What is under way ends in the other replicas' commit queues: large values leave room there.
  const bool large = connection != 0 && value_bytes > kSmallValueBytes;
  if (large && table_.bytes() + value_bytes > options_.large_put_bytes_max) return false;
  const std::size_t all = share_of(origin, options_.operation_bytes_max);
  const std::size_t left = all - std::min(table_.bytes(), all);
  if (connection == 0) return value_bytes <= left;
  return ByteBudget::has_room(left, table_.bytes_of(connection), value_bytes);
}

// Early, before anything has begun: a longer queue would serve nobody sooner. What an answered read
// might still mend is worth less than a request that is not answered yet.
Status Coordinator::make_room(const Origin& origin, std::size_t value_bytes, Instant now) {
  while (!draining_.empty() && !(has_place(origin) && has_bytes(origin, value_bytes))) {
    neighbours_.log.write(LogLevel::Trace, "mark: overload: an old read gave way");
    drop_oldest_draining(now);
  }
  const bool few = has_place(origin);
  if (few && has_bytes(origin, value_bytes)) return Status::success();
  neighbours_.log.write(LogLevel::Trace, few ? "mark: overload: operations hold too many bytes"
                                             : "mark: overload: too many operations");
  return Status(StatusCode::Overloaded, "this node coordinates as many requests as it may (" +
                                            std::to_string(table_.size()) + ", which hold " +
                                            std::to_string(table_.bytes()) +
                                            " bytes): nothing was applied")
      .with_retry_after(kBusyRetry);
}

void Coordinator::keep_draining(Operation& operation) {
  if (operation.draining) return;
  operation.draining = true;
  draining_.push_back(operation.id);
}

void Coordinator::begin(Operation operation, Instant now) {
  operation.begun = now;
  operation.value_bytes = operation.put.has_value() ? operation.put->value.size() : 0;
  Status room = make_room(operation.origin, operation.value_bytes, now);
  if (!room.ok()) return refuse(operation.origin, std::move(room));
  Operation& begun = table_.insert(std::make_unique<Operation>(std::move(operation)));
  ++unanswered_;
  Actions actions;
  std::visit([&](auto& machine) { machine.start(actions); }, begun.machine);
  perform(begun, std::move(actions), now);
}

void Coordinator::on_forwarded_put(NodeId from, ForwardedPut forwarded, Instant now) {
  const ClusterView& cluster = neighbours_.cluster;
  Origin origin = FromPeer{.node = from, .operation = forwarded.envelope.operation};
  // The first copy is answered in its own time. Of a refused put a later copy must not mint, and of
  // a minted one it must not say "nothing was applied".
  if (!forwarded_here_.is_new(from, forwarded.envelope.operation, now)) return;
  if (forwarded.envelope.remaining <= Duration::zero()) {
    return refuse(origin, Status(StatusCode::Unavailable, "the deadline passed on the way"));
  }
  const KeyAddress& address = forwarded.put.address;
  const PartitionId partition =
      cluster.ring().partition_of(cluster.ring().token_of(address.bucket, address.key));
  const bool same_row = forwarded.envelope.row_version == cluster.ring().row_version(partition);
  // A forwarded put is never forwarded again: who is no owner, or sees another row, says so.
  if (!same_row || !cluster.mints(partition)) {
    neighbours_.log.write(LogLevel::Trace, "mark: put: refused a forwarded put");
    return refuse(origin, Status(StatusCode::Unavailable,
                                 "the node it was forwarded to can not mint for this key now"));
  }
  start_trace(origin, forwarded.put.trace, now);
  put_here(std::move(origin), std::move(forwarded.put), now, now + forwarded.envelope.remaining);
}

template <typename Machine, typename Event>
void Coordinator::feed(OperationId id, Instant now, const TraceNote& heard, const Event& event) {
  Operation* const operation = table_.find(id);
  if (operation == nullptr) return;  // finished long ago: the reply is late, not wrong
  auto* const machine = std::get_if<Machine>(&operation->machine);
  if (machine == nullptr) return;  // a peer that answers what it was not asked
  hear(*operation, heard, now);
  Actions actions;
  event(*machine, actions);
  perform(*operation, std::move(actions), now);
}

void Coordinator::on_write_reply(NodeId from, const ReplicaWriteReply& reply, Instant now) {
  if (reply.times.has_value()) hear_disk(from, reply, now);
  TraceNote heard{.kind = TraceEventKind::WriteAnswered, .peer = from, .outcome = reply.outcome};
  feed<PutOperation>(reply.operation, now, heard, [&](PutOperation& put, Actions& actions) {
    put.on_reply(from, reply.outcome, reply.synced, reply.epoch, actions);
  });
  heard.kind = TraceEventKind::RepairAnswered;
  feed<GetOperation>(reply.operation, now, heard, [&](GetOperation& get, Actions& actions) {
    get.on_write_reply(from, reply.outcome, actions);
  });
}

void Coordinator::on_hint_reply(NodeId from, const HintWriteReply& reply, Instant now) {
  const TraceNote heard{
      .kind = TraceEventKind::HintAnswered, .peer = from, .outcome = reply.outcome};
  feed<PutOperation>(reply.operation, now, heard, [&](PutOperation& put, Actions& actions) {
    put.on_hint_reply(from, reply.outcome, reply.synced, actions);
  });
}

void Coordinator::on_read_reply(NodeId from, ReplicaReadReply reply, Instant now) {
  count_read_reply(from, reply.operation, now);
  const TraceNote heard{
      .kind = TraceEventKind::ReadAnswered, .peer = from, .outcome = reply.outcome};
  feed<GetOperation>(reply.operation, now, heard, [&](GetOperation& get, Actions& actions) {
    get.on_read_reply(from, std::move(reply), actions);
  });
}

void Coordinator::on_scan_reply(NodeId from, ScanRangeReply reply, Instant now) {
  feed<ScanOperation>(reply.operation, now, {}, [&](ScanOperation& scan, Actions& actions) {
    scan.on_reply(from, std::move(reply), actions);
  });
}

void Coordinator::on_forwarded_reply(NodeId from, ForwardedPutReply reply, Instant now) {
  const auto* const error = std::get_if<ErrorReply>(&reply.reply);
  const TraceNote heard{.kind = TraceEventKind::ForwardAnswered,
                        .peer = from,
                        .status = error == nullptr ? StatusCode::Ok : error->status.code()};
  feed<ForwardOperation>(reply.operation, now, heard,
                         [&](ForwardOperation& forwarded, Actions& actions) {
                           forwarded.on_reply(from, std::move(reply), actions);
                         });
}

void Coordinator::on_peer_down(NodeId peer, Instant now) {
  for (const OperationId id : table_.ids()) {
    Operation* const operation = table_.find(id);
    if (operation == nullptr) continue;
    operation->trace().note_lost(now, peer);
    Actions actions;
    std::visit([&](auto& machine) { machine.on_peer_down(peer, actions); }, operation->machine);
    perform(*operation, std::move(actions), now);
  }
}

void Coordinator::on_new_ring(Instant now) {
  for (const OperationId id : table_.ids()) {
    Operation* const operation = table_.find(id);
    if (operation == nullptr) continue;
    const Ring& ring = neighbours_.cluster.ring();
    const bool moved = ring.row_version(operation->place.partition) != operation->place.row_version;
    // A forwarded put goes on as it is: its owner alone knows whether it was minted.
    const bool forwarded = std::holds_alternative<ForwardOperation>(operation->machine);
    if (moved && !forwarded) begin_again(*operation, now);
  }
}

void Coordinator::on_timer(Instant now) {
  for (const OperationId id : table_.take_due(now)) {
    Operation* const operation = table_.find(id);
    if (operation == nullptr) continue;
    doubt_silent_peers(*operation, now);
    Actions actions;
    std::visit([&](auto& machine) { machine.on_timer(now, actions); }, operation->machine);
    perform(*operation, std::move(actions), now);
  }
}

std::optional<Instant> Coordinator::next_deadline() const {
  return table_.next_deadline();
}

RowNumbers Coordinator::numbers_of(PartitionId partition) const {
  RowNumbers numbers = neighbours_.cluster.ring().numbers(partition);
  if (options_.planted == PlantedBug::CountTheLiving) {
    // Planted: opinion changes what a majority is of.
    const ReplicaView view = neighbours_.cluster.replicas_of(partition);
    const auto lives = [](const ReplicaView::Node& node) {
      return node.reachable && !node.suspect;
    };
    const auto living = static_cast<std::uint32_t>(
        std::max<std::int64_t>(1, std::ranges::count_if(view.nodes, lives)));
    numbers.reads = std::min(numbers.reads, living);
    numbers.writes.inner = std::min(numbers.writes.inner, living);
    numbers.writes.outer = std::min(numbers.writes.outer, living);
  }
  return numbers;
}

void Coordinator::check_invariants() const {
  STARLING_CHECK(unanswered_ <= table_.size());
  STARLING_CHECK(draining_.size() <= kDrainingMax);
  STARLING_CHECK(table_.draining_bytes() <= table_.bytes());
}

InnerAnswers Coordinator::take_inner_answers() {
  return std::exchange(inner_answers_, {});
}

}  // namespace starling

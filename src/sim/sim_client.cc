#include "sim/sim_client.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "quorum/quorum_spec.h"
#include "sim/history.h"
#include "sim/labelled_value.h"
#include "sim/trace_check.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kFinalDeadline = seconds(10);
constexpr std::uint64_t kTracedOneIn = 4;

Outcome outcome_of(const Status& status) {
  return status.in_doubt() ? Outcome::InDoubt : Outcome::NotApplied;
}

}  // namespace

SimClient::SimClient(ClientWorld& world, std::uint32_t number, const Random& random)
    : world_(world),
      number_(number),
      random_(random),
      sloppiness_(random.fork("sloppy")),
      tracing_(random.fork("traces")) {
  choose_node();
}

SimClient::~SimClient() {
  world_.cluster.clients().forget(*this);
}

void SimClient::begin() {
  for (std::uint32_t i = 0; i < world_.plan.outstanding; ++i) think();
}

void SimClient::think() {
  const Duration pause = random_.between(world_.plan.think_shortest, world_.plan.think_longest);
  world_.events.after(pause, [this] {
    if (!world_.stopped) issue();
  });
}

void SimClient::choose_node() {
  node_ = static_cast<std::uint32_t>(random_.below(world_.cluster.size()));
  connection_ = world_.cluster.clients().connect(node_, *this);
}

OperationKind SimClient::draw_kind(bool& informed) {
  const WorkloadPlan& plan = world_.plan;
  const std::array<std::pair<std::uint32_t, OperationKind>, 6> menu{{
      {plan.blind_put, OperationKind::Put},
      {plan.informed_put, OperationKind::Put},
      {plan.remove, OperationKind::Delete},
      {plan.get, OperationKind::Get},
      {plan.session_get, OperationKind::Get},
      {plan.list_keys, OperationKind::Keys},
  }};
  std::uint64_t total = 0;
  for (const auto& [weight, kind] : menu) total += weight;
  std::uint64_t draw = random_.below(total);
  std::size_t choice = 0;
  while (draw >= menu.at(choice).first) draw -= menu.at(choice++).first;
  // Deletes come with a context mostly; without one the coordinator reads first.
  informed = choice == 1 || choice == 4 || (choice == 2 && random_.below(4) != 0);
  return menu.at(choice).second;
}

void SimClient::issue() {
  if (random_.below(16) == 0) choose_node();
  const auto key = static_cast<std::uint32_t>(random_.below(world_.plan.keys));
  bool informed = false;
  const OperationKind kind = draw_kind(informed);
  if (kind == OperationKind::Put) {
    send(make_put(key, informed), node_);
  } else if (kind == OperationKind::Delete) {
    send(make_delete(key, informed), node_);
  } else if (kind == OperationKind::Get) {
    send(make_get(key, informed), node_);
  } else {
    send(make_keys(), node_);
  }
}

const HeldContext& SimClient::draw_context(const Memory& memory) {
  if (memory.from_put.text.empty()) return memory.from_get;
  if (memory.from_get.text.empty()) return memory.from_put;
  return random_.below(3) == 0 ? memory.from_put : memory.from_get;
}

WriteLevels SimClient::draw_write_levels(Operation& operation) {
  WriteLevels levels;
  const std::uint32_t n = world_.history.replicas;
  if (random_.below(100) >= world_.plan.quorum_percent) {
    const auto w = static_cast<std::uint32_t>(random_.between(1, n));
    levels.w = random_.below(4) == 0 ? Level::all() : Level::count(w);
    if (random_.below(4) == 0) levels.pw = Level::one();
    if (random_.below(4) == 0)
      levels.dw = Level::count(static_cast<std::uint32_t>(random_.between(1, n)));
  }
  const Result<WriteQuorum> quorum = resolve(levels, n);
  STARLING_CHECK(quorum.ok());
  operation.required = quorum->required();
  operation.synced_required = quorum->dw;
  levels.sloppy = sloppiness_.below(100) < world_.plan.sloppy_percent;
  operation.sloppy = levels.sloppy;
  return levels;
}

ReadLevels SimClient::draw_read_levels(Operation& operation) {
  ReadLevels levels;
  const std::uint32_t n = world_.history.replicas;
  if (random_.below(100) >= world_.plan.quorum_percent) {
    const auto r = static_cast<std::uint32_t>(random_.between(1, n));
    levels.r = random_.below(4) == 0 ? Level::all() : Level::count(r);
  }
  const Result<ReadQuorum> quorum = resolve(levels, n);
  STARLING_CHECK(quorum.ok());
  operation.required = quorum->r;
  return levels;
}

void SimClient::add_write(Operation& operation, bool is_delete, std::uint64_t value_hash) {
  std::vector<WriteRecord>& writes = world_.history.keys.at(operation.key).writes;
  operation.write = static_cast<std::uint32_t>(writes.size());
  WriteRecord write{static_cast<std::uint32_t>(world_.history.operations.size()), is_delete,
                    value_hash, operation.context.seen};
  write.history.add(operation.write);
  writes.push_back(std::move(write));
}

SimClient::Request SimClient::make_put(std::uint32_t key, bool informed) {
  Request request;
  request.operation.kind = OperationKind::Put;
  request.operation.key = key;
  if (informed) request.operation.context = draw_context(memories_[key]);
  const KeyRecord& record = world_.history.keys.at(key);
  ClientPut put;
  put.address = record.address;
  put.value = make_labelled_value(
      record.address.key, static_cast<std::uint32_t>(record.writes.size()),
      static_cast<std::uint32_t>(random_.below(world_.plan.value_bytes_max + 1)));
  put.content_type = random_.below(4) == 0 ? "text/plain" : "";
  put.context = request.operation.context.text;
  put.levels = draw_write_levels(request.operation);
  put.checksum = checksum_of(record.address.key, put.content_type, put.value);
  add_write(request.operation, false,
            hash_of_value(SiblingKind::Value, put.content_type, put.value));
  request.body = std::move(put);
  return request;
}

SimClient::Request SimClient::make_delete(std::uint32_t key, bool informed) {
  Request request;
  request.operation.kind = OperationKind::Delete;
  request.operation.key = key;
  if (informed) request.operation.context = draw_context(memories_[key]);
  ClientDelete deletion;
  deletion.address = world_.history.keys.at(key).address;
  deletion.context = request.operation.context.text;
  deletion.levels = draw_write_levels(request.operation);
  add_write(request.operation, true, 0);
  request.body = std::move(deletion);
  return request;
}

SimClient::Request SimClient::make_get(std::uint32_t key, bool session) {
  Request request;
  request.operation.kind = OperationKind::Get;
  request.operation.key = key;
  if (session) request.operation.context = draw_context(memories_[key]);
  ClientGet get;
  get.address = world_.history.keys.at(key).address;
  get.context = request.operation.context.text;
  get.levels = draw_read_levels(request.operation);
  request.body = std::move(get);
  return request;
}

SimClient::Request SimClient::make_keys() {
  Request request;
  request.operation.kind = OperationKind::Keys;
  ClientKeys keys;
  keys.bucket = world_.history.keys.front().address.bucket;
  keys.limit = static_cast<std::uint32_t>(random_.between(1, 8));
  keys.levels = draw_read_levels(request.operation);
  request.body = std::move(keys);
  return request;
}

void SimClient::read_at(std::uint32_t node, std::uint32_t key, std::uint32_t required) {
  Request request;
  request.operation.kind = OperationKind::Get;
  request.operation.key = key;
  request.operation.required = required;
  request.operation.deadline = kFinalDeadline;
  ClientGet get;
  get.address = world_.history.keys.at(key).address;
  get.levels.r = Level::count(required);
  request.body = std::move(get);
  node_ = node;
  connection_ = world_.cluster.clients().connect(node, *this);
  send(std::move(request), node);
}

void SimClient::send(Request request, std::uint32_t node) {
  Operation& operation = request.operation;
  operation.number = static_cast<std::uint32_t>(world_.history.operations.size());
  operation.client = number_;
  operation.node = node;
  operation.begun = world_.events.now();
  operation.asked = operation.begun;
  if (operation.deadline == Duration(0)) {
    operation.deadline =
        random_.between(world_.plan.deadline_shortest, world_.plan.deadline_longest);
  }
  const RequestId id{{number_ + 1, 0}, operation.number};
  operation.traced = operation.kind != OperationKind::Keys && tracing_.below(kTracedOneIn) == 0;
  if (auto* const put = std::get_if<ClientPut>(&request.body)) {
    put->request = id;
    put->trace = operation.traced;
  }
  if (auto* const deletion = std::get_if<ClientDelete>(&request.body)) {
    deletion->request = id;
    deletion->trace = operation.traced;
  }
  if (auto* const get = std::get_if<ClientGet>(&request.body)) get->trace = operation.traced;
  if (const auto* const keys = std::get_if<ClientKeys>(&request.body)) {
    listings_.emplace(operation.number, *keys);
  }
  world_.history.operations.push_back(operation);
  if (world_.trace.wants_words()) note(operation, describe_request(operation));
  if (!world_.cluster.clients().is_open(connection_)) {
    connection_ = world_.cluster.clients().connect(node, *this);
  }
  under_way_.emplace(operation.number, connection_);
  if (world_.cluster.boot_of(node) == 0) {  // nobody listens there
    return finish(world_.history.operations.at(operation.number), Outcome::NotApplied);
  }
  world_.cluster.clients().send(connection_, operation.number,
                                {operation.deadline, std::move(request.body)});
  if (world_.stopped || !random_.chance_ppm(world_.plan.hang_up_ppm)) return;
  const std::uint64_t dropped = connection_;
  world_.events.after(random_.between(Duration(0), milliseconds(20)), [this, dropped] {
    world_.cluster.clients().hang_up(dropped);
    on_hung_up(dropped);
  });
}

void SimClient::note(const Operation& operation, const std::string& text) {
  const std::string& subject = operation.kind == OperationKind::Keys
                                   ? "(listings)"
                                   : world_.history.keys.at(operation.key).address.key;
  world_.trace.note(world_.events.now(), "client" + std::to_string(number_), subject,
                    text + " at node" + std::to_string(operation.node));
}

void SimClient::on_hung_up(std::uint64_t connection) {
  std::vector<std::uint64_t> lost;
  for (const auto& [request, over] : under_way_) {
    if (over == connection) lost.push_back(request);
  }
  for (const std::uint64_t request : lost) {
    world_.marks.reach("client: disconnected");
    finish(world_.history.operations.at(request), Outcome::Disconnected);
  }
  if (connection == connection_) choose_node();
}

void SimClient::finish(Operation& operation, Outcome outcome) {
  operation.outcome = outcome;
  operation.ended = world_.events.now();
  operation.excused = world_.cluster.member(operation.node).was_paused_since(operation.asked);
  if (world_.trace.wants_words()) note(operation, describe_answer(operation));
  under_way_.erase(operation.number);
  listings_.erase(operation.number);
  if (!world_.stopped) think();
}

void SimClient::on_reply(std::uint64_t request, const ClientReply& reply) {
  Operation& operation = world_.history.operations.at(request);
  if (!under_way_.contains(request)) {
    if (operation.outcome != Outcome::Disconnected) {
      accuse(operation, "answered-twice", describe_request(operation) + " was answered twice");
    }
    return;
  }
  check_trace(operation, reply);
  if (const auto* const error = std::get_if<ErrorReply>(&reply)) {
    take_error(operation, *error);
  } else if (const auto* const put = std::get_if<PutReply>(&reply)) {
    take_put(operation, *put);
  } else if (const auto* const get = std::get_if<GetReply>(&reply)) {
    take_get(operation, *get);
  } else if (const auto* const keys = std::get_if<KeysReply>(&reply)) {
    take_keys(operation, *keys);
  } else {
    accuse(operation, "wrong-answer", "an answer of another kind came back");
    finish(operation, Outcome::InDoubt);
  }
}

void SimClient::check_trace(const Operation& operation, const ClientReply& reply) {
  const starling::Trace* trace = nullptr;
  TracedAnswer answer;
  if (const auto* const error = std::get_if<ErrorReply>(&reply)) {
    trace = &error->trace;
    answer = {.result = error->status.code(), .replies = error->replies};
  } else if (const auto* const put = std::get_if<PutReply>(&reply)) {
    trace = &put->trace;
    answer.replies = put->replies;
  } else if (const auto* const get = std::get_if<GetReply>(&reply)) {
    trace = &get->trace;
    answer.replies = get->replies;
    if (get->siblings.empty()) answer.result = StatusCode::NotFound;
  }
  if (trace == nullptr) return;
  if (!operation.traced) {
    if (!trace->empty()) accuse(operation, "false-trace", "a trace that nobody asked for");
    return;
  }
  // What was refused before it began has nothing to tell.
  if (trace->empty() && std::holds_alternative<ErrorReply>(reply)) return;
  const std::string contradiction = contradiction_in(*trace, answer);
  if (!contradiction.empty()) {
    return accuse(operation, "false-trace", describe_request(operation) + ": " + contradiction);
  }
  world_.marks.reach("trace: fits its answer");
  if (shows(*trace, TraceEventKind::ForwardAnswered)) world_.marks.reach("trace: a hop");
  if (shows(*trace, TraceEventKind::CommitDone)) world_.marks.reach("trace: a disk was done");
  if (shows(*trace, TraceEventKind::Silent)) world_.marks.reach("trace: somebody was silent");
  if (shows(*trace, TraceEventKind::DigestDiffered)) world_.marks.reach("trace: digests differed");
  if (shows(*trace, TraceEventKind::ConnectionLost)) {
    world_.marks.reach("trace: a connection was lost");
  }
}

void SimClient::take_error(Operation& operation, const ErrorReply& reply) {
  operation.status = reply.status;
  if (operation.is_write() && reply.status.in_doubt()) world_.marks.reach("client: in doubt");
  if (reply.status.code() == StatusCode::Unavailable) world_.marks.reach("client: unavailable");
  if (reply.status.code() == StatusCode::DiskFull) world_.marks.reach("client: disk full");
  if (reply.status.code() == StatusCode::Overloaded) {
    world_.marks.reach("client: overloaded");
    if (reply.status.retry_after().count() == 0) {
      accuse(operation, "no-hint", describe_request(operation) + ": overloaded, and no word when");
    }
  }
  if (reply.status.code() == StatusCode::TooManySiblings) {
    world_.marks.reach("client: too many siblings");
  }
  if (!operation.is_write() && reply.status.in_doubt()) {
    accuse(operation, "wrong-answer", describe_request(operation) + ": a read can not be in doubt");
  }
  const bool is_session = operation.kind == OperationKind::Get && !operation.context.text.empty();
  if (is_session) world_.marks.reach("session: refused");
  finish(operation, outcome_of(reply.status));
}

void SimClient::take_put(Operation& operation, const PutReply& reply) {
  operation.clock = open_context(operation, reply.context);
  if (!operation.sloppy && reply.replies.primaries != reply.replies.received) {
    accuse(operation, "strict-stand-in",
           describe_request(operation) + " is strict, and a stand-in's answer was counted");
  }
  mark_write(operation, reply);
  HeldContext& held = memories_[operation.key].from_put;
  held.text = reply.context;
  held.clock = operation.clock;
  held.seen = world_.history.keys.at(operation.key).writes.at(operation.write).history;
  finish(operation, Outcome::Acknowledged);
}

void SimClient::take_get(Operation& operation, const GetReply& reply) {
  const KeyRecord& key = world_.history.keys.at(operation.key);
  operation.clock = open_context(operation, reply.context);
  operation.protected_read = reply.protected_read;
  if (checksum_of(key.address.key, reply.siblings) != reply.checksum) {
    accuse(operation, "phantom", describe_request(operation) + ": the checksum does not fit");
  }
  HeldContext held{reply.context, operation.clock, {}};
  for (const SiblingReply& sibling : reply.siblings) {
    const std::uint32_t write =
        write_of_value(key.address.key, sibling.value).value_or(WriteSet::kNoWrite);
    operation.returned.push_back(write);
    if (write < key.writes.size()) held.seen.join(key.writes.at(write).history);
  }
  mark_get(operation, reply);
  memories_[operation.key].from_get = std::move(held);
  finish(operation, Outcome::Acknowledged);
}

void SimClient::take_keys(Operation& operation, const KeysReply& reply) {
  operation.listed.insert(operation.listed.end(), reply.keys.begin(), reply.keys.end());
  if (reply.cursor.empty()) return finish(operation, Outcome::Acknowledged);
  world_.marks.reach("keys: several pages");
  ClientKeys& page = listings_.at(operation.number);
  page.cursor = reply.cursor;
  operation.asked = world_.events.now();
  world_.cluster.clients().send(under_way_.at(operation.number), operation.number,
                                {operation.deadline, page});
}

void SimClient::mark_write(const Operation& operation, const PutReply& reply) {
  MarkBoard& marks = world_.marks;
  if (operation.kind == OperationKind::Delete) marks.reach("write: delete acknowledged");
  const Memory& memory = memories_[operation.key];
  if (!operation.context.text.empty() && operation.context.text == memory.from_put.text) {
    marks.reach("write: with a context of an earlier write");
  }
  if (reply.replies.primaries < reply.replies.received) {
    marks.reach("write: a stand-in counted");
  }
  if (under_way_.size() > 1) marks.reach("client: overlapping requests of one client");
}

void SimClient::mark_get(const Operation& operation, const GetReply& reply) {
  MarkBoard& marks = world_.marks;
  if (reply.protected_read) marks.reach("read: protected");
  if (!reply.protected_read && operation.required > world_.history.replicas / 2) {
    marks.reach("read: unprotected at a majority");
  }
  if (reply.repaired > 0) marks.reach("read: repaired before the answer");
  if (reply.siblings.size() > 1) marks.reach("read: siblings");
  if (reply.siblings.empty() && !reply.context.empty()) marks.reach("read: deleted");
  if (!operation.context.text.empty()) marks.reach("session: answered");
}

VectorClock SimClient::open_context(const Operation& operation, const std::string& text) {
  if (text.empty()) return {};
  const KeyAddress& address = world_.history.keys.at(operation.key).address;
  Result<VectorClock> clock = world_.codec.decode(address.bucket, address.key, text);
  if (clock.ok()) return std::move(clock).value();
  accuse(operation, "bad-context",
         describe_request(operation) +
             " returned a context that the cluster itself refuses: " + clock.status().message());
  return {};
}

void SimClient::accuse(const Operation& operation, const char* checker, std::string text) {
  world_.violations.push_back(
      {checker, world_.history.keys.at(operation.key).address.key, std::move(text)});
}

}  // namespace starling::sim

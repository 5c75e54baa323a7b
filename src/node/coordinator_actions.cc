// The other half of Coordinator: what operations decided becomes messages, mints, timers and
// answers.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "message/record_bytes.h"
#include "node/coordinator.h"
#include "node/local_mint.h"
#include "node/operation.h"
#include "quorum/actions.h"
#include "quorum/forward_operation.h"
#include "quorum/get_operation.h"
#include "quorum/put_operation.h"
#include "quorum/quorum_spec.h"
#include "quorum/scan_operation.h"
#include "replica/key_layout.h"
#include "ring/row_demand.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// How long a hint of best effort may be on its way to its holder.
constexpr Duration kHintPatience = std::chrono::seconds(5);

StatusCode result_of(const PassOn& answer) {
  const auto* const error = std::get_if<ErrorReply>(&answer.reply);
  return error == nullptr ? StatusCode::Ok : error->status.code();
}

// What the levels mean at a newer row; nothing: it has too few slots for them.
template <typename Quorum, typename Levels>
std::optional<Quorum> quorum_at(const Levels& levels, const RowNumbers& numbers) {
  Result<Quorum> quorum = resolve(levels, numbers);
  return quorum.ok() ? std::optional(*std::move(quorum)) : std::nullopt;
}

}  // namespace

void Coordinator::perform(Operation& operation, Actions actions, Instant now) {
  const OperationId id = operation.id;
  Actions more;
  for (std::size_t next = 0; next < actions.size(); ++next) {
    perform_one(operation, actions[next], more, now);
    // An answer may have pushed the oldest of the answered operations out, and it may be this one.
    if (table_.find(id) == nullptr) return;
    std::ranges::move(more, std::back_inserter(actions));
    more.clear();
  }
  if (operation.finished()) {
    table_.erase(id);
    return;
  }
  if (operation.answered) keep_draining(operation);
  table_.weigh(operation);
  limit_draining(now);
}

void Coordinator::perform_one(Operation& operation, Action& action, Actions& more, Instant now) {
  const Neighbours& to = neighbours_;
  const auto answered = [&] { note_answered(operation); };
  std::visit(Overloaded{
                 [&](const ArmTimer& timer) { table_.arm(operation.id, timer.at); },
                 [&](const MintLocally&) { mint_locally(operation, more, now); },
                 [&](SendWrite& write) {
                   if (write.kind == WriteKind::Repair) spare_the_crowded(operation, write, more);
                   if (write.to.empty()) return;
                   if (!fits_a_message(write.versions)) return refuse_write(operation, write, more);
                   if (write.kind == WriteKind::Repair) to.metrics.repair_writes += write.to.size();
                   operation.trace().note_asked(now, write);
                   to.outbox.send(write.to, ReplicaWrite{.envelope = envelope_of(operation, now),
                                                         .address = operation.address,
                                                         .versions = std::move(write.versions),
                                                         .kind = write.kind,
                                                         .must_sync = write.must_sync,
                                                         .timed = operation.trace().is_on()});
                 },
                 [&](KeepHint& hint) { keep_hint(operation, hint, more, now); },
                 [&](const SendRead& read) {
                   operation.trace().note_asked(now, read);
                   to.outbox.send(read.to, ReplicaRead{.envelope = envelope_of(operation, now),
                                                       .address = operation.address,
                                                       .want = read.want});
                 },
                 [&](const SendScan& scan) {
                   to.outbox.send(scan.to, ScanRange{.envelope = envelope_of(operation, now),
                                                     .bucket = operation.address.bucket,
                                                     .prefix = operation.scan.prefix,
                                                     .after = scan.after,
                                                     .limit = operation.scan.limit});
                 },
                 [&](const ForwardPut& forwarded) {
                   ++to.metrics.forwarded_puts;
                   operation.trace().note_asked(now, forwarded);
                   to.outbox.send(forwarded.to,
                                  ForwardedPut{.envelope = envelope_of(operation, now),
                                               .put = operation.put_command()});
                 },
                 [&](AnswerPut& answer) {
                   if (operation.widened_context) answer.context.join(*operation.widened_context);
                   count_answer(operation, StatusCode::Ok, now);
                   to.desk.answer_put(operation, answer);
                   answered();
                 },
                 [&](AnswerGet& answer) {
                   finish_get(operation, std::move(answer), now);
                   answered();
                 },
                 [&](AnswerScan& answer) {
                   finish_scan(operation, std::move(answer));
                   answered();
                 },
                 [&](const AnswerError& answer) {
                   count_answer(operation, answer.status.code(), now);
                   answer_error(operation.origin, answer);
                   answered();
                 },
                 [&](PassOn& answer) {
                   count_answer(operation, result_of(answer), now);
                   to.desk.pass_on(operation, std::move(answer));
                   answered();
                 },
             },
             action);
}

void Coordinator::mint_locally(Operation& operation, Actions& more, Instant now) {
  auto& machine = std::get<PutOperation>(operation.machine);
  const RecordAddress record{.partition = operation.place.partition,
                             .token = operation.place.token,
                             .address = operation.address};
  if (!neighbours_.cluster.mints(operation.place.partition)) {
    STARLING_CHECK(options_.planted == PlantedBug::MintAtNonOwner);
    LocalMint::Outcome minted = neighbours_.mint.mint_from_nothing(operation.put_command());
    return machine.on_minted(std::move(minted.minted), minted.siblings, more);
  }
  Result<LocalMint::Outcome> minted = neighbours_.mint.mint(record, operation.put_command(), now);
  if (!minted.ok()) {
    neighbours_.log.write(LogLevel::Trace, "mark: put: the mint was refused");
    operation.trace().note(now, {.kind = TraceEventKind::Minted, .status = minted.status().code()});
    if (mint_elsewhere(operation, minted.status(), more)) return;
    return machine.on_mint_refused(minted.status(), more);
  }
  operation.fence = minted->fence;
  operation.trace().note_minted(now, neighbours_.cluster.self(), minted->ticket);
  const ReplicaWriteReply own_reply{.operation = operation.id,
                                    .outcome = ReplicaOutcome::Done,
                                    .epoch = neighbours_.cluster.ring().epoch(),
                                    .synced = operation.put_command().levels.dw != Level::none()};
  neighbours_.replica.send_when_durable(neighbours_.cluster.self(), minted->ticket, own_reply);
  if (options_.planted == PlantedBug::WideContext) {
    operation.widened_context = std::move(minted->record_clock);
  }
  // The minted delta has it. Only the planted second mint would want it again.
  if (options_.planted == PlantedBug::None) operation.drop_value();
  machine.on_minted(std::move(minted->minted), minted->siblings, more);
}

// A damaged record or a full queue here says nothing of the other owners, and nothing was minted. A
// put that came from another coordinator goes back to it: it is never forwarded twice.
bool Coordinator::mint_elsewhere(Operation& operation, const Status& refusal, Actions& more) {
  const StatusCode code = refusal.code();
  const bool local_trouble = code == StatusCode::Corruption || code == StatusCode::Unavailable ||
                             code == StatusCode::Overloaded || code == StatusCode::DiskFull;
  if (!local_trouble || std::holds_alternative<FromPeer>(operation.origin)) return false;
  ReplicaView others = neighbours_.cluster.others_of(operation.place.token);
  if (std::ranges::none_of(others.nodes, &ReplicaView::Node::reachable)) return false;
  const Result<WriteQuorum> quorum =
      resolve(operation.put_command().levels, numbers_of(operation.place.partition));
  if (!quorum.ok()) return false;
  neighbours_.log.write(LogLevel::Trace, "mark: put: minted elsewhere after a local refusal");
  auto& forwarded = operation.machine.emplace<ForwardOperation>(
      std::move(others), quorum->required(), operation.deadline);
  forwarded.start(more);
  return true;
}

// A repair is not worth a longer queue: the next read of the key finds the same to mend.
void Coordinator::spare_the_crowded(Operation& operation, SendWrite& write, Actions& more) {
  auto* const get = std::get_if<GetOperation>(&operation.machine);
  if (get == nullptr) return;
  const auto crowded = std::ranges::stable_partition(
      write.to, [&](NodeId node) { return !neighbours_.outbox.crowded(node); });
  for (const NodeId node : crowded) get->on_write_reply(node, ReplicaOutcome::Refused, more);
  write.to.erase(crowded.begin(), crowded.end());
}

// At the holder that the put names; where there is none, or none that takes it, as a note here.
void Coordinator::keep_hint(Operation& operation, KeepHint& hint, Actions& more, Instant now) {
  const Neighbours& to = neighbours_;
  const auto slot = to.cluster.slot_of(operation.place.partition, hint.home);
  const bool counts = hint.standing == HintStanding::Counted;
  const bool is_sent =
      slot.has_value() && hint.holder.has_value() && !to.outbox.crowded(*hint.holder);
  if (is_sent) {
    operation.trace().note(now, {.kind = TraceEventKind::HintAsked,
                                 .peer = *hint.holder,
                                 .home = hint.home,
                                 .awaited = counts});
    HintWrite write{.envelope = envelope_of(operation, now),
                    .slot = *slot,
                    .standing = hint.standing,
                    .address = operation.address,
                    .versions = std::move(hint.versions),
                    .must_sync = hint.must_sync};
    // Behind the deadline of its write as well: nobody waits for it.
    if (!counts) write.envelope.remaining = std::max(write.envelope.remaining, kHintPatience);
    return to.outbox.send(*hint.holder, std::move(write));
  }
  if (!counts) {
    operation.trace().note(now, {.kind = TraceEventKind::HintNoted, .home = hint.home});
    return to.handoff.note(operation.place.partition, hint.home, operation.address, now);
  }
  // A hint that counts is kept by a stand-in, never as a note.
  STARLING_CHECK(hint.holder.has_value());
  auto& put = std::get<PutOperation>(operation.machine);
  put.on_hint_reply(*hint.holder, ReplicaOutcome::Refused, false, more);
}

// Only a repair can be so large: a merge of what several minters made. Nobody needs to wait for it.
void Coordinator::refuse_write(Operation& operation, const SendWrite& write, Actions& more) {
  neighbours_.log.debug("a repair of " + operation.address.bucket + "/" + operation.address.key +
                        " is larger than a message may be (" + std::to_string(kRecordBytesMax) +
                        " bytes) and was not sent");
  auto* const get = std::get_if<GetOperation>(&operation.machine);
  if (get == nullptr) return;
  for (const NodeId node : write.to) get->on_write_reply(node, ReplicaOutcome::TooLarge, more);
}

void Coordinator::begin_again(Operation& operation, Instant now) {
  // What an answered read still wanted to repair is not worth a second round.
  if (operation.answered) return table_.erase(operation.id);
  neighbours_.log.write(LogLevel::Trace, "mark: operation: began again at a newer row");
  table_.renumber(operation);
  if (options_.planted == PlantedBug::RemintAfterStaleRow && operation.put.has_value()) {
    operation.put->request = {};  // else the memory of replays would give it its dot back
  }
  const ClusterView& cluster = neighbours_.cluster;
  operation.place.row_version = cluster.ring().row_version(operation.place.partition);
  const RowNumbers numbers = numbers_of(operation.place.partition);
  Actions actions;
  if (auto* const put = std::get_if<PutOperation>(&operation.machine)) {
    put->on_newer_row(quorum_at<WriteQuorum>(operation.put_command().levels, numbers),
                      cluster.replicas_with_stand_ins(operation.place.token), actions);
  } else if (auto* const get = std::get_if<GetOperation>(&operation.machine)) {
    get->on_newer_row(quorum_at<ReadQuorum>(operation.read_levels, numbers),
                      cluster.replicas_to_read(operation.place.token, options_.planted), actions);
  } else if (auto* const scan = std::get_if<ScanOperation>(&operation.machine)) {
    scan->on_newer_row(quorum_at<ReadQuorum>(operation.read_levels, numbers),
                       cluster.replicas_of(operation.place.partition), actions);
  }
  operation.trace().note_newer(now, actions);
  perform(operation, std::move(actions), now);
}

// The oldest go first: their replicas have been silent for longest. Those that ended by themselves
// are passed over.
void Coordinator::limit_draining(Instant now) {
  while (draining_.size() > kDrainingMax ||
         (!draining_.empty() && table_.draining_bytes() > options_.draining_bytes_max)) {
    drop_oldest_draining(now);
  }
}

void Coordinator::drop_oldest_draining(Instant now) {
  const OperationId oldest = draining_.front();
  draining_.pop_front();
  Operation* const operation = table_.find(oldest);
  if (operation == nullptr) return;
  if (auto* const put = std::get_if<PutOperation>(&operation->machine)) {
    Actions actions;
    Actions none_of_best_effort;
    put->on_given_up(actions);
    for (Action& action : actions) {
      // Who lives has it in its queue: under load, hints as well would only add to it.
      const auto* const hint = std::get_if<KeepHint>(&action);
      const bool lives = hint != nullptr && neighbours_.peers.state(hint->home) == PeerState::Up;
      if (!lives) perform_one(*operation, action, none_of_best_effort, now);
    }
  }
  table_.erase(oldest);
}

void Coordinator::finish_get(Operation& operation, AnswerGet answer, Instant now) {
  if (auto* const deletion = std::get_if<FirstReadOfDelete>(&operation.origin)) {
    return finish_first_read(operation, *deletion, answer, now);
  }
  if (const auto* const mending = std::get_if<ForMending>(&operation.origin)) {
    return inner_answers_.mends.push_back({.place = mending->place, .answer = std::move(answer)});
  }
  const bool found = answer.record.live_values() > 0;
  count_answer(operation, found ? StatusCode::Ok : StatusCode::NotFound, now);
  if (answer.repaired > 0) ++neighbours_.metrics.repaired_reads;
  neighbours_.read_latencies.note(now - operation.begun);
  neighbours_.desk.answer_get(operation, std::move(answer));
}

// A delete that came without a context deletes what its read found. Nothing found is nothing to do.
void Coordinator::finish_first_read(Operation& operation, FirstReadOfDelete& deletion,
                                    const AnswerGet& answer, Instant now) {
  const ClientDelete& request = deletion.request;
  if (answer.record.live_values() == 0) {
    count_answer(operation, StatusCode::Ok, now);
    return neighbours_.desk.answer_put(
        operation, {.context = answer.record.clock(), .siblings = 0, .replies = answer.replies});
  }
  if (now >= operation.deadline) {
    const Status late(StatusCode::Unavailable,
                      "the deadline passed after the read: nothing deleted");
    count_answer(operation, late.code(), now);
    return neighbours_.desk.answer_error(operation.origin, {.status = late, .replies = {}});
  }
  PutCommand tombstone{.address = request.address,
                       .kind = SiblingKind::Tombstone,
                       .value = {},
                       .content_type = {},
                       .modified = deletion.modified,
                       .context = answer.record.clock(),
                       .levels = request.levels,
                       .request = request.request,
                       .checksum = checksum_of(request.address.key, "", ""),
                       .trace = request.trace};
  put(FromClient{.client = deletion.client,
                 .started = deletion.started,
                 .trace = std::exchange(deletion.trace, {})},
      std::move(tombstone), now, operation.deadline);
}

void Coordinator::finish_scan(const Operation& operation, AnswerScan answer) {
  inner_answers_.scans.push_back(
      {.listing = std::get<ForListing>(operation.origin).listing, .answer = std::move(answer)});
}

void Coordinator::refuse(const Origin& origin, Status status) {
  if (started_of(origin).has_value()) neighbours_.metrics.count_refusal(status.code());
  answer_error(origin, {.status = std::move(status), .replies = {}, .nothing_minted = true});
}

void Coordinator::answer_error(const Origin& origin, const AnswerError& answer) {
  if (const auto* const listing = std::get_if<ForListing>(&origin)) {
    inner_answers_.scans.push_back({.listing = listing->listing, .answer = answer});
  } else if (const auto* const mending = std::get_if<ForMending>(&origin)) {
    inner_answers_.mends.push_back({.place = mending->place, .answer = answer});
  } else {
    neighbours_.desk.answer_error(origin, answer);
  }
}

void Coordinator::note_answered(Operation& operation) {
  operation.trace() = {};  // what is still to come nobody will read
  operation.answered = true;
  --unanswered_;
}

Envelope Coordinator::envelope_of(const Operation& operation, Instant now) const {
  return {.sender_incarnation = neighbours_.mint.incarnation(),
          .operation = operation.id,
          .epoch = neighbours_.cluster.ring().epoch(),
          .partition = operation.place.partition,
          .row_version = operation.place.row_version,
          .fence = operation.fence,
          .remaining = std::max(operation.deadline - now, Duration::zero())};
}

}  // namespace starling

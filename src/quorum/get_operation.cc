// GetOperation: one get.
//
//   Created -> Collecting -> Fetching -> Repairing -> Draining -> Finished
//                  |  ^        |  ^
//                  v  |        v  |
//               AwaitingNewerRow (discards what was heard)
//
//   Created     -> Finished   too few slots can be reached: unavailable
//   Collecting  -> Fetching   a digest differs from the record in hand
//   Collecting, Fetching -> Repairing  R records are merged, and too few slots hold the merge
//   Collecting, Fetching -> Draining   R records are merged: answer
//   Collecting, Fetching -> Finished   R is out of reach, or the deadline passed: unavailable
//   Repairing   -> Draining   enough slots hold the merge; or no more can be had in good time
//   Draining    -> Finished   nobody owes an answer and nobody needs a write; or the deadline
//   passed
//
// A read is never in doubt: it changes nothing but what repair may always change.

#include "quorum/get_operation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/read_evidence.h"
#include "quorum/read_repair.h"
#include "quorum/replica_view.h"
#include "ring/row_demand.h"

namespace starling {

GetOperation::GetOperation(Request request, ReplicaView replicas)
    : request_(std::move(request)), replicas_(std::move(replicas)), evidence_(replicas_) {}

void GetOperation::start(Actions& out) {
  STARLING_CHECK(state_ == State::Created);
  begin(out);
}

void GetOperation::begin(Actions& out) {
  state_ = State::Collecting;
  const std::vector<NodeId> reachable = evidence_.reachable();
  const std::optional<NodeId> source = evidence_.best_source();
  if (reachable.size() < request_.quorum.r || !source) {
    return answer_unavailable(std::to_string(reachable.size()) + " of " +
                                  std::to_string(request_.quorum.r) + " replicas can be reached",
                              out);
  }
  out.emplace_back(ArmTimer{next_timer()});
  ask({*source}, ReadWant::Record, ReadCause::Quorum, out);
  std::vector<NodeId> others = reachable;
  std::erase(others, *source);
  ask(others, ReadWant::Digest, ReadCause::Quorum, out);
}

void GetOperation::on_read_reply(NodeId from, ReplicaReadReply reply, Actions& out) {
  if (state_ == State::Finished || !evidence_.awaits(from)) return;
  const bool newer_row = reply.outcome == ReplicaOutcome::StaleRow && reply.epoch > replicas_.epoch;
  if (newer_row && is_reading()) {
    // Not silent(), not merged: until on_newer_row there is nobody to hear.
    evidence_ = ReadEvidence({.epoch = replicas_.epoch, .nodes = {}});
    state_ = State::AwaitingNewerRow;
    return;
  }
  if (reply.outcome == ReplicaOutcome::Done) {
    evidence_.take(from, std::move(reply));
  } else {
    // Also "stored, but it may not count yet", and what could not be read: neither is an answer.
    if (reply.outcome == ReplicaOutcome::TooLarge) met_large_record_ = true;
    evidence_.fail_read(from);
  }
  settle(out);
}

void GetOperation::on_write_reply(NodeId from, ReplicaOutcome outcome, Actions& out) {
  if (outcome == ReplicaOutcome::Done) {
    evidence_.take_written(from);
  } else {
    evidence_.fail_write(from);
  }
  settle(out);
}

void GetOperation::on_peer_down(NodeId node, Actions& out) {
  evidence_.lose(node);
  settle(out);
}

void GetOperation::on_newer_row(const std::optional<ReadQuorum>& quorum, ReplicaView replicas,
                                Actions& out) {
  if (state_ == State::Finished || replicas.epoch <= replicas_.epoch) return;
  replicas_ = std::move(replicas);
  if (state_ == State::Created || is_reading() || state_ == State::AwaitingNewerRow) {
    evidence_ = ReadEvidence(replicas_);
    if (!quorum) {
      return answer_unavailable("the key has fewer replicas now than the read asks for", out);
    }
    request_.quorum = *quorum;
    if (state_ == State::Created) return;
    return begin(out);
  }
  // R answers of one row were merged: the answer is good, only its repair is cut short.
  if (!answered_) answer(out);
  state_ = State::Finished;
}

void GetOperation::on_timer(Instant now, Actions& out) {
  if (state_ == State::Finished) return;
  if (now >= request_.deadline) return on_deadline(out);
  if (state_ == State::Repairing) return on_repair_timer(now, out);
  if (now >= request_.started + request_.patience) out_of_patience_ = true;
  out.emplace_back(ArmTimer{next_timer()});
  settle(out);
}

void GetOperation::on_deadline(Actions& out) {
  if (state_ == State::Repairing) answer(out);
  if (!answered_) answer_unavailable(shortage(), out);
  state_ = State::Finished;
}

// The first call of it learns what time it is; see conclude().
void GetOperation::on_repair_timer(Instant now, Actions& out) {
  if (!repair_until_) repair_until_ = now + (request_.deadline - now) / 2;
  if (now < *repair_until_) {
    out.emplace_back(ArmTimer{*repair_until_});
    return;
  }
  answer(out);  // repair never fails a read that met R
  settle(out);
}

Instant GetOperation::next_timer() const {
  if (out_of_patience_ || !(is_reading() || state_ == State::AwaitingNewerRow)) {
    return request_.deadline;
  }
  return std::min(request_.started + request_.patience, request_.deadline);
}

// Every event ends here, and here alone states change.
void GetOperation::settle(Actions& out) {
  if (state_ == State::Finished) return;
  if (is_reading()) settle_reading(out);
  if (state_ == State::Repairing) settle_repairing(out);
  if (state_ == State::Draining) settle_draining(out);
}

void GetOperation::settle_reading(Actions& out) {
  const std::uint32_t r = request_.quorum.r;
  const bool merged = evidence_.merged() >= r;
  if (merged && covers_session() && !may_be_protected_by_waiting()) return conclude(out);
  if (evidence_.hopeful() < r || !can_get_a_record()) return answer_unavailable(shortage(), out);
  ask_for_records(out);
  // Nobody is left who could know what the session saw.
  if (merged && !evidence_.awaits_reads()) answer_unavailable(shortage(), out);
}

// Whole records: of slots that differ from the record in hand; or, without one, of another slot
// than the one that was asked, once that failed or is all that the answer waits for.
void GetOperation::ask_for_records(Actions& out) {
  if (evidence_.has_record()) {
    const std::vector<NodeId> differing = evidence_.differing();
    if (!differing.empty() && is_reading()) state_ = State::Fetching;
    return ask(differing, ReadWant::Record, ReadCause::Differs, out);
  }
  const bool waits_for_record_only =
      out_of_patience_ && evidence_.sound() >= request_.quorum.r && evidence_.records_awaited() < 2;
  if (evidence_.records_awaited() > 0 && !waits_for_record_only) return;
  if (const std::optional<NodeId> source = evidence_.best_source()) {
    ask({*source}, ReadWant::Record, ReadCause::Instead, out);
  }
}

// A slot that moves holds what both its nodes do, and only one of them was asked. Before the other
// is written for the sake of this read, a settled slot that owes an answer gets its time to give
// it: else each read of a key that moves would write.
bool GetOperation::may_be_protected_by_waiting() const {
  if (replicas_.row.empty() || !request_.quorum.repairs_before_answering()) return false;
  const ReadRepairPlan repair = plan();
  return repair.lacking.empty() && !repair.protects(request_.quorum.slots_that_protect()) &&
         evidence_.awaits_reads() && !out_of_patience_;
}

// R records are merged. If enough slots are known to show the merge, no later read can see less;
// else a read at a majority writes it back first, and one below repairs behind its answer.
void GetOperation::conclude(Actions& out) {
  const bool repaired = plan().protects(request_.quorum.slots_that_protect());
  if (repaired || !request_.quorum.repairs_before_answering()) return answer(out);
  state_ = State::Repairing;
  // Repair may take half of the time that remains. Only a timer tells an operation the time, so one
  // that is due already asks for it.
  out.emplace_back(ArmTimer{request_.started});
}

void GetOperation::settle_repairing(Actions& out) {
  const ReadRepairPlan repair = plan();
  write(repair.lacking, out);
  write(repair.unknown, out);
  ask_for_records(out);
  const bool done = plan().protects(request_.quorum.slots_that_protect());
  if (done || !evidence_.awaits_writes()) answer(out);
}

// Behind the answer. Writes wait until all records that differ are merged, so that a slot is
// written once; not for a slot of which nothing is known, which may never answer.
void GetOperation::settle_draining(Actions& out) {
  ask_for_records(out);
  if (!evidence_.awaits_differing_record()) {
    const ReadRepairPlan repair = plan();
    write(repair.lacking, out);
    write(repair.older_clocks, out);
  }
  if (!evidence_.awaits_reads() && !evidence_.awaits_writes()) state_ = State::Finished;
}

void GetOperation::answer(Actions& out) {
  const RowCount protecting = request_.quorum.slots_that_protect();
  if (state_ == State::Repairing) out.emplace_back(ArmTimer{request_.deadline});
  answered_ = true;
  state_ = State::Draining;
  out.emplace_back(AnswerGet{.record = evidence_.record(),
                             .replies = counts(),
                             .repaired = evidence_.repaired(),
                             .protected_read = plan().protects(protecting)});
}

void GetOperation::answer_unavailable(const std::string& why, Actions& out) {
  answered_ = true;
  state_ = State::Finished;
  out.emplace_back(AnswerError{
      .status = Status(StatusCode::Unavailable, why), .replies = counts(), .nothing_minted = true});
}

void GetOperation::ask(const std::vector<NodeId>& nodes, ReadWant want, ReadCause cause,
                       Actions& out) {
  if (nodes.empty()) return;
  for (const NodeId node : nodes) evidence_.ask(node, want);
  out.emplace_back(SendRead{.to = nodes, .want = want, .cause = cause});
}

void GetOperation::write(const std::vector<NodeId>& slots, Actions& out) {
  if (slots.empty()) return;
  std::vector<NodeId> to;
  for (const NodeId slot : slots) {
    for (const NodeId written : evidence_.write(slot)) to.push_back(written);
  }
  if (to.empty()) return;
  if (request_.planted == PlantedBug::SkipRepair) {
    for (const NodeId node : to) evidence_.take_written(node);
    return;
  }
  out.emplace_back(SendWrite{.to = std::move(to),
                             .versions = evidence_.record(),
                             .kind = WriteKind::Repair,
                             .must_sync = false});
}

std::vector<NodeId> GetOperation::silent() const {
  // The timer that only asks for the time has let nobody wait: a repair sent just now is not late.
  if (state_ == State::Repairing && !repair_until_) return {};
  return evidence_.silent();
}

bool GetOperation::is_reading() const {
  return state_ == State::Collecting || state_ == State::Fetching;
}

bool GetOperation::can_get_a_record() const {
  return evidence_.has_record() || evidence_.records_awaited() > 0 ||
         evidence_.best_source().has_value();
}

bool GetOperation::covers_session() const {
  return evidence_.record().clock().covers(request_.session);
}

ReadRepairPlan GetOperation::plan() const {
  return plan_read_repair(evidence_.knowledge(), request_.quorum.slots_that_protect());
}

ReplyCounts GetOperation::counts() const {
  // Without stand-ins every answer is a primary's.
  return {
      .required = request_.quorum.r, .received = evidence_.sound(), .primaries = evidence_.sound()};
}

// Why no answer can be given, in people's words.
std::string GetOperation::shortage() const {
  if (state_ == State::AwaitingNewerRow) {
    return "the cluster's configuration changed and the newer one did not arrive in time";
  }
  if (evidence_.merged() >= request_.quorum.r && !covers_session()) {
    return "no replica that answered has seen all that the session's context names";
  }
  std::string why = std::to_string(evidence_.sound()) + " of " + std::to_string(request_.quorum.r) +
                    " replicas answered";
  if (evidence_.collisions() > 0) {
    why += "; " + std::to_string(evidence_.collisions()) +
           " held another value under the same version (dot collision)";
  }
  if (met_large_record_) {
    why += "; the key's siblings are together larger than a message may be (" +
           std::to_string(kRecordBytesMax) +
           " bytes): resolve them by puts or deletes with the contexts of earlier answers";
  }
  return why;
}

void GetOperation::check_invariants() const {
  STARLING_CHECK(answered_ == (state_ == State::Draining || state_ == State::Finished));
  STARLING_CHECK(evidence_.merged() <= evidence_.sound());
  STARLING_CHECK(evidence_.hopeful() <= replicas_.nodes.size());
  STARLING_CHECK(evidence_.repaired() <= replicas_.nodes.size());
  STARLING_CHECK(state_ != State::Repairing || evidence_.merged() >= request_.quorum.r);
  STARLING_CHECK(state_ != State::Repairing || evidence_.awaits_writes());
}

std::size_t GetOperation::record_bytes() const {
  return evidence_.has_record() ? message_bytes_of(evidence_.record()) : 0;
}

}  // namespace starling

#include "node/change_desk.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_state.h"
#include "ring/change_plan.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/staged_changes.h"

namespace starling {
namespace {

// A decision takes a few messages and synced writes.
constexpr Duration kRetry = std::chrono::milliseconds(50);

bool brings_somebody(ChangeVerb verb) {
  return verb == ChangeVerb::Join || verb == ChangeVerb::Replace;
}

bool stages(ChangeVerb verb) {
  return verb == ChangeVerb::Leave || verb == ChangeVerb::Remove || brings_somebody(verb);
}

Status started_otherwise(const Newcomer& node, const std::string& how) {
  return {StatusCode::Usage, "'" + node.name + "' was started with " + how};
}

// Of one that differs the handshake would refuse every connection, and the change would never end.
Status check_newcomer(const Newcomer& node, const Configuration& before, const ConfigDigest& own) {
  if (node.cluster != before.cluster) {
    return started_otherwise(node, "--cluster " + node.cluster + ", and this is the cluster '" +
                                       before.cluster +
                                       "': it belongs to another one, or start it again with "
                                       "that name");
  }
  if (node.partitions != before.rows.size()) {
    return started_otherwise(
        node, "--partitions " + std::to_string(node.partitions) + ", and the cluster has " +
                  std::to_string(before.rows.size()) + ": start it again with that number");
  }
  if (node.secret != own.secret) {
    return started_otherwise(node,
                             "another --cluster-secret-file than the members: start it again with "
                             "the same one");
  }
  return Status::success();
}

Result<StagedChange> change_in(const ChangeOrder& order, const Configuration& before,
                               const ConfigDigest& own) {
  if (!brings_somebody(order.verb)) {
    const bool removes = order.verb == ChangeVerb::Remove;
    return change_of(before, removes ? ChangeKind::Remove : ChangeKind::Leave, order.member);
  }
  const Newcomer& node = order.newcomer;
  STARLING_RETURN_IF_ERROR(check_newcomer(node, before, own));
  const ConfigMember newcomer{.member = {.id = node_id_of(node.name),
                                         .name = node.name,
                                         .address = node.address,
                                         .zone = node.zone},
                              .store = StoreId{node.store}};
  return coming_of(before, order.verb == ChangeVerb::Replace ? order.member : std::string(),
                   newcomer);
}

}  // namespace

Status ChangeDesk::begin(const ClientHandle& client, const ChangeOrder& order, Instant now,
                         Instant deadline) {
  if (neighbours_.chain.adopted() == nullptr || !neighbours_.chain.explanation().empty()) {
    return {StatusCode::Unavailable, neighbours_.chain.explanation()};
  }
  if (order.verb == ChangeVerb::Plan) {
    neighbours_.desk.reply(client, report_of(ChangeVerb::Plan));
    return Status::success();
  }
  if (!neighbours_.confirmation.counting()) {
    return {StatusCode::Unavailable,
            "this node does not count yet: " + neighbours_.confirmation.explanation()};
  }
  if (jobs_.size() >= kOrdersMax) {
    return Status(StatusCode::Overloaded, "too many orders about the members wait at this node")
        .with_retry_after(std::chrono::milliseconds(500));
  }
  jobs_.push_back({.client = client,
                   .order = order,
                   .deadline = deadline,
                   .proposed = std::nullopt,
                   .wanted = {},
                   .report = {}});
  collect(now);
  return Status::success();
}

void ChangeDesk::collect(Instant now) {
  while (!jobs_.empty() && advance(jobs_.front(), now)) jobs_.pop_front();
  if (jobs_.empty()) retry_.reset();
}

void ChangeDesk::on_timer(Instant now) {
  if (retry_.has_value() && now >= *retry_) retry_.reset();
  expire(now);
  collect(now);
}

std::optional<Instant> ChangeDesk::next_deadline() const {
  std::optional<Instant> earliest = retry_;
  for (const Job& job : jobs_) {
    earliest = std::min(earliest.value_or(job.deadline), job.deadline);
  }
  return earliest;
}

bool ChangeDesk::advance(Job& job, Instant now) {
  if (is_done(job)) {
    answer(job);
    return true;
  }
  const bool undecided = job.proposed.has_value() && adopted().epoch < *job.proposed;
  if (undecided || retry_.has_value()) return false;
  if (neighbours_.chain.is_proposing()) {
    retry_ = now + kRetry;
    return false;
  }
  const Result<Configuration> after = next_of(job);
  if (!after.ok()) {
    neighbours_.desk.refuse(job.client, after.status());
    return true;
  }
  const Status begun = neighbours_.chain.propose(*after, {}, now);
  if (begun.ok()) {
    if (job.proposed.has_value()) {
      neighbours_.log.write(LogLevel::Trace, "mark: members: an order was proposed once more");
    }
    job.proposed = after->epoch;
    return false;
  }
  if (is_retryable(begun.code())) {
    retry_ = now + kRetry;
    return false;
  }
  neighbours_.desk.refuse(job.client, begun);
  return true;
}

// What counts is what was decided behind the proposal, whoever proposed that.
bool ChangeDesk::is_done(const Job& job) const {
  const auto staged = [&](const StagedChange& change) { return is_staged(adopted(), change); };
  const auto begun = [&](const StagedChange& change) { return is_committed(adopted(), change); };
  if (!job.proposed.has_value() || adopted().epoch < *job.proposed) return false;
  switch (job.order.verb) {
    case ChangeVerb::Leave:
    case ChangeVerb::Remove:
    case ChangeVerb::Join:
    case ChangeVerb::Replace:
      return std::ranges::all_of(
          job.wanted, [&](const StagedChange& one) { return staged(one) || begun(one); });
    case ChangeVerb::Commit:
      return std::ranges::none_of(job.wanted, staged) && std::ranges::all_of(job.wanted, begun);
    case ChangeVerb::Abort:
      return std::ranges::none_of(job.wanted, staged) && std::ranges::none_of(job.wanted, begun);
    case ChangeVerb::Plan:
      break;
  }
  return true;
}

Result<Configuration> ChangeDesk::next_of(Job& job) const {
  const Configuration& before = adopted();
  if (stages(job.order.verb)) {
    STARLING_ASSIGN_OR_RETURN(found, const StagedChange change,
                              change_in(job.order, before, neighbours_.config));
    job.wanted = {change};
    return with_staged(before, change);
  }
  Result<Configuration> after = job.order.verb == ChangeVerb::Commit
                                    ? committed(before, job.order.plan)
                                    : without_staged(before);
  if (!after.ok()) return after;
  job.wanted = before.staged;
  job.report = report_of(job.order.verb);
  // Nobody will do what it would have warned of.
  if (job.order.verb == ChangeVerb::Abort) job.report.warnings.clear();
  return after;
}

void ChangeDesk::answer(const Job& job) {
  if (stages(job.order.verb)) {
    neighbours_.log.write(LogLevel::Trace, "mark: members: a change was staged");
    return neighbours_.desk.reply(job.client, report_of(job.order.verb));
  }
  const bool commits = job.order.verb == ChangeVerb::Commit;
  neighbours_.log.write(LogLevel::Trace, commits ? "mark: members: a plan was committed"
                                                 : "mark: members: staged changes were taken back");
  ClusterChangeReply report = job.report;
  report.epoch = adopted().epoch;
  report.under_way = changes_under_way(adopted());
  neighbours_.desk.reply(job.client, std::move(report));
}

Status ChangeDesk::too_late(const Job& job) {
  if (!job.proposed.has_value()) {
    return {StatusCode::Unavailable,
            "other changes of the configuration were being decided all the time, or could not be: "
            "nothing was done. A majority of the voters must be up (cluster status)"};
  }
  return {StatusCode::InDoubt,
          "the voters did not decide in time, and may yet: a majority of them must be up. See what "
          "became of it with cluster plan and cluster status"};
}

void ChangeDesk::expire(Instant now) {
  std::erase_if(jobs_, [&](const Job& job) {
    if (now < job.deadline) return false;
    if (is_done(job)) {
      answer(job);
    } else {
      neighbours_.desk.refuse(job.client, too_late(job));
    }
    return true;
  });
}

ClusterChangeReply ChangeDesk::report_of(ChangeVerb verb) const {
  const Configuration& now = adopted();
  ClusterChangeReply report{.verb = verb, .epoch = now.epoch};
  report.under_way = changes_under_way(now);
  for (const StagedChange& change : now.staged) report.changes.push_back(words_of(change, now));
  if (!now.staged.empty()) report.plan = plan_number(now);
  // Nothing here knows how many bytes a partition has: the store does not count them.
  const Result<ChangePlan> plan = staged_plan(now, {});
  if (plan.ok()) {
    add_plan(report, *plan);
  } else {
    report.warnings.push_back("this can not be done any more: " + plan.status().message() +
                              ". Take it back with cluster abort");
  }
  warn_of_absent(report);
  return report;
}

void ChangeDesk::add_plan(ClusterChangeReply& report, const ChangePlan& plan) const {
  if (adopted().staged.empty()) return;
  report.moves = plan.moves;
  report.moves_least = plan.moves_least;
  report.bytes = plan.bytes;
  report.warnings = plan.warnings;
  for (const ChangePlan::Balance& balance : plan.balance) {
    const ConfigMember* const member = plan.after.member(balance.member);
    report.slots.push_back(
        {.name = member == nullptr ? to_text(balance.member.value) : member->member.name,
         .before = balance.before,
         .after = balance.after});
  }
}

// What this node sees of the others is an opinion, and so no part of the plan.
void ChangeDesk::warn_of_absent(ClusterChangeReply& report) const {
  if (adopted().staged.empty()) return;
  for (const ConfigMember& member : adopted().members) {
    const NodeId node = member.member.id;
    const bool is_down =
        node != neighbours_.self && neighbours_.peers.state(node) == PeerState::Down;
    const bool is_removed = is_staged(adopted(), {.kind = ChangeKind::Remove, .member = node});
    const bool leaves = is_staged(adopted(), {.kind = ChangeKind::Leave, .member = node});
    const std::string& name = member.member.name;
    if (is_down && leaves) {
      report.warnings.push_back(name +
                                " is down: it can not give its slots away until it is back. If it "
                                "does not come back, remove it instead");
    } else if (is_down && !is_removed && member.intent == MemberIntent::Stay) {
      report.warnings.push_back(name +
                                " is down: slots that it is to get, or to give away, wait "
                                "for it");
    } else if (!is_down && is_removed) {
      report.warnings.push_back(name +
                                " is up: to remove it gives up its copies at once. To keep them "
                                "until others have them, let it leave instead");
    }
  }
}

}  // namespace starling

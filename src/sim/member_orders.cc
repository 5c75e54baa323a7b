#include "sim/member_orders.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "starling/status.h"

#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "ring/member.h"
#include "sim/client_wire.h"
#include "sim/sim_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(3);
constexpr std::uint32_t kAttemptsMax = 20;
// One has to be left, and a cluster of one has nothing to disagree about.
constexpr std::ptrdiff_t kStayingMin = 3;

}  // namespace

bool MemberOrders::begin(const ChangeOrder& order, std::uint32_t node, const Random& random) {
  const auto staying = std::ranges::count_if(
      cluster_.newest_ring().members(), [](const RingMember& member) { return member.weight > 0; });
  const bool goes = order.verb != ChangeVerb::Join;
  if (under_way_ || (goes && staying < kStayingMin)) return false;
  under_way_ = true;
  random_ = random;
  order_ = order;
  node_ = node;
  attempts_ = 0;
  ask(order.verb);
  return true;
}

void MemberOrders::ask(ChangeVerb verb) {
  if (!under_way_) return;
  if (++attempts_ > kAttemptsMax) return over();
  asked_ = verb;
  cluster_.clients().hang_up(connection_);
  connection_ = cluster_.clients().connect(node_, *this);
  ClientClusterChange request{.order = {.verb = verb, .member = {}, .plan = plan_}};
  if (verb == order_.verb) request.order = order_;
  cluster_.clients().send(connection_, ++request_, {.remaining = kPatience, .body = request});
  events_.after(kPatience + seconds(1), [this, waits_for = request_] {
    if (request_ == waits_for) ask_again(asked_);
  });
}

void MemberOrders::ask_again(ChangeVerb verb) {
  ++request_;  // the last one is waited for no more
  node_ = static_cast<std::uint32_t>(random_.below(cluster_.size()));
  events_.after(random_.between(Duration(milliseconds(10)), Duration(seconds(1))),
                [this, verb, behind = request_] {
                  if (request_ == behind) ask(verb);
                });
}

void MemberOrders::on_reply(std::uint64_t request, const ClientReply& reply) {
  if (request != request_ || !under_way_) return;
  if (const auto* const report = std::get_if<ClusterChangeReply>(&reply)) return go_on(*report);
  if (const auto* const error = std::get_if<ErrorReply>(&reply)) go_on(error->status);
}

void MemberOrders::go_on(const ClusterChangeReply& report) {
  plan_ = report.plan;
  switch (asked_) {
    case ChangeVerb::Leave:
    case ChangeVerb::Remove:
    case ChangeVerb::Join:
    case ChangeVerb::Replace:
      return ask_again(random_.below(6) == 0 ? ChangeVerb::Abort : ChangeVerb::Plan);
    case ChangeVerb::Plan:
      // Nothing is staged: the node has not heard of it, or somebody was quicker.
      return ask_again(report.plan == 0 ? order_.verb : ChangeVerb::Commit);
    case ChangeVerb::Commit:
    case ChangeVerb::Abort:
      return over();
  }
}

void MemberOrders::go_on(const Status& refusal) {
  if (refusal.code() == StatusCode::ConditionFailed && asked_ == ChangeVerb::Commit) {
    cluster_.reach("members: a plan was stale");
    return ask_again(ChangeVerb::Plan);
  }
  const bool is_final =
      refusal.code() == StatusCode::Usage || refusal.code() == StatusCode::ConditionFailed;
  if (is_final) return over();
  ask_again(asked_);
}

void MemberOrders::over() {
  under_way_ = false;
  ++request_;
}

void MemberOrders::on_hung_up(std::uint64_t connection) {
  if (connection == connection_) connection_ = 0;
}

}  // namespace starling::sim

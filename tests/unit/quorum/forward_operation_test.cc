#include "quorum/forward_operation.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "quorum/actions.h"
#include "support/quorum_script.h"

namespace starling {
namespace {

using testing::did;
using testing::kDeadline;
using testing::kStart;
using testing::node;
using testing::none;
using testing::only;
using testing::view_of;

constexpr std::uint32_t kRequired = 2;

ForwardOperation forward_to(ReplicaView owners, Actions& out) {
  ForwardOperation forward(std::move(owners), kRequired, kDeadline);
  forward.start(out);
  return forward;
}

ForwardedPutReply refusal(StatusCode code, bool nothing_minted = true) {
  ForwardedPutReply reply;
  reply.nothing_minted = nothing_minted;
  reply.reply = ErrorReply{.status = Status(code, "because"), .replies = {.required = 2}};
  return reply;
}

ForwardedPutReply success() {
  ForwardedPutReply reply;
  reply.reply = PutReply{.context = "context", .siblings = 1, .level = {}, .replies = {}};
  return reply;
}

Actions reply(ForwardOperation& forward, std::uint64_t from, ForwardedPutReply answer) {
  Actions out;
  forward.on_reply(node(from), std::move(answer), out);
  return out;
}

TEST_CASE("ForwardOperation: a crowded owner is passed over, and with none left it is overloaded") {
  ReplicaView owners = view_of(3, {0});
  owners.nodes[1].crowded = true;
  Actions out;
  const ForwardOperation forward = forward_to(owners, out);
  CHECK(only<ForwardPut>(out).to == node(2));
  owners.nodes[2].crowded = true;
  Actions refused;
  const ForwardOperation to_nobody = forward_to(owners, refused);
  CHECK(only<AnswerError>(refused).status.code() == StatusCode::Overloaded);
  CHECK(only<AnswerError>(refused).nothing_minted);
  CHECK(to_nobody.finished());
}

TEST_CASE("ForwardOperation: the first reachable owner gets the put, and its answer passes on") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3, {0}), out);
  CHECK(only<ForwardPut>(out).to == node(1));
  CHECK(only<ArmTimer>(out).at == kDeadline);
  CHECK(forward.awaited() == node(1));
  const auto passed = only<PassOn>(reply(forward, 1, success()));
  CHECK(std::get<PutReply>(passed.reply).context == "context");
  CHECK(forward.finished());
  CHECK(forward.awaited() == std::nullopt);
}

TEST_CASE("ForwardOperation: a suspect owner is tried last") {
  ReplicaView owners = view_of(3);
  owners.nodes[0].suspect = true;
  Actions out;
  ForwardOperation forward = forward_to(std::move(owners), out);
  CHECK(only<ForwardPut>(out).to == node(1));
  CHECK(only<ForwardPut>(reply(forward, 1, refusal(StatusCode::Overloaded))).to == node(2));
  CHECK(only<ForwardPut>(reply(forward, 2, refusal(StatusCode::DiskFull))).to == node(0));
}

TEST_CASE("ForwardOperation: without a connected owner nothing was applied") {
  Actions out;
  const ForwardOperation forward = forward_to(view_of(3, {0, 1, 2}), out);
  const auto error = only<AnswerError>(out);
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.status.message() == "no owner of this key is connected: nothing was applied");
  CHECK(error.nothing_minted);
  CHECK(error.replies.required == kRequired);
  CHECK(forward.finished());
}

TEST_CASE("ForwardOperation: when all owners refuse, the last refusal passes on") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(2), out);
  CHECK(only<ForwardPut>(reply(forward, 0, refusal(StatusCode::Unavailable))).to == node(1));
  const auto passed = only<PassOn>(reply(forward, 1, refusal(StatusCode::Overloaded)));
  CHECK(std::get<ErrorReply>(passed.reply).status.code() == StatusCode::Overloaded);
  CHECK(forward.finished());
}

TEST_CASE("ForwardOperation: what is wrong with the request is not asked of another owner") {
  for (const StatusCode code : {StatusCode::Usage, StatusCode::BadContext, StatusCode::TooLarge,
                                StatusCode::TooManySiblings}) {
    Actions out;
    ForwardOperation forward = forward_to(view_of(3), out);
    const auto passed = only<PassOn>(reply(forward, 0, refusal(code)));
    CHECK(std::get<ErrorReply>(passed.reply).status.code() == code);
    CHECK(forward.finished());
  }
}

TEST_CASE("ForwardOperation: an owner that may have minted is the last one") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  const Actions answer = reply(forward, 0, refusal(StatusCode::InDoubt, false));
  CHECK(std::get<ErrorReply>(only<PassOn>(answer).reply).status.in_doubt());
  CHECK(none<ForwardPut>(answer));
}

TEST_CASE("ForwardOperation: a promise that nothing was applied needs the owner's word for it") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  const auto error = only<AnswerError>(reply(forward, 0, refusal(StatusCode::Unavailable, false)));
  CHECK(error.status.in_doubt());
  CHECK_FALSE(error.nothing_minted);
}

TEST_CASE("ForwardOperation: a broken connection leaves the put in doubt") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  CHECK(did([&](Actions& o) { forward.on_peer_down(node(1), o); }).empty());
  const Actions broke = did([&](Actions& o) { forward.on_peer_down(node(0), o); });
  CHECK(only<AnswerError>(broke).status.in_doubt());
  CHECK(none<ForwardPut>(broke));
  CHECK(reply(forward, 0, success()).empty());
}

TEST_CASE("ForwardOperation: an owner that went away is not tried") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  forward.on_peer_down(node(1), out);
  CHECK(only<ForwardPut>(reply(forward, 0, refusal(StatusCode::Failure))).to == node(2));
}

TEST_CASE("ForwardOperation: the deadline leaves the put in doubt and names whom it waited for") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  CHECK(only<ArmTimer>(did([&](Actions& o) { forward.on_timer(kStart, o); })).at == kDeadline);
  const Actions late = did([&](Actions& o) { forward.on_timer(kDeadline, o); });
  CHECK(only<AnswerError>(late).status.in_doubt());
  CHECK(forward.awaited() == node(0));
  CHECK(did([&](Actions& o) { forward.on_timer(kDeadline, o); }).empty());
}

TEST_CASE("ForwardOperation: a first timer tells whom to doubt, and the put goes on") {
  Actions out;
  ForwardOperation forward(view_of(3), kRequired, kDeadline, kStart);
  forward.start(out);
  CHECK(only<ArmTimer>(out).at == kStart);
  CHECK(forward.awaited() == node(0));
  CHECK(only<ArmTimer>(did([&](Actions& o) { forward.on_timer(kStart, o); })).at == kDeadline);
  CHECK(forward.awaited() == node(0));
  CHECK(only<PassOn>(reply(forward, 0, success())).reply.index() == 1);
}

TEST_CASE("ForwardOperation: an answer of somebody else is ignored") {
  Actions out;
  ForwardOperation forward = forward_to(view_of(3), out);
  CHECK(reply(forward, 2, success()).empty());
  CHECK_FALSE(forward.finished());
}

TEST_CASE("ForwardOperation: an owner without room is asked after those that have some") {
  ReplicaView view = view_of(3);
  view.nodes[0].store = StoreCondition::Tight;
  view.nodes[1].suspect = true;
  Actions out;
  ForwardOperation forward = forward_to(view, out);
  CHECK(only<ForwardPut>(out).to == node(2));
  CHECK(only<ForwardPut>(reply(forward, 2, refusal(StatusCode::DiskFull))).to == node(1));
  CHECK(only<ForwardPut>(reply(forward, 1, refusal(StatusCode::DiskFull))).to == node(0));
}

}  // namespace
}  // namespace starling

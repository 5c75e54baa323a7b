// What GetOperation promises, enumerated: every N of 3 and 5, every R, every set of slots that
// holds one write (acknowledged or not), every set of R slots that answers the read. Each read runs
// on the product's own operation, against replicas that answer at once.

#include <bit>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"

#include "base/ids.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/get_operation.h"
#include "support/quorum_script.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

using testing::dot;
using testing::kDeadline;
using testing::kStart;
using testing::node;
using testing::record_of;
using testing::sibling;

using SlotMask = std::uint32_t;  // bit i: slot i

const SiblingSet& before() {
  static const SiblingSet record = record_of({sibling(dot(1, 1), "before")});
  return record;
}
const SiblingSet& after() {
  static const SiblingSet record = record_of({sibling(dot(1, 2), "after")}, {dot(1, 1)});
  return record;
}

// N replicas of one key, and one read of it.
class Row {
 public:
  Row(std::uint32_t n, SlotMask holders) {
    for (std::uint32_t i = 0; i < n; ++i) {
      replicas_.push_back((holders >> i & 1U) != 0 ? after() : before());
    }
  }

  // Only `answering` answer reads; `reachable` acknowledge repairs. The clock runs out at the end.
  AnswerGet read(std::uint32_t r, SlotMask answering, SlotMask reachable) {
    answering_ = answering;
    ReplicaView view = testing::view_of(replicas_.size());
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      view.nodes[i].reachable = (reachable >> i & 1U) != 0;
    }
    const auto n = static_cast<std::uint32_t>(replicas_.size());
    GetOperation get({.quorum = {.n = n, .r = r, .pr = 0, .level = Level::count(r)},
                      .session = {},
                      .started = kStart,
                      .deadline = kDeadline,
                      .patience = std::chrono::milliseconds(1)},
                     std::move(view));
    run(get, [&](Actions& out) { get.start(out); });
    for (int tick = 1; tick <= 6; ++tick) {
      run(get, [&](Actions& out) { get.on_timer(kStart + std::chrono::seconds(tick), out); });
    }
    REQUIRE(get.finished());
    REQUIRE(answer_.has_value());
    return *answer_;
  }

  [[nodiscard]] SlotMask holders() const {
    SlotMask mask = 0;
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      if (replicas_[i].clock().has(dot(1, 2))) mask |= 1U << i;
    }
    return mask;
  }

  // Who held the write when the answer went out.
  [[nodiscard]] SlotMask holders_at_answer() const { return at_answer_; }

 private:
  template <typename Event>
  void run(GetOperation& get, Event event) {
    Actions first;
    event(first);
    std::deque<Action> todo(first.begin(), first.end());
    while (!todo.empty()) {
      Actions more;
      perform(get, todo.front(), more);
      get.check_invariants();
      todo.pop_front();
      todo.insert(todo.end(), more.begin(), more.end());
    }
  }

  void perform(GetOperation& get, const Action& action, Actions& out) {
    if (const auto* const read = std::get_if<SendRead>(&action)) {
      for (const NodeId to : read->to) {
        if ((answering_ >> to.value & 1U) == 0) continue;
        get.on_read_reply(to, testing::sound_reply(replicas_[to.value], read->want), out);
      }
    } else if (const auto* const write = std::get_if<SendWrite>(&action)) {
      for (const NodeId to : write->to) {
        REQUIRE(replicas_[to.value].sync(write->versions));
        get.on_write_reply(to, ReplicaOutcome::Done, out);
      }
    } else if (const auto* const answer = std::get_if<AnswerGet>(&action)) {
      REQUIRE_FALSE(answer_.has_value());
      answer_ = *answer;
      at_answer_ = holders();
    }
  }

  std::vector<SiblingSet> replicas_;
  SlotMask answering_ = 0;
  std::optional<AnswerGet> answer_;
  SlotMask at_answer_ = 0;
};

// Calls `visit(n, r, holders, contacted)` for every combination.
template <typename Visit>
void enumerate(Visit visit) {
  for (const std::uint32_t n : {3U, 5U}) {
    for (std::uint32_t r = 1; r <= n; ++r) {
      for (SlotMask holders = 0; holders < (1U << n); ++holders) {
        for (SlotMask contacted = 0; contacted < (1U << n); ++contacted) {
          if (std::popcount(contacted) == static_cast<int>(r)) visit(n, r, holders, contacted);
        }
      }
    }
  }
}

// Whether each R of the N slots include one that holds the write.
bool every_read_sees(std::uint32_t n, std::uint32_t r, SlotMask holders) {
  return static_cast<std::uint32_t>(std::popcount(holders)) >= n - r + 1;
}

bool saw_the_write(const AnswerGet& answer) {
  return answer.record.clock().has(dot(1, 2));
}

TEST_CASE("GetOperation: with R+W > N a read sees every acknowledged write") {
  enumerate([](std::uint32_t n, std::uint32_t r, SlotMask holders, SlotMask contacted) {
    const auto w = static_cast<std::uint32_t>(std::popcount(holders));
    if (r + w <= n) return;
    Row row(n, holders);
    REQUIRE(saw_the_write(row.read(r, contacted, contacted)));
  });
}

TEST_CASE("GetOperation: after a protected read no read of R slots sees less") {
  enumerate([](std::uint32_t n, std::uint32_t r, SlotMask holders, SlotMask contacted) {
    const SlotMask all = (1U << n) - 1;
    Row row(n, holders);
    const AnswerGet answer = row.read(r, contacted, all);
    if (!saw_the_write(answer) || !answer.protected_read) return;
    REQUIRE(every_read_sees(n, r, row.holders_at_answer()));
  });
}

TEST_CASE("GetOperation: at a majority, repairing the slots that answered always protects") {
  enumerate([](std::uint32_t n, std::uint32_t r, SlotMask holders, SlotMask contacted) {
    if (r <= n / 2) return;
    Row row(n, holders);
    const AnswerGet answer = row.read(r, contacted, contacted);
    REQUIRE(answer.protected_read);
    REQUIRE((!saw_the_write(answer) || every_read_sees(n, r, row.holders_at_answer())));
  });
}

TEST_CASE("GetOperation: below a majority those slots are too few, and the answer says so") {
  enumerate([](std::uint32_t n, std::uint32_t r, SlotMask holders, SlotMask contacted) {
    if (r > n / 2) return;
    Row row(n, holders & contacted);  // nobody else ever heard of the write
    const AnswerGet answer = row.read(r, contacted, contacted);
    REQUIRE_FALSE(answer.protected_read);
    REQUIRE_FALSE(every_read_sees(n, r, row.holders()));
  });
}

}  // namespace
}  // namespace starling

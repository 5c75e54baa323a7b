#include "sim/history.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "ring/configuration.h"
#include "ring/configured_ring.h"
#include "ring/slot.h"
#include "support/configurations.h"

namespace starling::sim {
namespace {

TEST_CASE("History: a request reads well in a timeline") {
  Operation put;
  put.number = 4;
  put.kind = OperationKind::Put;
  put.write = 7;
  put.required = 2;
  CHECK(describe_request(put) == "#4 put w7 needs 2 blind");
  put.context.text = "opaque";
  for (std::uint32_t write = 0; write < 9; ++write) put.context.seen.add(write);
  CHECK(describe_request(put) == "#4 put w7 needs 2 knowing ...,w3,w4,w5,w6,w7,w8");
}

TEST_CASE("History: an answer says what came back") {
  Operation get;
  get.number = 5;
  get.outcome = Outcome::Acknowledged;
  get.returned = {1, 2};
  get.protected_read = true;
  CHECK(describe_answer(get) == "#5 ok: w1,w2, protected");
  get.outcome = Outcome::NotApplied;
  get.status = {StatusCode::Unavailable, "too few"};
  CHECK(describe_answer(get) == "#5 not applied: unavailable: too few");
}

// Its one partition goes to a, b and c, and then from c to d: D2 at epoch 2, done at epoch 3.
struct Moved {
  explicit Moved(Epoch known_to_c) {
    history.replicas = 3;
    history.keys.push_back({{"simulated", "k0"}, {}});
    const NodeId c = node_id_of("c");
    for (const SlotState state : {SlotState::Settled, SlotState::Switched}) {
      const bool moves = state == SlotState::Switched;
      configuration.rows.at(0).at(2) = {.state = state, .holder = c};
      if (moves) configuration.rows.at(0).at(2).target = node_id_of("d");
      take(moves ? 2 : 1, known_to_c);
    }
    configuration.rows.at(0).at(2) = {.holder = node_id_of("d")};
    take(3, known_to_c);
  }
  void take(std::uint64_t epoch, Epoch known_to_c) {
    configuration.epoch = Epoch{epoch};
    configuration.row_versions.at(0) = RowVersion{epoch};
    const auto adopted = [&](NodeId node) {
      return node == node_id_of("c") ? known_to_c : configuration.epoch;
    };
    history.note_rows(configuration, *ring_of(configuration), adopted,
                      Instant(std::chrono::seconds(epoch)));
  }
  [[nodiscard]] bool promises(std::uint32_t required, int at) const {
    return history.promises_freshness(0, required, Instant(std::chrono::seconds(at)));
  }
  Configuration configuration = founded(4, 1);
  History history;
};

TEST_CASE("History: who left the row behind a fence may answer reads below a majority") {
  const Moved fenced(Epoch{1});
  CHECK(fenced.promises(1, 2));
  CHECK_FALSE(fenced.promises(1, 3));
  CHECK(fenced.promises(2, 3));
  const Moved told(Epoch{2});
  CHECK(told.promises(1, 3));
}

}  // namespace
}  // namespace starling::sim

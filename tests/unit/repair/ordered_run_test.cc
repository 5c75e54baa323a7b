#include "repair/ordered_run.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "repair/merkle_exchange.h"
#include "support/present.h"

namespace starling {
namespace {

using RunPair = OrderedRun::Pair;

RunPair run_pair(std::uint16_t partition, std::uint64_t partner) {
  return {.partition = PartitionId{partition}, .partner = NodeId{partner}};
}

const std::vector<RunPair> kPairs{run_pair(0, 1), run_pair(0, 2), run_pair(1, 1), run_pair(1, 2)};

OrderedRun run_of(const std::vector<RunPair>& pairs) {
  return {RepairOrder{.run = {.high = 1, .low = 2}, .partition = {}, .dry_run = false}, pairs};
}

// Begins the pair whose turn it is and ends it like this.
void finish_next(OrderedRun& run, ExchangeEnd end) {
  const RunPair pair = run.take();
  run.on_begun(pair);
  run.on_finished(pair, {.end = end}, 0, kNow);
  run.check_invariants();
}

TEST_CASE("OrderedRun: without pairs it is over at once") {
  CHECK(run_of({}).finished());
}

TEST_CASE("OrderedRun: each pair is compared once, and what came of it is added up") {
  OrderedRun run = run_of(kPairs);
  std::vector<RunPair> begun;
  while (run.has_waiting()) {
    CHECK_FALSE(run.finished());
    begun.push_back(run.take());
    run.on_begun(begun.back());
    run.check_invariants();
  }
  CHECK(begun == kPairs);
  for (const RunPair& pair : begun) {
    run.on_finished(pair,
                    {.end = ExchangeEnd::Repaired,
                     .keys_compared = 10,
                     .keys_differing = 2,
                     .comparison_bytes = 100,
                     .record_bytes = 20},
                    3, kNow);
  }
  CHECK(run.finished());
  CHECK(run.progress() == RepairProgress{.pairs = 4,
                                         .compared = 4,
                                         .failed = 0,
                                         .keys_compared = 40,
                                         .keys_differing = 8,
                                         .records_written = 12,
                                         .bytes = 480});
}

TEST_CASE("OrderedRun: one that has to wait has its turn behind the others") {
  OrderedRun run = run_of(kPairs);
  const RunPair first = run.take();
  run.postpone(first);
  CHECK(run.waiting() == 4);
  for (int i = 0; i < 3; ++i) finish_next(run, ExchangeEnd::Agreed);
  CHECK(run.take() == first);
}

TEST_CASE("OrderedRun: one left off in the middle goes on there, until it is through") {
  OrderedRun run = run_of({run_pair(3, 1)});
  CHECK_FALSE(run.goes_on(run_pair(3, 1)));
  finish_next(run, ExchangeEnd::Partial);
  CHECK(run.goes_on(run_pair(3, 1)));
  finish_next(run, ExchangeEnd::Partial);
  CHECK_FALSE(run.finished());
  finish_next(run, ExchangeEnd::Repaired);
  CHECK(run.finished());
  CHECK(run.progress().compared == 1);
}

TEST_CASE(
    "OrderedRun: what fails is tried five times, a second apart, and then counted as failed") {
  for (const ExchangeEnd end : {ExchangeEnd::StaleRow, ExchangeEnd::Nonsense,
                                ExchangeEnd::Unreadable, ExchangeEnd::Aborted}) {
    OrderedRun run = run_of({run_pair(0, 1)});
    for (int i = 1; i < 5; ++i) {
      finish_next(run, end);
      CHECK(run.waiting() == 0);
      CHECK(run.has_waiting());
      run.wake(kNow + std::chrono::milliseconds(999));
      CHECK(run.waiting() == 0);
      run.wake(kNow + std::chrono::seconds(1));
      CHECK(run.waiting() == 1);
    }
    CHECK_FALSE(run.finished());
    finish_next(run, end);
    CHECK(run.finished());
    CHECK(run.progress().failed == 1);
    CHECK(run.progress().compared == 0);
  }
}

TEST_CASE("OrderedRun: a silent partner is not waited for once a partition") {
  OrderedRun run = run_of(kPairs);
  finish_next(run, ExchangeEnd::Silence);  // partner 1
  CHECK(run.progress().failed == 2);
  CHECK(run.waiting() == 2);
  finish_next(run, ExchangeEnd::Agreed);
  finish_next(run, ExchangeEnd::Agreed);
  CHECK(run.finished());
}

TEST_CASE("OrderedRun: keys that could not be read or sent make a pair a failed one") {
  OrderedRun run = run_of({run_pair(0, 1)});
  const RunPair pair = run.take();
  run.on_begun(pair);
  run.on_finished(pair, {.end = ExchangeEnd::Repaired, .keys_skipped = 1}, 0, kNow);
  CHECK(run.progress().failed == 1);
}

TEST_CASE("OrderedRun: what is impossible is over, and what it did not begin does not count") {
  OrderedRun run = run_of({run_pair(0, 1), run_pair(1, 1)});
  static_cast<void>(run.take());
  run.on_impossible();
  run.check_invariants();
  run.on_finished(run_pair(1, 1), {.end = ExchangeEnd::Agreed, .keys_compared = 5}, 5, kNow);
  CHECK(run.progress() == RepairProgress{.pairs = 2, .failed = 1});
  finish_next(run, ExchangeEnd::Differs);
  CHECK(run.finished());
}

}  // namespace
}  // namespace starling

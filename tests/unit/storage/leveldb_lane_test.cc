#include "storage/leveldb_lane.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/time.h"
#include "env/storage_engine.h"
#include "gated_files.h"
#include "storage/leveldb_engine.h"
#include "storage/storage_metrics.h"
#include "support/counting_notifier.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

std::vector<StorageWrite> write_of(std::string key, std::size_t bytes = 1) {
  return {{.key = std::move(key), .value = std::string(bytes, 'x')}};
}

// A lane over a database whose log a test can hold up.
struct LaneFixture {
  explicit LaneFixture(std::optional<Duration> sync_interval = std::nullopt) {
    auto opened = LevelDbEngine::open({.database = {.directory = directory.path()},
                                       .sync_interval = sync_interval,
                                       .files = &files},
                                      notifier);
    REQUIRE(opened.ok());
    engine = std::move(opened).value();
    writes_before = files.writes();
    syncs_before = files.syncs();
  }

  // Gets the lane to stand at the gate with one commit, so that more can queue up behind it.
  CommitTicket hold_up(CommitDemand demand) {
    files.close_gate();
    const CommitTicket ticket = engine->commit(write_of("first"), demand);
    files.wait_for_arrival();
    return ticket;
  }
  LaneCompletions wait_for(CommitTicket ticket) {
    for (;;) {
      const std::uint64_t seen = notifier.count();
      const LaneCompletions completions = engine->drain_completions();
      if (completions.through >= ticket || !completions.status.ok()) return completions;
      REQUIRE(notifier.wait_for(seen + 1));
    }
  }
  std::uint64_t writes() { return files.writes() - writes_before; }
  std::uint64_t syncs() { return files.syncs() - syncs_before; }

  TemporaryDirectory directory;
  GatedFiles files;
  CountingNotifier notifier;
  std::unique_ptr<LevelDbEngine> engine;
  std::uint64_t writes_before = 0;
  std::uint64_t syncs_before = 0;
};

TEST_CASE("LevelDbLane: what queues up behind a commit becomes one batch with one sync") {
  LaneFixture fixture;
  (void)fixture.hold_up(CommitDemand::Synced);
  CommitTicket last;
  for (int i = 0; i < 50; ++i) {
    last = fixture.engine->commit(write_of("k" + std::to_string(i)), CommitDemand::Synced);
  }
  fixture.files.open_gate();
  CHECK(fixture.wait_for(last).through == last);
  CHECK(fixture.writes() == 2);
  CHECK(fixture.syncs() == 2);
  const LaneMetrics counted = fixture.engine->metrics().lane;
  CHECK(counted.synced_writes.count() == 2);
  CHECK(counted.written_only.count() == 0);
  CHECK(counted.batch_commits.count() == 2);
  CHECK(counted.batch_commits.sum() == 51);
  CHECK(counted.batch_bytes.sum() > 0);
}

TEST_CASE("LevelDbLane: it tells when a commit was taken up, and when it was done") {
  LaneFixture fixture;
  const CommitTicket first = fixture.hold_up(CommitDemand::Synced);
  const CommitTicket second = fixture.engine->commit(write_of("second"), CommitDemand::Synced);
  const auto under_way = fixture.engine->timing_of(first);
  REQUIRE(under_way.has_value());
  CHECK_FALSE(under_way->done_ago.has_value());
  CHECK_FALSE(fixture.engine->timing_of(second).has_value());
  fixture.files.open_gate();
  (void)fixture.wait_for(second);
  const auto of_first = fixture.engine->timing_of(first);
  const auto of_second = fixture.engine->timing_of(second);
  REQUIRE(of_first.has_value());
  REQUIRE(of_second.has_value());
  REQUIRE(of_first->done_ago.has_value());
  REQUIRE(of_second->done_ago.has_value());
  CHECK(of_first->begun_ago >= *of_first->done_ago);
  CHECK(of_second->begun_ago >= *of_second->done_ago);
  CHECK(*of_second->done_ago >= Duration::zero());
  CHECK_FALSE(fixture.engine->timing_of({}).has_value());
  CHECK_FALSE(fixture.engine->timing_of(CommitTicket{second.value + 1}).has_value());
}

TEST_CASE("LevelDbLane: when the commits of long ago were written is forgotten") {
  LaneFixture fixture;
  const CommitTicket first = fixture.engine->commit(write_of("first"), CommitDemand::Written);
  (void)fixture.wait_for(first);
  CHECK(fixture.engine->timing_of(first).has_value());
  for (int i = 0; i < 64; ++i) {
    (void)fixture.wait_for(fixture.engine->commit(write_of("next"), CommitDemand::Written));
  }
  CHECK_FALSE(fixture.engine->timing_of(first).has_value());
}

TEST_CASE("LevelDbLane: one commit that demands it syncs its whole batch, none syncs nothing") {
  LaneFixture fixture;
  (void)fixture.hold_up(CommitDemand::Written);
  (void)fixture.engine->commit(write_of("a"), CommitDemand::Written);
  const CommitTicket second = fixture.engine->commit(write_of("b"), CommitDemand::Synced);
  fixture.files.open_gate();
  (void)fixture.wait_for(second);
  CHECK(fixture.writes() == 2);
  CHECK(fixture.syncs() == 1);
  (void)fixture.wait_for(fixture.engine->commit(write_of("c"), CommitDemand::Written));
  CHECK(fixture.syncs() == 1);
}

TEST_CASE("LevelDbLane: a batch ends at its limit, but a large commit goes alone") {
  LaneFixture fixture;
  (void)fixture.hold_up(CommitDemand::Synced);
  (void)fixture.engine->commit(write_of("a", kLaneBatchBytesMax * 2), CommitDemand::Synced);
  (void)fixture.engine->commit(write_of("b", kLaneBatchBytesMax / 2), CommitDemand::Synced);
  (void)fixture.engine->commit(write_of("c", kLaneBatchBytesMax / 3), CommitDemand::Synced);
  const CommitTicket last =
      fixture.engine->commit(write_of("d", kLaneBatchBytesMax / 2), CommitDemand::Synced);
  fixture.files.open_gate();
  CHECK(fixture.wait_for(last).through == last);
  CHECK(fixture.syncs() == 4);  // first; a; b and c; d
}

TEST_CASE("LevelDbLane: the loop is woken once between two drains") {
  LaneFixture fixture;
  for (int i = 0; i < 20; ++i) {
    (void)fixture.engine->commit(write_of("k"), CommitDemand::Synced);
  }
  while (fixture.writes() == 0 || !fixture.notifier.wait_for(1)) {
  }
  fixture.engine.reset();  // ends when all is written
  CHECK(fixture.notifier.count() == 1);
}

TEST_CASE("LevelDbLane: the first error is final, and nothing behind it is written") {
  LaneFixture fixture;
  const CommitTicket first = fixture.engine->commit(write_of("good"), CommitDemand::Synced);
  CHECK(fixture.wait_for(first).status.ok());
  fixture.files.break_syncs("No such luck");
  const CommitTicket second = fixture.engine->commit(write_of("bad"), CommitDemand::Synced);
  const LaneCompletions failed = fixture.wait_for(second);
  CHECK(failed.through == first);
  CHECK(failed.status.code() == StatusCode::Failure);
  fixture.files.break_syncs("");
  const std::uint64_t writes = fixture.writes();
  (void)fixture.engine->commit(write_of("late"), CommitDemand::Synced);
  CHECK(fixture.engine->drain_completions().status == failed.status);
  CHECK(fixture.engine->queued_bytes() == 0);
  fixture.engine.reset();
  CHECK(fixture.writes() == writes);
}

TEST_CASE("LevelDbLane: a full disk is said to be one") {
  LaneFixture fixture;
  fixture.files.break_syncs("No space left on device");
  const CommitTicket ticket = fixture.engine->commit(write_of("k"), CommitDemand::Synced);
  CHECK(fixture.wait_for(ticket).status.code() == StatusCode::DiskFull);
}

TEST_CASE("LevelDbLane: within the interval what was only written is synced, once") {
  LaneFixture fixture(std::chrono::milliseconds(1));
  const CommitTicket ticket = fixture.engine->commit(write_of("k"), CommitDemand::Written);
  CHECK(fixture.wait_for(ticket).status.ok());
  while (fixture.syncs() == 0) {
  }
  fixture.engine.reset();
  CHECK(fixture.syncs() == 1);
}

TEST_CASE("LevelDbLane: an orderly end syncs what the interval has not yet") {
  LaneFixture fixture(std::chrono::hours(1));
  const CommitTicket ticket = fixture.engine->commit(write_of("k"), CommitDemand::Written);
  CHECK(fixture.wait_for(ticket).status.ok());
  CHECK(fixture.syncs() == 0);
  fixture.engine.reset();
  CHECK(fixture.syncs() == 1);
}

}  // namespace
}  // namespace starling

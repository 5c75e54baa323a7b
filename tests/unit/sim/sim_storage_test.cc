#include "sim/sim_storage.h"

#include <chrono>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "sim/event_queue.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_map_store.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An engine whose groups take ten milliseconds each.
struct StorageBench {
  EventQueue events;
  SimDisk disk;
  SimFileFaults faults;
  SimMapStore store{disk, faults, Random(1)};
  CommitTicket through;
  Status status;
  SimStorage storage{
      store,
      {.now = [this] { return events.now(); },
       .later = [this](Duration delay,
                       EventQueue::Action action) { events.after(delay, std::move(action)); },
       .completed =
           [this](CommitTicket ticket, const Status& result) {
             through = ticket;
             status = result;
           },
       .observed = {},
       .struck = {}},
      Random(1),
      {milliseconds(10), milliseconds(10)}};
};

TEST_CASE("SimStorage: what queues up behind a group goes as one group") {
  StorageBench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  const CommitTicket last = bench.storage.commit({{"c", "1"}}, CommitDemand::Synced);
  bench.events.run_until(Instant(milliseconds(10)));
  CHECK(bench.through.value == 1);
  CHECK(bench.storage.queued_bytes() == 4);
  bench.events.run_until(Instant(milliseconds(20)));
  CHECK(bench.through == last);
  CHECK(bench.storage.queued_bytes() == 0);
}

TEST_CASE("SimStorage: it tells when the last group was begun and done, and of no other") {
  StorageBench bench;
  const CommitTicket first = bench.storage.commit({{"a", "1"}}, CommitDemand::Synced);
  const CommitTicket second = bench.storage.commit({{"b", "1"}}, CommitDemand::Synced);
  CHECK_FALSE(bench.storage.timing_of(first).has_value());
  bench.events.run_until(Instant(milliseconds(12)));
  const auto timing = bench.storage.timing_of(first);
  REQUIRE(timing.has_value());
  CHECK(timing->begun_ago == milliseconds(12));
  CHECK(timing->done_ago == milliseconds(2));
  CHECK_FALSE(bench.storage.timing_of(second).has_value());
  bench.events.run_until(Instant(milliseconds(20)));
  CHECK_FALSE(bench.storage.timing_of(first).has_value());
  CHECK(bench.storage.timing_of(second)->begun_ago == milliseconds(10));
}

TEST_CASE("SimStorage: only a synced group survives a power loss") {
  StorageBench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Written));
  bench.events.run_until(Instant(seconds(1)));
  CHECK(bench.disk.unsynced_batches() == 1);
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(2)));
  CHECK(bench.disk.unsynced_batches() == 0);
}

TEST_CASE("SimStorage: a process that dies loses its queue") {
  StorageBench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  bench.storage.abandon();
  CHECK_FALSE(bench.disk.visible().contains("b"));
  CHECK(bench.storage.queued_bytes() == 0);
}

TEST_CASE("SimStorage: a failing disk completes with an error and writes nothing") {
  StorageBench bench;
  bench.faults.fail_writes(WriteFault::AppendFails);
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(1)));
  CHECK(bench.status.code() == StatusCode::Failure);
  CHECK(bench.disk.visible().empty());
}

TEST_CASE("SimStorage: an error stops it until it is opened again, and what was queued is lost") {
  StorageBench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(1)));
  bench.faults.fail_writes(WriteFault::SyncFails);
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  static_cast<void>(bench.storage.commit({{"c", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(2)));
  CHECK(bench.through.value == 1);
  CHECK(bench.storage.is_stopped());
  bench.faults.spare_writes();
  static_cast<void>(bench.storage.commit({{"d", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(3)));
  CHECK(bench.disk.visible().size() == 1);
  CHECK(bench.storage.queued_bytes() == 0);
  bench.storage.reopen(bench.store);
  const CommitTicket last = bench.storage.commit({{"e", "1"}}, CommitDemand::Synced);
  bench.events.run_until(Instant(seconds(4)));
  CHECK(bench.through == last);
  CHECK(bench.disk.visible().contains("e"));
}

}  // namespace
}  // namespace starling::sim

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

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An engine whose groups take ten milliseconds each.
struct Bench {
  EventQueue events;
  SimDisk disk;
  CommitTicket through;
  Status status;
  SimStorage storage{
      disk,
      {.later = [this](Duration delay,
                       EventQueue::Action action) { events.after(delay, std::move(action)); },
       .completed =
           [this](CommitTicket ticket, const Status& result) {
             through = ticket;
             status = result;
           },
       .observed = {}},
      Random(1),
      {milliseconds(10), milliseconds(10)}};
};

TEST_CASE("SimStorage: what queues up behind a group goes as one group") {
  Bench bench;
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

TEST_CASE("SimStorage: only a synced group survives a power loss") {
  Bench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Written));
  bench.events.run_until(Instant(seconds(1)));
  CHECK(bench.disk.unsynced_batches() == 1);
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(2)));
  CHECK(bench.disk.unsynced_batches() == 0);
}

TEST_CASE("SimStorage: a process that dies loses its queue") {
  Bench bench;
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  static_cast<void>(bench.storage.commit({{"b", "1"}}, CommitDemand::Synced));
  bench.storage.abandon();
  CHECK_FALSE(bench.disk.visible().contains("b"));
  CHECK(bench.storage.queued_bytes() == 0);
}

TEST_CASE("SimStorage: damaged entries are errors or wrong bytes, never absent") {
  Bench bench;
  REQUIRE(bench.storage.commit_now({{"a", "1111"}, {"b", "1111"}}).ok());
  bench.disk.damage("a", Damage::Unreadable);
  bench.disk.damage("b", Damage::FlippedByte);
  CHECK(bench.storage.get("a").status().code() == StatusCode::Corruption);
  CHECK(bench.storage.get("b").value() != "1111");
  const auto ignore = [](std::string_view, std::string_view) { return true; };
  CHECK(bench.storage.scan("a", "z", ignore).code() == StatusCode::Corruption);
  CHECK(bench.storage.scan("c", "z", ignore).ok());
}

TEST_CASE("SimStorage: a failing disk completes with an error and writes nothing") {
  Bench bench;
  bench.storage.fail_commits();
  static_cast<void>(bench.storage.commit({{"a", "1"}}, CommitDemand::Synced));
  bench.events.run_until(Instant(seconds(1)));
  CHECK(bench.status.code() == StatusCode::Failure);
  CHECK(bench.disk.visible().empty());
}

}  // namespace
}  // namespace starling::sim

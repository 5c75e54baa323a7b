#include "sim/fill_monitor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "ring/configuration.h"
#include "ring/token.h"
#include "small_cluster.h"
#include "version/dot.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

constexpr std::uint32_t kFillSource = 0;
constexpr std::uint32_t kFillSink = 1;
constexpr PartitionId kFilledPartition{2};

VectorClock clock_up_to(std::uint64_t counter) {
  VectorClock clock;
  for (std::uint64_t i = 1; i <= counter; ++i) {
    clock.add({.actor = {.incarnation = Incarnation{1}, .lineage = 1}, .counter = i});
  }
  return clock;
}

// Two keys in one partition, at the tokens 10 and 20.
struct WatchedFills {
  WatchedFills() {
    for (const std::uint64_t token : {10U, 20U}) {
      monitor.add_key({.partition = kFilledPartition,
                       .token = Token{token},
                       .address = {.bucket = "b", .key = "k" + std::to_string(token)}});
    }
  }
  void hold(std::uint32_t node, std::uint32_t key, std::uint64_t counter) {
    disks[{node, key}] = clock_up_to(counter);
  }
  void adopt(std::uint64_t epoch) {
    Configuration configuration = *small.cluster.member(0).node()->configuration();
    configuration.epoch = Epoch{epoch};
    monitor.on_adopted(kFillSource, configuration);
  }
  void tell(std::optional<Token> through, bool complete, const FillMonitor::Clocks& newest = {}) {
    monitor.on_cursor(kFillSink,
                      {.partition = kFilledPartition,
                       .source = small.cluster.member(kFillSource).id(),
                       .source_store = {},
                       .epoch = Epoch{5},
                       .through = through,
                       .complete = complete},
                      newest);
  }
  [[nodiscard]] std::string found() const {
    return monitor.violations().empty() ? "" : monitor.violations().front().checker;
  }

  SmallCluster small;
  std::map<std::pair<std::uint32_t, std::uint32_t>, VectorClock> disks;
  bool rotten = false;
  FillMonitor monitor{
      small.cluster,
      {.clock = [this](std::uint32_t node, std::uint32_t key) { return disks[{node, key}]; },
       .is_rotten = [this](std::uint32_t, std::uint32_t) { return rotten; }}};
};

TEST_CASE("FillMonitor: a source that has not adopted the epoch has promised nothing") {
  WatchedFills watched;
  watched.adopt(4);
  watched.tell(std::nullopt, true);
  CHECK(watched.found() == "filled-early");
}

TEST_CASE("FillMonitor: what the source held when it adopted must be there, up to the cursor") {
  WatchedFills watched;
  watched.hold(kFillSource, 0, 1);
  watched.hold(kFillSource, 1, 2);
  watched.adopt(6);
  // What came later need not be.
  watched.hold(kFillSource, 0, 7);
  watched.hold(kFillSource, 1, 7);
  watched.hold(kFillSink, 0, 1);
  watched.hold(kFillSink, 1, 1);
  watched.tell(std::nullopt, false);
  watched.tell(Token{19}, false);
  CHECK(watched.found().empty());
  watched.tell(Token{20}, false);
  CHECK(watched.found() == "filled-short");
}

TEST_CASE("FillMonitor: what stands before the cursor in the same group of commits counts") {
  WatchedFills watched;
  watched.hold(kFillSource, 0, 3);
  watched.adopt(5);
  watched.tell(std::nullopt, true, {{0, clock_up_to(3)}});
  CHECK(watched.found().empty());
  watched.tell(std::nullopt, true, {{0, clock_up_to(2)}});
  CHECK(watched.found() == "filled-short");
}

TEST_CASE("FillMonitor: the first adoption counts, a restart's is none") {
  WatchedFills watched;
  watched.hold(kFillSource, 0, 1);
  watched.adopt(5);
  watched.hold(kFillSource, 0, 2);
  watched.adopt(5);
  watched.hold(kFillSink, 0, 1);
  watched.tell(std::nullopt, true);
  CHECK(watched.found().empty());
}

TEST_CASE("FillMonitor: what the source lost, or rotted at the sink, is not asked for") {
  WatchedFills watched;
  watched.hold(kFillSource, 0, 2);
  watched.adopt(5);
  watched.rotten = true;
  watched.tell(std::nullopt, true);
  watched.rotten = false;
  watched.hold(kFillSource, 0, 1);
  watched.tell(std::nullopt, true);
  CHECK(watched.found().empty());
}

TEST_CASE("FillMonitor: of a disk that was lost nothing is asked") {
  WatchedFills watched;
  watched.small.cluster.write_off(kFillSource);
  watched.tell(std::nullopt, true);
  CHECK(watched.found().empty());
}

}  // namespace
}  // namespace starling::sim

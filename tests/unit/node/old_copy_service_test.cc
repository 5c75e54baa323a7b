#include "node/old_copy_service.h"

#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "env/storage_engine.h"
#include "moving_cluster.h"
#include "node/fill_memory.h"
#include "node/node.h"
#include "replica/key_layout.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/succession.h"

namespace starling {
namespace {

using std::chrono::seconds;

// The last owner of the partition is to be replaced by `newcomer`.
void aim_last_at(MovingCluster& moving, std::size_t newcomer) {
  Configuration after = successor_of(moving.configuration());
  RowAim aim{.partition = moving.partition, .owners = {}};
  for (const Slot& slot : after.rows[moving.partition.value]) aim.owners.push_back(slot.holder);
  aim.owners.back() = moving.cluster.id(newcomer);
  after.aims = {aim};
  REQUIRE(moving.cluster.node(0).propose(after, {}).ok());
  moving.cluster.settle();
}

// Entries of the partition, records or others, in the store of a node.
std::size_t entries_of(MovingCluster& moving, std::size_t node, StoreTable table) {
  const KeyBounds bounds = bounds_of_table(moving.partition, table);
  std::size_t count = 0;
  for (const auto& [key, value] : moving.cluster.engine(node).entries) {
    count += key >= bounds.from && key < bounds.to ? 1 : 0;
  }
  return count;
}

TEST_CASE("OldCopyService: who stores a partition no more keeps nothing of it") {
  MovingCluster moving;
  REQUIRE(moving.records_of(moving.source) == moving.keys.size());
  aim_last_at(moving, moving.sink);
  moving.pass_slowly(seconds(12));
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
  CHECK(entries_of(moving, moving.source, StoreTable::Records) == 0);
  CHECK(entries_of(moving, moving.source, StoreTable::LeafSums) == 0);
  CHECK(moving.cluster.node(moving.source).report().old_records_removed == moving.keys.size());
  // Nobody else lost anything.
  CHECK(moving.cluster.node(moving.sink).report().old_records_removed == 0);
}

TEST_CASE("OldCopyService: while the slot is on its way nothing is removed") {
  MovingCluster moving(1);
  moving.cluster.crowded.insert(moving.cluster.id(moving.sink));  // so that nothing is filled
  moving.begin_move();
  moving.pass_slowly(seconds(12));
  CHECK(moving.records_of(moving.source) == moving.keys.size());
}

TEST_CASE("OldCopyService: a crash on the way costs another look") {
  MovingCluster moving;
  aim_last_at(moving, moving.sink);
  while (moving.configuration(moving.sink).rows[moving.partition.value].back().state !=
             SlotState::Settled ||
         is_in_row(moving.configuration(moving.sink).rows[moving.partition.value],
                   moving.cluster.id(moving.source))) {
    moving.pass(std::chrono::milliseconds(50));
  }
  moving.cluster.stop(moving.source);
  moving.cluster.start(moving.source);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(5));
  CHECK(entries_of(moving, moving.source, StoreTable::Records) == 0);
}

TEST_CASE("OldCopyService: a partition that comes back is filled like one that never was there") {
  MovingCluster moving;
  const std::size_t first = moving.source;
  aim_last_at(moving, moving.sink);
  moving.pass_slowly(seconds(12));
  REQUIRE(moving.records_of(first) == 0);
  aim_last_at(moving, first);
  moving.pass_slowly(seconds(12));
  CHECK(moving.records_of(first) == moving.keys.size());
  CHECK(moving.records_of(moving.sink) == 0);
  const auto get = moving.cluster.ask<GetReply>(first, TestCluster::get_of(moving.keys.front()));
  CHECK(get.siblings.size() == 1);
}

TEST_CASE("OldCopyService: the notes of a filling go with what they speak of") {
  MovingCluster moving;
  aim_last_at(moving, moving.sink);
  moving.pass_slowly(seconds(12));
  MemoryEngine& engine = moving.cluster.engine(moving.source);
  // As if a power loss had brought one back together with a record.
  const FillProgress note{.partition = moving.partition,
                          .source = moving.cluster.id(moving.sink),
                          .source_store = {},
                          .epoch = Epoch{1},
                          .through = std::nullopt,
                          .complete = true};
  const StorageWrite write = write_of_fill(note);
  moving.cluster.stop(moving.source);
  engine.entries[write.key] = *write.value;
  engine.entries[bounds_of_table(moving.partition, StoreTable::Records).from + "x"] = "y";
  moving.cluster.start(moving.source);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(5));
  CHECK(entries_of(moving, moving.source, StoreTable::Records) == 0);
  CHECK_FALSE(engine.entries.contains(write.key));
}

}  // namespace
}  // namespace starling

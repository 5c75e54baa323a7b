#include "sim/sim_map_store.h"

#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"

namespace starling::sim {
namespace {

struct MapStoreBench {
  SimDisk disk;
  SimFileFaults faults;
  SimMapStore store{disk, faults, Random(1)};
};

TEST_CASE("SimMapStore: only a synced group survives a power loss, and earlier ones with it") {
  MapStoreBench bench;
  REQUIRE(bench.store.write({{{"a", "1"}}}, CommitDemand::Written).ok());
  CHECK_FALSE(bench.disk.durable("a").has_value());
  REQUIRE(bench.store.write({{{"b", "1"}}}, CommitDemand::Synced).ok());
  CHECK(bench.disk.durable("a") == "1");
  CHECK(bench.disk.durable("b") == "1");
}

TEST_CASE("SimMapStore: damaged entries are errors or wrong bytes, never absent") {
  MapStoreBench bench;
  REQUIRE(bench.store.write({{{"a", "1111"}, {"b", "1111"}}}, CommitDemand::Synced).ok());
  bench.disk.damage("a", Damage::Unreadable);
  bench.disk.damage("b", Damage::FlippedByte);
  CHECK(bench.store.get("a").status().code() == StatusCode::Corruption);
  CHECK(bench.store.get("b").value() != "1111");
  const auto ignore = [](std::string_view, std::string_view) { return true; };
  CHECK(bench.store.scan("a", "z", ignore).code() == StatusCode::Corruption);
  CHECK(bench.store.scan("c", "z", ignore).ok());
}

TEST_CASE("SimMapStore: a failing disk is an error and writes nothing") {
  MapStoreBench bench;
  bench.faults.fail_writes(WriteFault::SyncFails);
  CHECK(bench.store.write({{{"a", "1"}}}, CommitDemand::Synced).code() == StatusCode::Failure);
  CHECK(bench.disk.visible().empty());
}

TEST_CASE("SimMapStore: of a group under way a prefix arrives when the process dies") {
  bool some = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    MapStoreBench bench;
    Random random(seed);
    bench.store.die({{{"a", "1"}}, {{"b", "1"}}}, random);
    CHECK((bench.disk.visible().contains("a") || !bench.disk.visible().contains("b")));
    some = some || bench.disk.visible().size() == 1;
  }
  CHECK(some);
}

TEST_CASE("SimMapStore: on a full disk a group is refused, and is there durably or not at all") {
  MapStoreBench bench;
  bench.faults.fail_writes(WriteFault::ShortAppend);
  int arrived = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string key = std::to_string(i);
    CHECK(bench.store.write({{{key, "1"}}}, CommitDemand::Written).code() == StatusCode::DiskFull);
    CHECK(bench.disk.visible().contains(key) == bench.disk.durable(key).has_value());
    arrived += bench.disk.visible().contains(key) ? 1 : 0;
  }
  CHECK(arrived > 0);
  CHECK(arrived < 20);
}

}  // namespace
}  // namespace starling::sim

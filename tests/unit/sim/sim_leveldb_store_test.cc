#include "sim/sim_leveldb_store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/hash.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/event_queue.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"

namespace starling::sim {
namespace {

struct Machine {
  SimFiles files;
  SimFileFaults faults;
  EventQueue events;
  SimDisk ledger;

  std::unique_ptr<SimLevelDbStore> opened() {
    auto store = SimLevelDbStore::open({files, faults, events}, ledger, Random(1), {});
    REQUIRE(store.ok());
    return std::move(store).value();
  }
};

std::vector<StorageWrite> batch_of(std::uint64_t number) {
  return {{"key" + std::to_string(number % 40),
           std::string(1000, static_cast<char>('a' + (number % 26)))}};
}

SimDisk::Image contents(SimLevelDbStore& store) {
  SimDisk::Image found;
  const Status status =
      store.scan("", "\xff", [&found](std::string_view key, std::string_view value) {
        found.emplace(key, value);
        return true;
      });
  REQUIRE(status.ok());
  return found;
}

std::uint64_t hash_of_files(const SimFiles& files) {
  std::string all;
  for (const std::string& name : files.names())
    all += name + std::string(files.bytes(*files.find(name)));
  return hash64(all);
}

TEST_CASE("SimLevelDbStore: what was written is there after the process was killed") {
  Machine machine;
  {
    const auto store = machine.opened();
    for (std::uint64_t i = 0; i < 500; ++i) {
      REQUIRE(store->write({batch_of(i)}, CommitDemand::Written).ok());
    }
    CHECK(store->get("key7").value() == machine.ledger.visible().at("key7"));
  }
  CHECK(contents(*machine.opened()) == machine.ledger.visible());
}

// Five megabytes through a buffer of 64 KiB: logs change, tables are written and merged.
TEST_CASE("SimLevelDbStore: two runs write the same files, byte for byte") {
  std::vector<std::uint64_t> hashes;
  for (int run = 0; run < 2; ++run) {
    Machine machine;
    const auto store = machine.opened();
    for (std::uint64_t i = 0; i < 5000; ++i) {
      REQUIRE(
          store->write({batch_of(i * i)}, i % 3 == 0 ? CommitDemand::Synced : CommitDemand::Written)
              .ok());
    }
    store->run_background();
    hashes.push_back(hash_of_files(machine.files));
  }
  CHECK(hashes.at(0) == hashes.at(1));
}

TEST_CASE("SimLevelDbStore: the ledger calls durable only what was in a synced write itself") {
  Machine machine;
  const auto store = machine.opened();
  REQUIRE(store->write({{{"a", "1"}}}, CommitDemand::Written).ok());
  REQUIRE(store->write({{{"b", "1"}}}, CommitDemand::Synced).ok());
  CHECK(machine.ledger.visible().at("a") == "1");
  CHECK_FALSE(machine.ledger.durable("a").has_value());
  CHECK(machine.ledger.durable("b") == "1");
}

TEST_CASE("SimLevelDbStore: a write in which the power went may be there or not") {
  bool kept = false;
  bool lost = false;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Machine machine;
    Random random(seed);
    {
      const auto store = machine.opened();
      REQUIRE(store->write({{{"a", "1"}}}, CommitDemand::Synced).ok());
      machine.faults.strike_after(random.below(4));
      const Status status = store->write({{{"a", "2"}}}, CommitDemand::Synced);
      CHECK(status.ok() != store->is_struck());
    }
    machine.ledger.lose_power_unseen();
    machine.files.lose_power({}, random);
    const SimDisk::Image found = contents(*machine.opened());
    CHECK_FALSE(machine.ledger.contradiction(found).has_value());
    kept = kept || found.at("a") == "2";
    lost = lost || found.at("a") == "1";
  }
  CHECK(kept);
  CHECK(lost);
}

TEST_CASE("SimLevelDbStore: a group under way when the process dies is there whole or not at all") {
  bool kept = false;
  bool lost = false;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Machine machine;
    Random random(seed);
    machine.opened()->die({{{"a", "1"}}, {{"b", std::string(50'000, 'x')}}}, random);
    const SimDisk::Image found = contents(*machine.opened());
    CHECK(found.contains("a") == found.contains("b"));
    CHECK_FALSE(machine.ledger.contradiction(found).has_value());
    kept = kept || !found.empty();
    lost = lost || found.empty();
  }
  CHECK(kept);
  CHECK(lost);
}

TEST_CASE(
    "SimLevelDbStore: after an error nothing more is written, and nothing acknowledged lost") {
  for (std::uint32_t fault = 1; fault < kWriteFaults; ++fault) {
    CAPTURE(fault);
    Machine machine;
    {
      const auto store = machine.opened();
      REQUIRE(store->write({{{"a", "1"}}}, CommitDemand::Synced).ok());
      machine.faults.fail_writes(static_cast<WriteFault>(fault));
      CHECK_FALSE(store->write({{{"a", "2"}}}, CommitDemand::Synced).ok());
      machine.faults.spare_writes();
      CHECK_FALSE(store->write({{{"b", "2"}}}, CommitDemand::Synced).ok());
    }
    const SimDisk::Image found = contents(*machine.opened());
    CHECK(found.contains("a"));
    CHECK_FALSE(machine.ledger.contradiction(found).has_value());
  }
}

TEST_CASE("SimLevelDbStore: damaged bytes of a table are an error, never absent or wrong") {
  Machine machine;
  {
    const auto store = machine.opened();
    for (std::uint64_t i = 0; i < 200; ++i) {
      REQUIRE(store->write({batch_of(i)}, CommitDemand::Synced).ok());
    }
  }
  const auto store = machine.opened();
  const SimDisk::Image before = contents(*store);
  for (const std::string& name : machine.files.names()) {
    if (!name.ends_with(".ldb")) continue;
    const FileId file = *machine.files.find(name);
    for (std::size_t byte = 100; byte < machine.files.bytes(file).size(); byte += 2000) {
      machine.faults.damage(file, byte,
                            byte % 4000 == 100 ? Damage::Unreadable : Damage::FlippedByte);
    }
  }
  std::uint32_t errors = 0;
  for (const auto& [key, value] : before) {
    const auto got = store->get(key);
    if (got.ok()) CHECK(*got == value);
    if (!got.ok()) ++errors;
  }
  CHECK(errors > 0);
}

}  // namespace
}  // namespace starling::sim

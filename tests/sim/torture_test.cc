// The database under power losses: writers at work, the power going inside a drawn call of the
// operating system, the machine coming back with what its disk kept, again and again. Nothing that
// was acknowledged as synced may be missing, and the database must open. Without the rules of our
// Env the same torture shows the losses: the traps are real.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/event_queue.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "sim/sim_leveldb_store.h"
#include "sim/sim_store.h"

namespace starling::sim {
namespace {

constexpr std::uint32_t kPowerLosses = 400;
// Enough calls for a log to change and tables to be merged, few enough to be often in between.
constexpr std::uint64_t kCallsMax = 1500;
// After as many a machine retires: recoveries of recoveries, but not for ever of one history.
constexpr std::uint32_t kLossesOfMachine = 8;

struct Setting {
  std::string_view name;
  Outage outage;
};

constexpr std::array<Setting, 4> kSettings{{
    {"strict directories, tails cut", {DirectoryOrder::Strict, FileTail::Cut}},
    {"strict directories, tails garbage", {DirectoryOrder::Strict, FileTail::Garbage}},
    {"directories in order, tails cut", {DirectoryOrder::InOrder, FileTail::Cut}},
    {"directories in order, tails garbage", {DirectoryOrder::InOrder, FileTail::Garbage}},
}};

struct Toll {
  std::uint32_t lost = 0;      // power losses after which something acknowledged was missing
  std::uint32_t unopened = 0;  // power losses after which the database did not open
  std::uint64_t synced = 0;    // groups that were acknowledged as synced
  std::string first;           // what happened first
};

struct Machine {
  SimFiles files;
  SimFileFaults faults;
  EventQueue events;
  SimDisk ledger;
  std::uint64_t starts = 1;

  Result<std::unique_ptr<SimLevelDbStore>> opened(EnvRules rules, const Random& random) {
    std::string start = rules == EnvRules::Ours ? std::to_string(starts) : std::string();
    return SimLevelDbStore::open({files, faults, events}, ledger, random,
                                 {.rules = rules, .machine_start = std::move(start)});
  }
  void lose_power(Outage outage, Random& random) {
    ++starts;
    faults.call_off_strike();
    ledger.lose_power_unseen();
    files.lose_power(outage, random);
  }
};

// Small ones mostly, and some that span blocks of a log.
std::vector<StorageWrite> draw_batch(Random& random) {
  std::vector<StorageWrite> batch;
  for (std::uint64_t writes = random.between(1, 3); writes > 0; --writes) {
    const std::size_t bytes = random.below(10) == 0 ? random.below(60'000) : random.below(3'000);
    StorageWrite write{.key = "key" + std::to_string(random.below(30)), .value = std::nullopt};
    // Bytes that do not compress, so that a torn value can not pass for a whole one.
    if (random.below(8) != 0) {
      write.value.emplace();
      while (write.value->size() < bytes) write.value->append(std::to_string(random.next()));
    }
    batch.push_back(std::move(write));
  }
  return batch;
}

// Writes until the power goes; counts what was acknowledged as synced.
std::uint64_t write_until_struck(SimLevelDbStore& store, Random& random) {
  std::uint64_t synced = 0;
  while (!store.is_struck()) {
    SimStore::Batches group;
    for (std::uint64_t batches = random.between(1, 3); batches > 0; --batches) {
      group.push_back(draw_batch(random));
    }
    const CommitDemand demand = random.below(3) == 0 ? CommitDemand::Written : CommitDemand::Synced;
    const Status status = store.write(group, demand);
    if (status.ok() && !store.is_struck() && demand == CommitDemand::Synced) ++synced;
    if (store.has_background() && random.below(4) == 0) store.run_background();
  }
  return synced;
}

// Why the reopened store is not what was promised.
std::optional<std::string> look_for_losses(SimLevelDbStore& store, SimDisk& ledger) {
  SimDisk::Image found;
  const Status scanned =
      store.scan("", "\xff", [&found](std::string_view key, std::string_view value) {
        found.emplace(key, value);
        return true;
      });
  if (!scanned.ok()) return scanned.message();
  std::optional<std::string> lost = ledger.contradiction(found);
  ledger.restore(std::move(found));
  return lost;
}

void note(Toll& toll, std::uint32_t& counter, const std::string& what) {
  ++counter;
  if (toll.first.empty()) toll.first = what;
}

// Opens it, perhaps losing power on the way; then the power stays. Nothing: it does not open.
std::unique_ptr<SimLevelDbStore> come_back(Machine& machine, EnvRules rules, Outage outage,
                                           Random& random, Toll& toll) {
  if (random.below(4) == 0) machine.faults.strike_after(random.below(40));
  auto opened = machine.opened(rules, random.fork("open"));
  if (machine.faults.is_struck()) {
    if (opened.ok()) std::move(opened).value().reset();
    machine.lose_power(outage, random);
    opened = machine.opened(rules, random.fork("open again"));
  }
  machine.faults.call_off_strike();
  if (opened.ok()) return std::move(opened).value();
  note(toll, toll.unopened, opened.status().message());
  return nullptr;
}

Toll torture(const Setting& setting, EnvRules rules) {
  Toll toll;
  Machine machine;
  std::uint32_t losses_of_machine = 0;
  for (std::uint32_t loss = 0; loss < kPowerLosses; ++loss) {
    Random random = Random(7).fork(setting.name, loss);
    auto store = come_back(machine, rules, setting.outage, random, toll);
    std::optional<std::string> lost;
    if (store != nullptr) lost = look_for_losses(*store, machine.ledger);
    if (lost.has_value()) note(toll, toll.lost, *lost);
    if (store == nullptr || lost.has_value() || ++losses_of_machine == kLossesOfMachine) {
      losses_of_machine = 0;
      store.reset();
      // Without rules even a new one may lose its power before it can be opened for good.
      while (store == nullptr) {
        machine = Machine();
        store = come_back(machine, rules, setting.outage, random, toll);
      }
    }
    machine.faults.strike_after(random.below(kCallsMax));
    toll.synced += write_until_struck(*store, random);
    store.reset();
    machine.lose_power(setting.outage, random);
  }
  return toll;
}

std::string words_of(const Setting& setting, const Toll& toll) {
  return std::string(setting.name) + ": of " + std::to_string(kPowerLosses) + " power losses, " +
         std::to_string(toll.lost) + " lost something acknowledged and " +
         std::to_string(toll.unopened) + " left a database that does not open (" +
         std::to_string(toll.synced) + " synced groups)" +
         (toll.first.empty() ? "" : "; first: " + toll.first);
}

TEST_CASE("Torture: no power loss costs a synced write, and the database always opens") {
  for (const Setting& setting : kSettings) {
    const Toll toll = torture(setting, EnvRules::Ours);
    MESSAGE(words_of(setting, toll));
    CAPTURE(toll.first);
    CHECK(toll.lost == 0);
    CHECK(toll.unopened == 0);
    CHECK(toll.synced > kPowerLosses);
  }
}

TEST_CASE("Torture: without our rules for LevelDB the same power losses cost synced writes") {
  for (const Setting& setting : kSettings) {
    const Toll toll = torture(setting, EnvRules::Nobody);
    MESSAGE(words_of(setting, toll));
    CHECK(toll.lost + toll.unopened > 0);
  }
}

}  // namespace
}  // namespace starling::sim

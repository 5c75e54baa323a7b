#include <memory>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "sim/event_queue.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "sim/sim_leveldb_store.h"
#include "sim/sim_map_store.h"
#include "sim/sim_storage.h"
#include "sim/sim_store.h"
#include "storage/leveldb_engine.h"
#include "storage_engine_case.h"
#include "support/counting_notifier.h"
#include "support/memory_engine.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

class MemoryUnderTest final : public StorageEngineUnderTest {
 public:
  StorageEngine& engine() override { return engine_; }
  Status wait_for(CommitTicket ticket) override {
    STARLING_CHECK(engine_.complete(ticket) >= ticket);
    return Status::success();
  }
  void reopen() override { engine_.complete_all(); }

 private:
  MemoryEngine engine_;
};

class LevelDbUnderTest final : public StorageEngineUnderTest {
 public:
  LevelDbUnderTest() { reopen(); }

  StorageEngine& engine() override { return *engine_; }
  Status wait_for(CommitTicket ticket) override {
    for (;;) {
      const std::uint64_t seen = notifier_.count();
      const LaneCompletions completions = engine_->drain_completions();
      if (completions.through >= ticket || !completions.status.ok()) return completions.status;
      STARLING_CHECK(notifier_.wait_for(seen + 1));
    }
  }
  void reopen() override {
    engine_.reset();
    LevelDbEngineOptions options;
    options.database.directory = directory_.path() + "/store";
    auto opened = LevelDbEngine::open(options, notifier_);
    STARLING_CHECK(opened.ok());
    engine_ = std::move(opened).value();
  }

 private:
  TemporaryDirectory directory_;
  CountingNotifier notifier_;
  std::unique_ptr<LevelDbEngine> engine_;
};

// The simulator's engine: what is proved about nodes in virtual time holds for the daemon's as far
// as the two keep one contract.
class SimUnderTest : public StorageEngineUnderTest {
 public:
  StorageEngine& engine() override { return *engine_; }
  Status wait_for(CommitTicket ticket) override {
    while (through_ < ticket && status_.ok())
      STARLING_CHECK(machine_.events.run_next(Instant::max()));
    return status_;
  }
  void reopen() override {
    while (machine_.events.run_next(Instant::max())) {
    }
    engine_.reset();
    store_.reset();
    store_ = open(machine_);
    engine_ =
        std::make_unique<sim::SimStorage>(*store_, host(), Random(2), sim::SimStorage::Speed{});
  }

 protected:
  struct Machine {
    sim::SimFiles files;
    sim::SimFileFaults faults;
    sim::EventQueue events;
    sim::SimDisk disk;
  };
  virtual std::unique_ptr<sim::SimStore> open(Machine& machine) = 0;

 private:
  sim::SimStorage::Host host() {
    sim::SimStorage::Host host;
    host.later = [this](Duration delay, sim::EventQueue::Action action) {
      machine_.events.after(delay, std::move(action));
    };
    host.completed = [this](CommitTicket through, const Status& status) {
      through_ = through;
      status_ = status;
    };
    return host;
  }

  Machine machine_;
  std::unique_ptr<sim::SimStore> store_;
  std::unique_ptr<sim::SimStorage> engine_;
  CommitTicket through_;
  Status status_;
};

class SimMapUnderTest final : public SimUnderTest {
 public:
  SimMapUnderTest() { reopen(); }

 private:
  std::unique_ptr<sim::SimStore> open(Machine& machine) override {
    return std::make_unique<sim::SimMapStore>(machine.disk, machine.faults, Random(1));
  }
};

class SimLevelDbUnderTest final : public SimUnderTest {
 public:
  SimLevelDbUnderTest() { reopen(); }

 private:
  std::unique_ptr<sim::SimStore> open(Machine& machine) override {
    auto opened = sim::SimLevelDbStore::open({machine.files, machine.faults, machine.events},
                                             machine.disk, Random(1), {});
    STARLING_CHECK(opened.ok());
    return std::move(opened).value();
  }
};

template <typename UnderTest>
std::unique_ptr<StorageEngineUnderTest> make() {
  return std::make_unique<UnderTest>();
}

}  // namespace

std::vector<StorageEngineCase> storage_engine_cases() {
  return {{.name = "memory", .make = make<MemoryUnderTest>},
          {.name = "leveldb", .make = make<LevelDbUnderTest>},
          {.name = "simulated map", .make = make<SimMapUnderTest>},
          {.name = "simulated leveldb", .make = make<SimLevelDbUnderTest>}};
}

}  // namespace starling

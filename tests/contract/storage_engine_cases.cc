#include <memory>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "env/storage_engine.h"
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

template <typename UnderTest>
std::unique_ptr<StorageEngineUnderTest> make() {
  return std::make_unique<UnderTest>();
}

}  // namespace

std::vector<StorageEngineCase> storage_engine_cases() {
  return {{.name = "memory", .make = make<MemoryUnderTest>},
          {.name = "leveldb", .make = make<LevelDbUnderTest>}};
}

}  // namespace starling

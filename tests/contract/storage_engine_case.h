#pragma once

// StorageEngineCase: one implementation of StorageEngine as the contract suite sees it. To put
// another under the same suite, derive from StorageEngineUnderTest and add a line to the table in
// storage_engine_cases.cc.

#include <memory>
#include <string>
#include <vector>

#include "starling/status.h"

#include "env/storage_engine.h"

namespace starling {

class StorageEngineUnderTest {
 public:
  StorageEngineUnderTest() = default;
  StorageEngineUnderTest(const StorageEngineUnderTest&) = delete;
  StorageEngineUnderTest& operator=(const StorageEngineUnderTest&) = delete;
  StorageEngineUnderTest(StorageEngineUnderTest&&) = delete;
  StorageEngineUnderTest& operator=(StorageEngineUnderTest&&) = delete;
  virtual ~StorageEngineUnderTest() = default;

  [[nodiscard]] virtual StorageEngine& engine() = 0;
  // Lets the engine work until `ticket` is through; says what the host would be told.
  [[nodiscard]] virtual Status wait_for(CommitTicket ticket) = 0;
  // Closes the engine, completing what is queued, and opens the same data again.
  virtual void reopen() = 0;
};

struct StorageEngineCase {
  std::string name;
  std::unique_ptr<StorageEngineUnderTest> (*make)();
};

[[nodiscard]] std::vector<StorageEngineCase> storage_engine_cases();

}  // namespace starling

// What every StorageEngine must do: one suite over all implementations.

#include "env/storage_engine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "storage_engine_case.h"

namespace starling {
namespace {

// Runs `statement` on a fresh engine of every kind.
template <typename Statement>
void for_every_engine(const Statement& statement) {
  for (const StorageEngineCase& each : storage_engine_cases()) {
    CAPTURE(each.name);
    const auto under_test = each.make();
    statement(*under_test);
  }
}

StorageWrite put_of(std::string key, std::string value) {
  return {.key = std::move(key), .value = std::move(value)};
}
StorageWrite erase_of(std::string key) {
  return {.key = std::move(key), .value = std::nullopt};
}

std::optional<std::string> get(StorageEngineUnderTest& under_test, std::string_view key) {
  const auto got = under_test.engine().get(key);
  REQUIRE(got.ok());
  return *got;
}

// "key=value " for each entry of [from, to).
std::string entries(StorageEngineUnderTest& under_test, std::string_view from, std::string_view to,
                    std::size_t visits_max = 1000) {
  std::string text;
  std::size_t visits = 0;
  const Status status =
      under_test.engine().scan(from, to, [&](std::string_view key, std::string_view value) {
        text.append(key).append("=").append(value).append(" ");
        return ++visits < visits_max;
      });
  REQUIRE(status.ok());
  return text;
}

void commit_and_wait(StorageEngineUnderTest& under_test, std::vector<StorageWrite> batch) {
  const CommitTicket ticket = under_test.engine().commit(std::move(batch), CommitDemand::Synced);
  REQUIRE(under_test.wait_for(ticket).ok());
}

TEST_CASE("StorageEngine: a key that was never written is nothing, not an error") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    CHECK_FALSE(get(under_test, "k").has_value());
    CHECK(entries(under_test, "", "\xff").empty());
  });
}

TEST_CASE("StorageEngine: what is through is read back") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    commit_and_wait(under_test, {put_of("k", "v")});
    CHECK(get(under_test, "k") == "v");
    commit_and_wait(under_test, {put_of("k", "w"), put_of("empty", "")});
    CHECK(get(under_test, "k") == "w");
    CHECK(get(under_test, "empty") == "");
  });
}

TEST_CASE("StorageEngine: keys and values are any bytes") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    const std::string bytes("\0\xff\n\0", 4);
    commit_and_wait(under_test, {put_of(bytes, bytes)});
    CHECK(get(under_test, bytes) == bytes);
    CHECK_FALSE(get(under_test, bytes.substr(0, 3)).has_value());
  });
}

TEST_CASE("StorageEngine: an erased key is nothing, erasing nothing is no error") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    commit_and_wait(under_test, {put_of("a", "1"), put_of("b", "2")});
    commit_and_wait(under_test, {erase_of("a"), erase_of("never there")});
    CHECK_FALSE(get(under_test, "a").has_value());
    CHECK(entries(under_test, "", "z") == "b=2 ");
  });
}

TEST_CASE("StorageEngine: within a batch and between batches the last write wins") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    (void)under_test.engine().commit({put_of("k", "1"), put_of("k", "2")}, CommitDemand::Written);
    (void)under_test.engine().commit({erase_of("k"), put_of("k", "3")}, CommitDemand::Synced);
    commit_and_wait(under_test, {put_of("other", "x")});
    CHECK(get(under_test, "k") == "3");
  });
}

TEST_CASE("StorageEngine: a scan visits its half-open range in the order of bytes") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    commit_and_wait(under_test, {put_of("b", "2"), put_of("\xf0", "5"), put_of("a", "1"),
                                 put_of("c", "3"), put_of("d", "4")});
    CHECK(entries(under_test, "a", "d") == "a=1 b=2 c=3 ");
    CHECK(entries(under_test, "b", "\xff") == "b=2 c=3 d=4 \xf0=5 ");
    CHECK(entries(under_test, "aa", "bb") == "b=2 ");
    CHECK(entries(under_test, "d", "a").empty());
    CHECK(entries(under_test, "", "\xff", 2) == "a=1 b=2 ");
  });
}

TEST_CASE("StorageEngine: tickets count up from one") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    StorageEngine& engine = under_test.engine();
    CHECK(engine.commit({put_of("a", "1")}, CommitDemand::Written) == CommitTicket{1});
    CHECK(engine.commit({put_of("b", "2")}, CommitDemand::Synced) == CommitTicket{2});
    CHECK(engine.commit({}, CommitDemand::Synced) == CommitTicket{3});
    CHECK(under_test.wait_for(CommitTicket{3}).ok());
    CHECK(get(under_test, "b") == "2");
  });
}

TEST_CASE("StorageEngine: queued bytes grow with commits and end at zero") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    StorageEngine& engine = under_test.engine();
    CHECK(engine.queued_bytes() == 0);
    const CommitTicket ticket =
        engine.commit({put_of("key", std::string(1000, 'x'))}, CommitDemand::Synced);
    CHECK(engine.queued_bytes() >= 1000);
    REQUIRE(under_test.wait_for(ticket).ok());
    CHECK(engine.queued_bytes() == 0);
  });
}

TEST_CASE("StorageEngine: what is through survives a reopen") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    std::vector<StorageWrite> batch;
    for (int i = 0; i < 1000; ++i) {
      batch.push_back(put_of("k" + std::to_string(i), std::to_string(i)));
    }
    commit_and_wait(under_test, batch);
    under_test.reopen();
    for (int i = 0; i < 1000; ++i) {
      CHECK(get(under_test, "k" + std::to_string(i)) == std::to_string(i));
    }
  });
}

TEST_CASE("StorageEngine: what is queued when it is closed in order is written") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    for (int i = 0; i < 100; ++i) {
      (void)under_test.engine().commit({put_of("k", std::to_string(i))}, CommitDemand::Written);
    }
    under_test.reopen();
    CHECK(get(under_test, "k") == "99");
  });
}

TEST_CASE("StorageEngine: what is committed now is there when the call returns") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    REQUIRE(under_test.engine().commit_now({put_of("k", "v"), put_of("gone", "x")}).ok());
    REQUIRE(under_test.engine().commit_now({erase_of("gone")}).ok());
    CHECK(get(under_test, "k") == "v");
    under_test.reopen();
    CHECK(get(under_test, "k") == "v");
    CHECK_FALSE(get(under_test, "gone").has_value());
  });
}

TEST_CASE("StorageEngine: a value of the largest size is kept whole") {
  for_every_engine([](StorageEngineUnderTest& under_test) {
    const std::string large(16U << 20U, 'x');
    commit_and_wait(under_test, {put_of("large", large)});
    under_test.reopen();
    CHECK(get(under_test, "large") == large);
  });
}

}  // namespace
}  // namespace starling

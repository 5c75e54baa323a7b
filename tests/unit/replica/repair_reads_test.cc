#include "replica/repair_reads.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/ids.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "ring/token.h"
#include "store_fixture.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

const PartitionId kReadPartition{7};
const std::vector<TokenRange> kAll{{.first = Token{0}, .last = Token{~std::uint64_t{0}}}};

// Ten keys, the last two of them deleted.
struct ReadsFixture {
  ReadsFixture() {
    for (std::uint64_t i = 0; i < 10; ++i) {
      SiblingSet versions = foreign_value(1, i + 1, std::string(bytes, 'v'));
      if (i >= 8) {
        std::vector<Sibling> siblings = versions.siblings();
        siblings.front().kind = SiblingKind::Tombstone;
        siblings.front().value.clear();
        versions = SiblingSet(versions.clock(), siblings);
      }
      const TestKey key(std::to_string(i));
      REQUIRE(store.store.merge(key.at(), versions, false).ok());
      tokens.push_back(key.at().token);
    }
    std::sort(tokens.begin(), tokens.end());
  }
  static constexpr std::size_t bytes = 300'000;
  StoreFixture store;
  std::vector<Token> tokens;
};

TEST_CASE("RepairReads: lists keys with a live value, written or still queued") {
  ReadsFixture fixture;
  Result<KeyListing> queued = list_keys(fixture.store.store, kReadPartition, kAll, 100, 100);
  REQUIRE(queued.ok());
  CHECK(queued->entries.size() == 8);
  CHECK(queued->visited == 10);
  CHECK(queued->durable_at != CommitTicket{});
  CHECK(std::is_sorted(queued->entries.begin(), queued->entries.end()));
  fixture.store.complete_all();
  const Result<KeyListing> written = list_keys(fixture.store.store, kReadPartition, kAll, 100, 100);
  REQUIRE(written.ok());
  CHECK(written->entries == queued->entries);
  CHECK(written->durable_at == CommitTicket{});
}

TEST_CASE("RepairReads: a list that stops goes on where it stopped, tombstones counted") {
  ReadsFixture fixture;
  for (const std::uint32_t visited_max : {1U, 3U, 9U}) {
    std::vector<KeyDigest> entries;
    std::vector<TokenRange> rest = kAll;
    int lists = 0;
    while (true) {
      const Result<KeyListing> part =
          list_keys(fixture.store.store, kReadPartition, rest, 100, visited_max);
      REQUIRE(part.ok());
      CHECK(part->visited <= visited_max);
      entries.insert(entries.end(), part->entries.begin(), part->entries.end());
      ++lists;
      if (!part->stopped_at.has_value()) break;
      rest.front().first = Token{part->stopped_at->value + 1};
    }
    CHECK(lists == static_cast<int>((10 + visited_max - 1) / visited_max));
    CHECK(entries == list_keys(fixture.store.store, kReadPartition, kAll, 100, 100)->entries);
  }
}

TEST_CASE("RepairReads: fetches records with their values, as many as fit an answer") {
  ReadsFixture fixture;
  fixture.store.complete_all();
  const Result<FetchedRecords> fetched =
      fetch_records(fixture.store.store, kReadPartition, fixture.tokens);
  REQUIRE(fetched.ok());
  CHECK(fetched->tokens_answered >= 3);
  CHECK(fetched->tokens_answered < 10);
  CHECK(fetched->records.size() == fetched->tokens_answered);
  for (const KeyedRecord& record : fetched->records) {
    const Sibling& sibling = record.versions.siblings().front();
    CHECK(sibling.value.size() == (sibling.is_live_value() ? ReadsFixture::bytes : 0));
  }
}

TEST_CASE("RepairReads: a token without a record is answered with none") {
  ReadsFixture fixture;
  const Result<FetchedRecords> fetched =
      fetch_records(fixture.store.store, kReadPartition, {Token{1}, Token{2}});
  REQUIRE(fetched.ok());
  CHECK(fetched->tokens_answered == 2);
  CHECK(fetched->records.empty());
  CHECK(fetched->unreadable.empty());
}

TEST_CASE("RepairReads: what can not be read is named, and missing from lists") {
  ReadsFixture fixture;
  fixture.store.complete_all();
  fixture.store.store.forget_uncommitted();
  const TestKey key("3");
  fixture.store.engine.entries[record_store_key(key.at())].back() ^= 1;
  const Result<FetchedRecords> fetched =
      fetch_records(fixture.store.store, kReadPartition, {key.at().token});
  REQUIRE(fetched.ok());
  CHECK(fetched->tokens_answered == 1);
  CHECK(fetched->unreadable == std::vector<Token>{key.at().token});
  CHECK(list_keys(fixture.store.store, kReadPartition, kAll, 100, 100)->entries.size() == 7);
  // Somebody will mend it.
  CHECK(fixture.store.store.take_damaged_records().size() == 1);
}

}  // namespace
}  // namespace starling

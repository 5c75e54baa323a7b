#include "repair/merkle_exchange.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "message/repair_messages.h"
#include "naive_tree.h"
#include "repair_pair.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

constexpr std::uint64_t kNew = 1'000'000;  // numbers of writes that only one side has

void fill_both(RepairPair& pair, std::uint64_t keys) {
  for (std::uint64_t key = 0; key < keys; ++key) {
    pair.here.merge(pair_key(key), pair_write(key));
    pair.there.merge(pair_key(key), pair_write(key));
  }
}

// A key that is new, changed or deleted at one side, or concurrently changed at the other too.
void differ_at_random(RepairPair& pair, Random& random, std::uint64_t keys, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const KeyAddress address = pair_key(random.below(2 * keys));
    PairReplica& side = random.below(2) == 0 ? pair.here : pair.there;
    side.write(address, kNew + 2 * i,
               random.below(3) == 0 ? SiblingKind::Tombstone : SiblingKind::Value);
    if (random.below(4) == 0) pair.there.write(address, kNew + 2 * i + 1, SiblingKind::Value);
  }
}

// The same live values everywhere; a tombstone against nothing is no difference.
void check_equal(const RepairPair& pair) {
  CHECK(pair.here.tree.root() == pair.there.tree.root());
  CHECK(pair.here.all_keys() == pair.there.all_keys());
  pair.here.tree.check_invariants();
  pair.there.tree.check_invariants();
}

TEST_CASE("MerkleExchange: an equal pair agrees in one round trip and a few bytes") {
  RepairPair pair(1, 10, 10);
  fill_both(pair, 1000);
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Agreed);
  CHECK(report.round_trips == 1);
  CHECK(pair.requests == 1);
  CHECK(report.comparison_bytes < 64);
  CHECK(report.keys_compared == 0);
}

TEST_CASE("MerkleExchange: what differs travels both ways, and nothing else does") {
  RepairPair pair(2, 10, 10);
  fill_both(pair, 1000);
  pair.here.merge(pair_key(2000), pair_write(kNew));
  pair.there.merge(pair_key(2001), pair_write(kNew + 1));
  pair.there.merge(pair_key(5), pair_write(kNew + 2));
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Repaired);
  CHECK(report.keys_differing == 3);
  CHECK(report.records_fetched == 2);
  CHECK(report.records_pushed == 1);
  check_equal(pair);
  CHECK(pair.run({}).end == ExchangeEnd::Agreed);
}

TEST_CASE("MerkleExchange: any differences are gone after it, whatever the two depths") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  for (std::uint64_t round = 0; round < 20; ++round) {
    CAPTURE(round);
    Random random = Random(seed).fork("differences", round);
    RepairPair pair(seed + round, static_cast<unsigned>(random.between(10, 13)),
                    static_cast<unsigned>(random.between(10, 13)));
    fill_both(pair, 500);
    differ_at_random(pair, random, 500, random.between(1, 200));
    const std::vector<ExchangeReport> reports = pair.run_until_agreed(3);
    CHECK(reports.back().end == ExchangeEnd::Agreed);
    check_equal(pair);
  }
}

TEST_CASE("MerkleExchange: loss, repetition and disorder only take longer") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  for (std::uint64_t round = 0; round < 20; ++round) {
    CAPTURE(round);
    Random random = Random(seed).fork("network", round);
    RepairPair pair(seed + round, 10, 11);
    pair.network = {
        .lost_ppm = 200'000, .repeated_ppm = 300'000, .delay_max = std::chrono::seconds(4)};
    fill_both(pair, 500);
    differ_at_random(pair, random, 500, 100);
    MerkleExchange::Options options;
    options.attempts_max = 20;
    const std::vector<ExchangeReport> reports = pair.run_until_agreed(60, options);
    CHECK(reports.back().end == ExchangeEnd::Agreed);
    pair.run_planned();
    check_equal(pair);
  }
}

TEST_CASE("MerkleExchange: writes on their way are looked at again, and cause no repair") {
  RepairPair pair(3, 10, 10);
  fill_both(pair, 1000);
  for (std::uint64_t i = 0; i < 50; ++i) {
    pair.here.merge(pair_key(i), pair_write(kNew + i));
    pair.plan(std::chrono::milliseconds(100),
              [&pair, i] { pair.there.merge(pair_key(i), pair_write(kNew + i)); });
  }
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Agreed);
  CHECK(report.keys_compared == 0);
  CHECK(report.records_pushed == 0);
}

TEST_CASE("MerkleExchange: under a stream of writes it mends what was missed") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  RepairPair pair(seed, 10, 12);
  pair.network.delay_max = std::chrono::milliseconds(50);
  fill_both(pair, 500);
  differ_at_random(pair, random, 500, 100);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const Duration at = std::chrono::milliseconds(10) * static_cast<int>(i);
    const KeyAddress address = pair_key(random.below(500));
    const SiblingSet versions = pair_write(10 * kNew + i);
    pair.plan(at, [&pair, address, versions] { pair.here.merge(address, versions); });
    pair.plan(at + std::chrono::milliseconds(200),
              [&pair, address, versions] { pair.there.merge(address, versions); });
  }
  static_cast<void>(pair.run({}));
  pair.run_planned();
  check_equal(pair);
}

TEST_CASE("MerkleExchange: a tombstone goes over a live value and never to where nothing is") {
  RepairPair pair(4, 10, 10);
  fill_both(pair, 100);
  pair.here.write(pair_key(1), kNew, SiblingKind::Tombstone);
  pair.there.write(pair_key(2), kNew + 1, SiblingKind::Tombstone);
  pair.here.write(pair_key(500), kNew + 2, SiblingKind::Tombstone);
  CHECK(pair.run({}).end == ExchangeEnd::Repaired);
  check_equal(pair);
  CHECK(pair.there.all_keys().size() == 98);
  CHECK(pair.there.records.size() == 100);
}

TEST_CASE("MerkleExchange: more branches than it may take are done in turns") {
  RepairPair pair(5, 12, 12);
  fill_both(pair, 2000);
  for (std::uint64_t i = 0; i < 600; ++i) pair.there.merge(pair_key(i), pair_write(kNew + i));
  MerkleExchange::Options options;
  options.branches_max = 16;
  const ExchangeReport first = pair.run(options);
  CHECK(first.end == ExchangeEnd::Partial);
  REQUIRE(first.resume_at.has_value());
  CHECK(first.leaves_differing <= 16 * 16);
  options.resume_at = first.resume_at;
  CHECK(pair.run_until_agreed(60, options).back().end == ExchangeEnd::Agreed);
  check_equal(pair);
}

TEST_CASE("MerkleExchange: long lists come in parts") {
  RepairPair pair(6, 10, 10);
  fill_both(pair, 2000);
  for (std::uint64_t i = 0; i < 100; ++i) pair.there.merge(pair_key(i), pair_write(kNew + i));
  MerkleExchange::Options options;
  options.list_entries_max = 7;
  CHECK(pair.run(options).end == ExchangeEnd::Repaired);
  check_equal(pair);
}

TEST_CASE("MerkleExchange: bytes of records and keys listed are bounded, and it goes on later") {
  RepairPair pair(7, 10, 10);
  fill_both(pair, 1000);
  for (std::uint64_t i = 0; i < 300; ++i) pair.there.merge(pair_key(i), pair_write(kNew + i));
  MerkleExchange::Options few_bytes;
  few_bytes.record_bytes_max = 1;
  const ExchangeReport report = pair.run(few_bytes);
  CHECK(report.end == ExchangeEnd::Partial);
  CHECK(report.records_fetched <= 64);
  MerkleExchange::Options few_keys;
  few_keys.keys_max = 1;
  CHECK(pair.run(few_keys).end == ExchangeEnd::Partial);
  CHECK(pair.run_until_agreed(20, few_keys).back().end == ExchangeEnd::Agreed);
  check_equal(pair);
}

TEST_CASE("MerkleExchange: a dry run says what differs and changes nothing") {
  RepairPair pair(8, 10, 10);
  fill_both(pair, 100);
  pair.there.merge(pair_key(7), pair_write(kNew));
  const auto before = pair.here.all_keys();
  MerkleExchange::Options options;
  options.dry_run = true;
  const ExchangeReport report = pair.run(options);
  CHECK(report.end == ExchangeEnd::Differs);
  CHECK(report.keys_differing == 1);
  CHECK(report.records_fetched == 0);
  CHECK(pair.here.all_keys() == before);
}

TEST_CASE("MerkleExchange: a peer that does not answer is given up after its attempts") {
  RepairPair pair(9, 10, 10);
  pair.peer_is_dead = true;
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Silence);
  CHECK(pair.requests == 3);
}

TEST_CASE("MerkleExchange: ends at its deadline, whatever it is doing") {
  RepairPair pair(10, 10, 10);
  fill_both(pair, 100);
  pair.there.merge(pair_key(7), pair_write(kNew));
  MerkleExchange::Options options;
  options.duration_max = std::chrono::seconds(1);
  CHECK(pair.run(options).end == ExchangeEnd::Deadline);
}

TEST_CASE("MerkleExchange: an older row on either side ends it") {
  RepairPair pair(11, 10, 10);
  pair.bend_tree = [](TreeReadReply& reply) { reply.outcome = RepairOutcome::StaleRow; };
  CHECK(pair.run({}).end == ExchangeEnd::StaleRow);
}

// What a peer may answer that is not so: wrong sizes, foreign keys, lists and fetches without end.
TEST_CASE("MerkleExchange: a peer that makes no sense is left alone") {
  const auto end_with = [](const auto& bend) {
    RepairPair pair(12, 10, 10);
    fill_both(pair, 300);
    for (std::uint64_t i = 0; i < 30; ++i) pair.there.merge(pair_key(i), pair_write(kNew + i));
    bend(pair);
    return pair.run({}).end;
  };
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_tree = [](TreeReadReply& reply) { reply.sums.resize(reply.sums.size() + 1); };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_tree = [](TreeReadReply& reply) { reply.sums.clear(); };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_tree = [](TreeReadReply& reply) { reply.leaf_depth = 63; };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_keys = [](KeyListReply& reply) { reply.entries.push_back({}); };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_keys = [](KeyListReply& reply) { reply.entries.resize(100'000); };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_keys = [](KeyListReply& reply) {
            reply.entries.clear();
            reply.stopped_at = Token{};
          };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_records = [](RecordsReply& reply) { reply.tokens_answered = 0; };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_records = [](RecordsReply& reply) { reply.tokens_answered = 1000; };
        }) == ExchangeEnd::Nonsense);
  CHECK(end_with([](RepairPair& pair) {
          pair.bend_records = [](RecordsReply& reply) { reply.records.push_back({}); };
        }) == ExchangeEnd::Nonsense);
}

TEST_CASE("MerkleExchange: sums that always differ cost a bounded exchange") {
  RepairPair pair(13, 10, 10);
  fill_both(pair, 300);
  Random random(13);
  pair.bend_tree = [&random](TreeReadReply& reply) {
    for (Hash128& sum : reply.sums) sum = {.high = random.next(), .low = random.next()};
  };
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Agreed);
  CHECK(report.leaves_differing == 1024);
  CHECK(report.keys_differing == 0);
  CHECK(report.comparison_bytes < 64 * 1024);
}

TEST_CASE("MerkleExchange: what the peer can not read is skipped and said") {
  RepairPair pair(14, 10, 10);
  fill_both(pair, 100);
  pair.there.merge(pair_key(1), pair_write(kNew));
  pair.bend_records = [](RecordsReply& reply) {
    for (const KeyedRecord& record : reply.records) reply.unreadable.push_back(record.token);
  };
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Repaired);
  CHECK(report.keys_skipped == 1);
  CHECK(report.records_pushed == 0);
}

TEST_CASE("MerkleExchange: a record from before a reaping is refused, until both have caught up") {
  RepairPair pair(15, 10, 10);
  fill_both(pair, 100);
  pair.here.merge(pair_key(200), pair_write(kNew));
  std::vector<Token> reaped;
  for (const KeyDigest& key : pair.here.all_keys()) reaped.push_back(key.token);
  pair.there.fence.advance(FenceStamp{1}, reaped);
  const ExchangeReport report = pair.run({});
  CHECK(report.end == ExchangeEnd::Repaired);
  CHECK(report.records_pushed == 1);
  CHECK(report.keys_skipped == 1);
  CHECK(pair.here.fence.stamp() == pair.there.fence.stamp());
  CHECK(pair.run_until_agreed(2).back().end == ExchangeEnd::Agreed);
  check_equal(pair);
}

TEST_CASE("MerkleExchange: an own tree that has become smaller meanwhile ends it") {
  RepairPair pair(16, 12, 12);
  fill_both(pair, 100);
  pair.there.merge(pair_key(1), pair_write(kNew));
  pair.plan(std::chrono::milliseconds(500),
            [&pair] { pair.here.tree = pair.here.tree.folded(10); });
  CHECK(pair.run({}).end == ExchangeEnd::Aborted);
  CHECK(pair.run({}).end == ExchangeEnd::Repaired);
  check_equal(pair);
}

}  // namespace
}  // namespace starling

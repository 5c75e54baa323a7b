#include "replica/key_layout.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "ring/token.h"

namespace starling {
namespace {

const KeyAddress kAlice{.bucket = "carts", .key = "alice"};

std::string key_of(std::uint16_t partition, std::uint64_t token, const KeyAddress& address) {
  return record_store_key(
      {.partition = PartitionId{partition}, .token = Token{token}, .address = address});
}

TEST_CASE("KeyLayout: the bytes of a record's key are these and no others") {
  CHECK(to_hex(key_of(0x0102, 0x1122334455667788, kAlice)) ==
        "0102"              // partition
        "01"                // records
        "1122334455667788"  // token
        "05"
        "6361727473"  // bucket
        "616c696365"  // key
  );
  CHECK(to_hex(meta_store_key("identity")) == "ffff066964656e74697479");
}

TEST_CASE("KeyLayout: a record's key is read back whole") {
  const Result<RecordKey> parsed = parse_record_store_key(key_of(513, 99, kAlice));
  REQUIRE(parsed.ok());
  CHECK(*parsed == RecordKey{.partition = PartitionId{513}, .token = Token{99}, .address = kAlice});
}

TEST_CASE("KeyLayout: a key of any bytes is read back whole") {
  const KeyAddress address{.bucket = "b", .key = std::string("\0\xff\0", 3)};
  const Result<RecordKey> parsed = parse_record_store_key(key_of(0, 0, address));
  REQUIRE(parsed.ok());
  CHECK(parsed->address == address);
}

TEST_CASE("KeyLayout: what is no record's key is corruption") {
  const std::string whole = key_of(1, 2, kAlice);
  for (std::size_t size = 0; size <= whole.size() - kAlice.key.size(); ++size) {
    CAPTURE(size);
    CHECK(parse_record_store_key(whole.substr(0, size)).status().code() == StatusCode::Corruption);
  }
  CHECK_FALSE(parse_record_store_key(meta_store_key("a name that is long enough")).ok());
  CHECK_FALSE(parse_record_store_key(key_of(1, 2, {.bucket = "", .key = "k"})).ok());
}

TEST_CASE("KeyLayout: the order of keys is partition, then token") {
  const KeyAddress late{.bucket = "z", .key = "z"};
  CHECK(key_of(1, 0xFF, late) < key_of(2, 0, kAlice));
  CHECK(key_of(1, 0x00FF, late) < key_of(1, 0x0100, kAlice));
}

TEST_CASE("KeyLayout: the bounds of a table hold all its records and nothing else") {
  const KeyBounds bounds = bounds_of_table(PartitionId{5}, StoreTable::Records);
  const std::string first = key_of(5, 0, kAlice);
  const std::string last = key_of(5, std::numeric_limits<std::uint64_t>::max(), kAlice);
  CHECK(bounds.from <= first);
  CHECK(last < bounds.to);
  CHECK(key_of(4, std::numeric_limits<std::uint64_t>::max(), kAlice) < bounds.from);
  CHECK(bounds.to <= bounds_of_table(PartitionId{5}, StoreTable::LeafSums).from);
}

TEST_CASE("KeyLayout: the bounds of tokens include both ends") {
  const KeyBounds some = bounds_of_tokens(PartitionId{5}, Token{10}, Token{20});
  CHECK(key_of(5, 9, kAlice) < some.from);
  CHECK(some.from <= key_of(5, 10, kAlice));
  CHECK(key_of(5, 20, kAlice) < some.to);
  CHECK(some.to <= key_of(5, 21, kAlice));
  const Token greatest{std::numeric_limits<std::uint64_t>::max()};
  const KeyBounds all = bounds_of_tokens(PartitionId{5}, Token{0}, greatest);
  CHECK(all.to == bounds_of_table(PartitionId{5}, StoreTable::Records).to);
}

TEST_CASE("KeyLayout: nothing fits between a key and its successor") {
  CHECK(successor_of("ab") > "ab");
  CHECK(successor_of("ab") == std::string("ab\0", 3));
}

}  // namespace
}  // namespace starling

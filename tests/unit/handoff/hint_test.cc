#include "handoff/hint.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

const HintKey kKey{.partition = PartitionId{0x0102}, .slot = 2, .sequence = 0x0A0B};

SiblingSet versions() {
  SiblingSet set;
  set.add({.dot = {.actor = {.incarnation = Incarnation{0x11}, .lineage = 1}, .counter = 2},
           .value_hash = 0x22,
           .value = "v"});
  return set;
}

Hint message() {
  return {.kind = HintKind::Message,
          .standing = HintStanding::Counted,
          .fence = FenceStamp{300},
          .address = {.bucket = "b", .key = "key"},
          .versions = versions()};
}

std::vector<Hint> one_of_each_kind() {
  Hint own = message();
  own.kind = HintKind::OwnRecord;
  own.mine = versions().siblings().front().dot;
  const Hint note{.kind = HintKind::Note, .address = {.bucket = "b", .key = "key"}};
  return {message(), own, note};
}

TEST_CASE("Hint: its key names partition, slot and sequence, in the order of their numbers") {
  CHECK(to_hex(hint_store_key(kKey)) ==
        "0102"
        "04"
        "02"
        "0000000000000a0b");
  const Result<HintKey> parsed = parse_hint_store_key(hint_store_key(kKey));
  REQUIRE(parsed.ok());
  CHECK(*parsed == kKey);
  CHECK(hint_store_key({.partition = PartitionId{1}, .slot = 1, .sequence = 255}) <
        hint_store_key({.partition = PartitionId{1}, .slot = 1, .sequence = 256}));
}

TEST_CASE("Hint: keys of other tables and lengths are none") {
  const std::string good = hint_store_key(kKey);
  CHECK_FALSE(parse_hint_store_key(good.substr(1)).ok());
  CHECK_FALSE(parse_hint_store_key(good + "x").ok());
  std::string other = good;
  other[2] = 1;
  CHECK_FALSE(parse_hint_store_key(other).ok());
}

TEST_CASE("Hint: the bytes are these and no others") {
  const std::string key = hint_store_key(kKey);
  const std::string bytes = encode_hint(key, message());
  CHECK(to_hex(bytes.substr(0, bytes.size() - 8)) ==
        "01"
        "00"
        "01"
        "ac02"
        "0162"
        "036b6579"
        "00"
        "01"
        "0000000000000011"
        "01"
        "02"
        "01"
        "0000000000000011"
        "01"
        "02"
        "00"
        "00"
        "2200000000000000"
        "0000000000000000"
        "0000000000000000"
        "00"
        "0176");
  CHECK(ByteReader(bytes.substr(bytes.size() - 8)).u64() ==
        hash64(bytes.substr(0, bytes.size() - 8), hash64(key)));
  const std::string note = encode_hint(key, one_of_each_kind()[2]);
  CHECK(to_hex(note.substr(0, note.size() - 8)) ==
        "01"
        "02"
        "00"
        "00"
        "0162"
        "036b6579");
}

TEST_CASE("Hint: each kind comes back as it was") {
  const std::string key = hint_store_key(kKey);
  for (const Hint& hint : one_of_each_kind()) {
    const Result<Hint> decoded = decode_hint(key, encode_hint(key, hint));
    REQUIRE(decoded.ok());
    CHECK(*decoded == hint);
  }
}

TEST_CASE("Hint: every cut, every changed byte and every other key is noticed") {
  const std::string key = hint_store_key(kKey);
  for (const Hint& hint : one_of_each_kind()) {
    const std::string good = encode_hint(key, hint);
    for (std::size_t size = 0; size < good.size(); ++size) {
      CHECK_FALSE(decode_hint(key, good.substr(0, size)).ok());
      std::string bytes = good;
      bytes[size] = static_cast<char>(bytes[size] + 1);
      const Result<Hint> decoded = decode_hint(key, bytes);
      REQUIRE_FALSE(decoded.ok());
      CHECK(decoded.status().code() == StatusCode::Corruption);
    }
    CHECK_FALSE(decode_hint(hint_store_key({.partition = PartitionId{1}}), good).ok());
  }
}

}  // namespace
}  // namespace starling

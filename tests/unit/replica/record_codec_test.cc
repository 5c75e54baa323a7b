#include "replica/record_codec.h"

#include <cstdint>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::string_view kKey = "store key";

Dot dot_of(std::uint64_t incarnation, std::uint64_t lineage, std::uint64_t counter) {
  return {.actor = {.incarnation = Incarnation{incarnation}, .lineage = lineage},
          .counter = counter};
}

// A clock {a:2 + b3}, the value of a2 and the tombstone b3; minted here: a2.
StoredRecord sample() {
  Sibling value;
  value.dot = dot_of(0xA1, 1, 2);
  value.value_hash = 0x0102030405060708;
  value.modified = WallTime{1000};
  value.content_type = "t/p";
  value.value = "hello";
  Sibling tombstone;
  tombstone.dot = dot_of(0xB2, 300, 3);
  tombstone.kind = SiblingKind::Tombstone;
  StoredRecord stored;
  stored.fence = FenceStamp{5};
  stored.record.mine = value.dot;
  stored.record.versions =
      SiblingSet(VectorClock::of({{.actor = value.dot.actor, .counter = 2}}, {tombstone.dot}),
                 {value, tombstone});
  return stored;
}

// Bytes as an encoder with other ideas would have written them, with a right checksum.
std::string sealed(std::string payload) {
  ByteWriter writer;
  writer.raw(payload);
  writer.u64(hash64(payload, hash64(kKey)));
  return std::move(writer).bytes();
}

std::string payload_of(const StoredRecord& stored) {
  const std::string bytes = encode_record(kKey, stored);
  return bytes.substr(0, bytes.size() - 8);
}

TEST_CASE("RecordCodec: the bytes of a record are these and no others") {
  CHECK(to_hex(payload_of(sample())) ==
        "01"                    // format
        "01"                    // flags: mine
        "05"                    // fence
        "00000000000000a10102"  // mine
        "01"
        "00000000000000a10102"  // prefix
        "01"
        "00000000000000b2ac0203"  // cloud
        "02"                      // siblings
        "00000000000000a10102"
        "00"
        "00"
        "0807060504030201"
        "e803000000000000"
        "0000000000000000"
        "03"
        "742f70"
        "05"
        "68656c6c6f"
        "00000000000000b2ac0203"
        "01"
        "00"
        "0000000000000000"
        "0000000000000000"
        "0000000000000000"
        "00"
        "00");
}

TEST_CASE("RecordCodec: the checksum is the one that FORMAT.md names") {
  CHECK(encode_record(kKey, sample()) == sealed(payload_of(sample())));
}

TEST_CASE("RecordCodec: a record is read back whole") {
  const Result<StoredRecord> decoded = decode_record(kKey, encode_record(kKey, sample()));
  REQUIRE(decoded.ok());
  CHECK(*decoded == sample());
}

TEST_CASE("RecordCodec: the empty record is read back whole") {
  const Result<StoredRecord> decoded = decode_record(kKey, encode_record(kKey, StoredRecord{}));
  REQUIRE(decoded.ok());
  CHECK(*decoded == StoredRecord{});
}

TEST_CASE("RecordCodec: values can be left out, versions not") {
  const Result<StoredRecord> decoded =
      decode_record(kKey, encode_record(kKey, sample()), ValueUse::Leave);
  REQUIRE(decoded.ok());
  CHECK(decoded->record.versions.clock() == sample().record.versions.clock());
  CHECK(decoded->record.versions.siblings().size() == 2);
  CHECK(decoded->record.versions.siblings().front().value.empty());
}

TEST_CASE("RecordCodec: a record of another key is corruption") {
  const std::string bytes = encode_record(kKey, sample());
  CHECK(decode_record("another key", bytes).status().code() == StatusCode::Corruption);
}

TEST_CASE("RecordCodec: every truncation is corruption") {
  const std::string bytes = encode_record(kKey, sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(decode_record(kKey, bytes.substr(0, size)).status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("RecordCodec: every flipped bit is corruption") {
  const std::string bytes = encode_record(kKey, sample());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string damaged = bytes;
    damaged[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1U << (bit % 8)));
    CHECK(decode_record(kKey, damaged).status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("RecordCodec: a right checksum does not make nonsense right") {
  const std::string good = payload_of(sample());
  const auto refused = [](const std::string& payload) {
    return decode_record(kKey, sealed(payload)).status().code() == StatusCode::Corruption;
  };
  CHECK(refused(""));
  CHECK(refused(good + "x"));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(refused(good.substr(0, size)));
  std::string newer = good;
  newer[0] = 2;
  CHECK(refused(newer));
  std::string unknown_flag = good;
  unknown_flag[1] = 3;
  CHECK(refused(unknown_flag));
}

TEST_CASE("RecordCodec: a sibling that the clock lacks is corruption") {
  const std::string no_mine_no_clock("\x01\x00\x00\x00\x00", 5);
  const std::string siblings = payload_of(sample()).substr(36);
  REQUIRE(static_cast<int>(siblings.front()) == 2);
  CHECK(decode_record(kKey, sealed(no_mine_no_clock + siblings)).status().code() ==
        StatusCode::Corruption);
}

TEST_CASE("RecordCodec: an absurd number of siblings allocates nothing") {
  const std::string absurd("\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15);
  CHECK(decode_record(kKey, sealed(absurd)).status().code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling

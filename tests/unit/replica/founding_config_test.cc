#include "replica/founding_config.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "env/storage_engine.h"
#include "replica/key_layout.h"
#include "ring/cluster_config.h"
#include "ring/member.h"

namespace starling {
namespace {

RingMember founder(const std::string& name, const std::string& address, const std::string& zone) {
  return {.id = node_id_of(name), .name = name, .address = address, .zone = zone, .weight = 7};
}

FoundingConfig two_founders() {
  ClusterConfig config;
  config.partitions = 64;
  config.replicas = 2;
  config.founders = {founder("b", "h:2", ""), founder("a", "h:1", "z")};
  return founding_of(config);
}

Status status_of_payload(const ByteWriter& payload) {
  return parse_founding(sealed(founding_store_key(), payload)).status();
}

// Up to the founders, of whom there are said to be `count`.
ByteWriter payload_with(std::uint8_t version, std::uint64_t count) {
  ByteWriter writer;
  writer.u8(version);
  writer.u32(64);
  writer.u32(2);
  writer.varint(count);
  return writer;
}

TEST_CASE("FoundingConfig: the bytes are these and no others") {
  const StorageWrite write = write_of_founding(two_founders());
  CHECK(write.key == meta_store_key("founding"));
  const std::string bytes = write.value.value_or("");
  CHECK(to_hex(bytes) ==
        "01"
        "40000000"
        "02000000"
        "02"
        "0161"
        "03683a31"
        "017a"
        "07000000"
        "0162"
        "03683a32"
        "00"
        "07000000"
        "eda44118e70dad6a");
}

TEST_CASE("FoundingConfig: comes back as it was written, whatever the order of the list") {
  const FoundingConfig founding = two_founders();
  CHECK(founding.founders[0].name == "a");
  CHECK(parse_founding(*write_of_founding(founding).value).value() == founding);
}

TEST_CASE("FoundingConfig: of a node that is joined there are no founders") {
  FoundingConfig joined = two_founders();
  joined.founders.clear();
  CHECK(parse_founding(*write_of_founding(joined).value).value() == joined);
}

TEST_CASE("FoundingConfig: every flipped bit is corruption") {
  const std::string good = *write_of_founding(two_founders()).value;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string bytes = good;
    char& byte = bytes[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
    CHECK(parse_founding(bytes).status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("FoundingConfig: a newer format is refused by its number") {
  const Status status = status_of_payload(payload_with(9, 0));
  CHECK(status.code() == StatusCode::Corruption);
  CHECK(status.message().find("format 9") != std::string::npos);
}

TEST_CASE("FoundingConfig: what no cluster can be founded with is corruption") {
  for (const std::uint64_t count : {std::uint64_t{1}, ~std::uint64_t{0}}) {
    CAPTURE(count);
    CHECK(status_of_payload(payload_with(1, count)).code() == StatusCode::Corruption);
  }
  FoundingConfig unsorted = two_founders();
  std::swap(unsorted.founders[0], unsorted.founders[1]);
  CHECK(parse_founding(*write_of_founding(unsorted).value).status().code() ==
        StatusCode::Corruption);
}

}  // namespace
}  // namespace starling

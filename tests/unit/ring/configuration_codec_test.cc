#include "ring/configuration_codec.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "naive_placement.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

// One slot in each state, one member that leaves, and an aim.
Configuration of_all_kinds() {
  Configuration configuration = successor_of(founded(3, 4, 2));
  configuration.members.push_back(joining("d", 4));
  configuration.members.back().intent = MemberIntent::Leave;
  const NodeId newcomer = node_id_of("d");
  take_step(configuration, PartitionId{0},
            {.step = SlotStep::StartMove, .slot = 0, .newcomer = newcomer});
  take_step(configuration, PartitionId{1},
            {.step = SlotStep::Vacate, .slot = 1, .newcomer = newcomer});
  take_step(configuration, PartitionId{2},
            {.step = SlotStep::StartGrow, .slot = 2, .newcomer = newcomer});
  configuration.rows[3][0].state = SlotState::Switched;
  configuration.rows[3][0].target = newcomer;
  configuration.rows[2][1].state = SlotState::Joint;
  configuration.rows[2][2].read_before = true;
  configuration.aims = {{.partition = PartitionId{3}, .owners = {newcomer}}};
  return configuration;
}

std::string with_checksum(std::string body) {
  ByteWriter writer;
  writer.raw(body);
  writer.u64(hash64(body, 0x636F6E6669672131));
  return std::string(writer.bytes());
}

bool is_refused(const std::string& bytes, const std::string& reason) {
  const auto decoded = decode_configuration(bytes);
  return decoded.status().code() == StatusCode::Corruption &&
         decoded.status().message().find(reason) != std::string::npos;
}

TEST_CASE("Configuration codec: what was written is read, in every state") {
  const Configuration configuration = of_all_kinds();
  REQUIRE(configuration.check().ok());
  const auto decoded = decode_configuration(encode_configuration(configuration));
  REQUIRE(decoded.ok());
  CHECK(*decoded == configuration);
}

TEST_CASE("Configuration codec: the bytes are those of version 1") {
  const std::string bytes = encode_configuration(of_all_kinds());
  CHECK(to_hex(bytes) ==
        "0108737461726c696e6707000000000000000800000000000000090000000000000000000000000000000000"
        "000000000000c8e8c510fa46e64f0199a19d773472fe02020100010004016106613a37343030006400000000"
        "00000000010000000000000000016206623a3734303000640000000000000000020000000000000000016306"
        "633a3734303000640000000000000000030000000000000000016406643a3734303000640000000000000000"
        "0400000000000000010301000000000000000002000000000000000200000000000000000300000000000000"
        "0000000000000000000100000000000000040202010103020002010202000001030302020300020105000184"
        "030201020202030100000101030001031e7b0f0549048363");
}

TEST_CASE("Configuration codec: staged changes stand behind all the rest, in format 2") {
  Configuration configuration = of_all_kinds();
  const std::string without = encode_configuration(configuration);
  configuration.staged = {
      {.kind = ChangeKind::Leave, .member = node_id_of("b")},
      {.kind = ChangeKind::Remove, .member = node_id_of("d")},
      {.kind = ChangeKind::Join, .newcomer = joining("e", 5)},
      {.kind = ChangeKind::Replace, .member = node_id_of("a"), .newcomer = joining("f", 6)}};
  REQUIRE(configuration.check().ok());
  const std::string bytes = encode_configuration(configuration);
  const auto decoded = decode_configuration(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == configuration);
  // But for the format and the checksum the beginning is the same.
  const std::size_t common = without.size() - 9;
  CHECK(bytes[0] == 2);
  CHECK(bytes.substr(1, common) == without.substr(1, common));
  CHECK(to_hex(bytes.substr(common + 1, bytes.size() - common - 9)) ==
        "040101"
        "0303"
        "00"
        "016506653a37343030"
        "0064"
        "0000000000000000"
        "0500000000000000"
        "00"
        "0200"
        "016606663a37343030"
        "0064"
        "0000000000000000"
        "0600000000000000"
        "00");
}

TEST_CASE("Configuration codec: an empty list of staged changes has no bytes") {
  std::string body = encode_configuration(of_all_kinds());
  body.resize(body.size() - 8);
  body[0] = 2;
  CHECK(is_refused(with_checksum(body + std::string(1, 0)), "spelled oddly"));
}

TEST_CASE("Configuration codec: 1024 partitions of three slots take less than 20 KB") {
  const std::size_t bytes = encode_configuration(founded(20, 1024)).size();
  CAPTURE(bytes);
  CHECK(bytes < 20000);
}

TEST_CASE("Configuration codec: no byte can change unnoticed, and none be missing") {
  const std::string bytes = encode_configuration(of_all_kinds());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    REQUIRE_FALSE(decode_configuration(damaged).ok());
    REQUIRE_FALSE(decode_configuration(bytes.substr(0, i)).ok());
  }
}

TEST_CASE("Configuration codec: damage behind a good checksum is refused or is another document") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  std::string bytes = encode_configuration(of_all_kinds());
  bytes.resize(bytes.size() - 8);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = bytes;
    damaged[1 + random.below(damaged.size() - 1)] = static_cast<char>(random.below(256));
    const std::string sealed = with_checksum(damaged);
    const auto decoded = decode_configuration(sealed);
    if (!decoded.ok()) continue;
    CHECK(decoded->check().ok());
    CHECK(encode_configuration(*decoded) == sealed);
  }
}

TEST_CASE("Configuration codec: numbers are bounded before anything is allocated for them") {
  std::string huge = encode_configuration(founded(3, 4));
  huge.resize(huge.size() - 8);
  // 1 version, 9 of the name, 16 id, 8 seed, 16 key, 16 previous, 1 epoch, 1 replicas, 4 protocols.
  const std::size_t members_at = 72;
  REQUIRE(huge[members_at] == 3);
  huge.replace(members_at, 1, "\xFF\xFF\xFF\xFF\x0F");
  CHECK(is_refused(with_checksum(huge), "out of bounds"));
}

TEST_CASE("Configuration codec: a newer format is named") {
  std::string newer = encode_configuration(founded(3, 4));
  newer.resize(newer.size() - 8);
  newer[0] = 3;
  CHECK(is_refused(with_checksum(newer), "has format 3, this program knows 1 and 2"));
  CHECK(is_refused("", "too short"));
}

TEST_CASE("Configuration codec: the digest is of everything") {
  const Configuration configuration = of_all_kinds();
  Configuration other = configuration;
  CHECK(digest_of(configuration) == digest_of(other));
  other.members.back().store = store_numbered(5);
  CHECK(digest_of(configuration) != digest_of(other));
}

}  // namespace
}  // namespace starling

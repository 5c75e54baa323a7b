#include "wire/field_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client_generated.h"
#include "table_bytes.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

const wire::Event kFirst(1, 1, 1);
const wire::Event kSecond(2, 1, 1);

struct RecordParts {
  std::vector<wire::Event> prefix{kFirst, kSecond};
  std::vector<wire::Event> cloud{};
  std::vector<wire::Event> dots{};
  std::uint8_t kind = 0;
  std::string content_type{};
  std::string value = "v";
  std::uint64_t hash_error = 0;
};

// What the codec says to a ReplicaWrite that carries this record.
std::string refusal_of_record(const RecordParts& parts) {
  Builder builder;
  std::vector<flatbuffers::Offset<wire::Sibling>> siblings;
  for (const wire::Event& dot : parts.dots) {
    const TextOffset content_type = write_text(builder, parts.content_type);
    const BytesOffset value = write_bytes(builder, parts.value);
    const std::uint64_t value_hash =
        hash_of_value(static_cast<SiblingKind>(parts.kind), parts.content_type, parts.value);
    siblings.push_back(wire::CreateSibling(builder, &dot, parts.kind, value_hash ^ parts.hash_error,
                                           0, 0, content_type, value));
  }
  const auto prefix = write_structs(builder, parts.prefix);
  const auto cloud = write_structs(builder, parts.cloud);
  const auto record = wire::CreateRecord(builder, prefix, cloud, builder.CreateVector(siblings));
  const wire::Envelope envelope;
  const auto bucket = write_required_text(builder, "bucket");
  const auto key = write_required_bytes(builder, "key");
  return refusal_of(FrameType::ReplicaWrite, builder,
                    wire::CreateReplicaWrite(builder, &envelope, bucket, key, record));
}

TEST_CASE("FieldReader: a sound record is taken") {
  CHECK(refusal_of_record({.dots = {kFirst, kSecond}}) == "");
}

TEST_CASE("FieldReader: a clock that is not in normal form is refused") {
  const std::string refusal = "ReplicaWrite: clock: not in normal form";
  CHECK(refusal_of_record({.prefix = {kSecond, kFirst}}) == refusal);
  CHECK(refusal_of_record({.prefix = {kFirst, kFirst}}) == refusal);
  CHECK(refusal_of_record({.prefix = {wire::Event(1, 1, 0)}}) == refusal);
  CHECK(refusal_of_record({.prefix = {kFirst}, .cloud = {wire::Event(1, 1, 2)}}) == refusal);
  CHECK(refusal_of_record({.prefix = {}, .cloud = {kFirst}}) == refusal);
}

TEST_CASE("FieldReader: siblings out of order, twice or unseen by the clock are refused") {
  CHECK(refusal_of_record({.dots = {kSecond, kFirst}}) == "ReplicaWrite: siblings: not in order");
  CHECK(refusal_of_record({.dots = {kFirst, kFirst}}) == "ReplicaWrite: siblings: not in order");
  CHECK(refusal_of_record({.dots = {wire::Event(3, 1, 1)}}) ==
        "ReplicaWrite: siblings: not covered by their clock");
}

TEST_CASE("FieldReader: siblings of unknown kind or of a kind without value are refused") {
  CHECK(refusal_of_record({.dots = {kFirst}, .kind = 2}) ==
        "ReplicaWrite: sibling kind: unknown value");
  CHECK(refusal_of_record({.dots = {kFirst}, .kind = 1}) ==
        "ReplicaWrite: sibling: a tombstone with a value");
  CHECK(refusal_of_record({.dots = {kFirst}, .kind = 1, .value = ""}) == "");
}

TEST_CASE("FieldReader: a sibling whose value does not have its hash is refused") {
  CHECK(refusal_of_record({.dots = {kFirst}, .value = "v", .hash_error = 1}) ==
        "ReplicaWrite: sibling: its value does not have its hash");
  CHECK(refusal_of_record({.dots = {kFirst}, .kind = 1, .value = "", .hash_error = 1}) ==
        "ReplicaWrite: sibling: its value does not have its hash");
}

TEST_CASE("FieldReader: the longest content type and value are taken, one byte more is not") {
  CHECK(refusal_of_record({.dots = {kFirst}, .content_type = std::string(255, 'c')}) == "");
  CHECK(refusal_of_record({.dots = {kFirst}, .content_type = std::string(256, 'c')}) ==
        "ReplicaWrite: content type: 256 bytes, at most 255");
  CHECK(refusal_of_record({.dots = {kFirst}, .value = std::string(16U << 20U, 'v')}) == "");
  CHECK(refusal_of_record({.dots = {kFirst}, .value = std::string((16U << 20U) + 1, 'v')}) ==
        "ReplicaWrite: value: 16777217 bytes, at most 16777216");
}

TEST_CASE("FieldReader: offsets that share bytes can not unfold beyond the frame") {
  Builder builder;
  const BytesOffset value = write_bytes(builder, std::string(10'000, 'v'));
  const TextOffset dot = write_text(builder, "d");
  std::vector<flatbuffers::Offset<wire::SiblingReply>> siblings;
  for (int sibling = 0; sibling < 3; ++sibling) {
    siblings.push_back(wire::CreateSiblingReply(builder, value, 0, 0, dot));
  }
  const wire::LevelValue level;
  const wire::Counts counts;
  CHECK(refusal_of(
            FrameType::GetReply, builder,
            wire::CreateGetReply(builder, builder.CreateVector(siblings), 0, &level, &counts)) ==
        "GetReply: value: more bytes than the frame has");
}

TEST_CASE("FieldReader: the first fault stays, and empties follow") {
  FieldReader reader(100);
  reader.require(true, "a", "is fine");
  CHECK_FALSE(reader.failed());
  reader.fail("b", "is bad");
  reader.fail("c", "is worse");
  CHECK(reader.status() == Status(StatusCode::Corruption, "b: is bad"));
  CHECK(reader.text(nullptr, 1, "d").empty());
}

TEST_CASE("FieldReader: durations are between nothing and ten minutes") {
  const auto failed = [](std::int64_t nanoseconds) {
    FieldReader reader(0);
    const Duration read = reader.remaining(nanoseconds);
    CHECK((reader.failed() || read.count() == nanoseconds));
    return reader.failed();
  };
  CHECK_FALSE(failed(0));
  CHECK_FALSE(failed(600'000'000'000));
  CHECK(failed(-1));
  CHECK(failed(600'000'000'001));
  CHECK(failed(INT64_MIN));
}

TEST_CASE("FieldReader: a level is a name, or a count with a number") {
  const auto read = [](std::uint32_t replicas, std::uint8_t name) {
    FieldReader reader(0);
    const Level level = reader.level(wire::LevelValue(replicas, name));
    return reader.failed() ? "refused" : level.to_text();
  };
  CHECK(read(2, 0) == "2");
  CHECK(read(0, 1) == "one");
  CHECK(read(0, 5) == "all");
  CHECK(read(3, 4) == "refused");
  CHECK(read(0, 6) == "refused");
}

TEST_CASE("FieldReader: an error has a code, and it is none that says success") {
  FieldReader reader(0);
  CHECK(reader.error_code(static_cast<std::uint8_t>(StatusCode::InDoubt)) == StatusCode::InDoubt);
  CHECK_FALSE(reader.failed());
  CHECK(reader.error_code(0) == StatusCode::Ok);
  CHECK(reader.status().message() == "error code: an error that is none");
}

// What the codec says to a RecordsRead whose tokens stand `shift` words of four bytes further on.
std::string refusal_of_tokens(std::size_t shift) {
  Builder builder;
  // Room behind the column, which is twice as long as the words it is made of.
  builder.CreateString(std::string(64, 'x'));
  builder.PushBytes(reinterpret_cast<const std::uint8_t*>("padding."), 4 * shift);
  const auto words = builder.CreateVector(std::vector<std::uint32_t>{1, 0});
  const wire::Envelope envelope;
  return refusal_of(FrameType::RecordsRead, builder,
                    wire::CreateRecordsRead(builder, &envelope, words.o));
}

TEST_CASE("FieldReader: wide numbers that are not aligned are refused") {
  const std::vector<std::string> refusals = {refusal_of_tokens(0), refusal_of_tokens(1)};
  CHECK(std::count(refusals.begin(), refusals.end(), "") == 1);
  CHECK(std::count(refusals.begin(), refusals.end(), "RecordsRead: tokens: not aligned") == 1);
}

}  // namespace
}  // namespace starling

#include "version/sibling_codec.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "notation.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

std::string bytes_of(const SiblingSet& versions) {
  ByteWriter writer;
  write_versions(writer, versions);
  return std::move(writer).bytes();
}

TEST_CASE("SiblingCodec: versions come back as they were") {
  for (const std::string_view text :
       {"{} []", "{a:1} [a1=v]", "{a:2,b:1 + c4} [a1=v1, b1=⊥]", "{a:3,a':1} []"}) {
    const SiblingSet versions = record_of(text);
    const std::string bytes = bytes_of(versions);
    ByteReader reader(bytes);
    const Result<SiblingSet> read = read_versions(reader);
    REQUIRE(read.ok());
    CHECK(reader.finished());
    CHECK(*read == versions);
  }
}

TEST_CASE("SiblingCodec: values are left out where nobody wants them") {
  const SiblingSet versions = record_of("{a:1} [a1=v]");
  const std::string bytes = bytes_of(versions);
  ByteReader reader(bytes);
  const Result<SiblingSet> read = read_versions(reader, ValueUse::Leave);
  REQUIRE(read.ok());
  CHECK(*read == versions.without_values());
}

TEST_CASE("SiblingCodec: every prefix of good bytes is refused") {
  const std::string good = bytes_of(record_of("{a:2,b:1 + c4} [a1=v1, b1=⊥]"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    ByteReader reader(std::string_view(good).substr(0, size));
    CHECK_FALSE(read_versions(reader).ok());
  }
}

TEST_CASE("SiblingCodec: a sibling that the clock lacks is refused") {
  // An empty clock, then the siblings of a record that has one.
  const std::string good = bytes_of(record_of("{a:1} [a1=v]"));
  const std::size_t clock_bytes = bytes_of(record_of("{a:1} []")).size() - 1;
  const std::string bytes = std::string(2, '\0') + good.substr(clock_bytes);
  ByteReader reader(bytes);
  const Result<SiblingSet> read = read_versions(reader);
  REQUIRE_FALSE(read.ok());
  CHECK(read.status().code() == StatusCode::Corruption);
}

TEST_CASE("SiblingCodec: siblings out of order are refused, for they would be written otherwise") {
  const std::string clock = bytes_of(record_of("{a:1,b:1} []"));
  const std::string first = bytes_of(record_of("{a:1,b:1} [a1=v]")).substr(clock.size());
  const std::string second = bytes_of(record_of("{a:1,b:1} [b1=w]")).substr(clock.size());
  const std::string begin = clock.substr(0, clock.size() - 1) + '\2';
  CHECK(begin + first + second == bytes_of(record_of("{a:1,b:1} [a1=v, b1=w]")));
  for (const std::string& bytes : {begin + second + first, begin + first + first}) {
    ByteReader reader(bytes);
    CHECK(read_versions(reader).status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("SiblingCodec: a tombstone with a value is refused") {
  std::string bytes = bytes_of(record_of("{a:1} [a1=v]"));
  const std::size_t kind_at = bytes_of(record_of("{a:1} []")).size() + 10;
  REQUIRE(bytes.at(kind_at) == static_cast<char>(SiblingKind::Value));
  bytes.at(kind_at) = static_cast<char>(SiblingKind::Tombstone);
  ByteReader reader(bytes);
  CHECK(read_versions(reader).status().code() == StatusCode::Corruption);
}

TEST_CASE("SiblingCodec: a count beyond the bytes allocates nothing") {
  ByteWriter writer;
  writer.u8(0);
  writer.u8(0);
  writer.varint(std::size_t{1} << 60U);
  ByteReader reader(writer.bytes());
  CHECK_FALSE(read_versions(reader).ok());
}

}  // namespace
}  // namespace starling

#include "base/bytes.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling {
namespace {

TEST_CASE("ByteWriter: what it writes, ByteReader reads back in the same order") {
  ByteWriter writer;
  writer.u8(7);
  writer.u16(0x1234);
  writer.u32(0xDEADBEEF);
  writer.u64(0x0123456789ABCDEF);
  writer.u16_big_endian(0x1234);
  writer.u64_big_endian(42);
  writer.varint(300);
  writer.sized("murmuration");
  ByteReader reader(writer.bytes());
  CHECK(reader.u8() == 7);
  CHECK(reader.u16() == 0x1234);
  CHECK(reader.u32() == 0xDEADBEEF);
  CHECK(reader.u64() == 0x0123456789ABCDEF);
  CHECK(reader.u16_big_endian() == 0x1234);
  CHECK(reader.u64_big_endian() == 42);
  CHECK(reader.varint() == 300);
  CHECK(reader.sized() == "murmuration");
  CHECK(reader.finished());
}

TEST_CASE("ByteWriter: the layout of numbers is fixed") {
  ByteWriter writer;
  writer.u16(0x0102);
  writer.u16_big_endian(0x0102);
  writer.varint(300);
  CHECK(to_hex(writer.bytes()) == "02010102ac02");
}

TEST_CASE("ByteReader: a read past the end fails and stays failed") {
  ByteReader reader(std::string_view("ab", 2));
  CHECK(reader.u32() == 0);
  CHECK(reader.failed());
  CHECK(reader.u8() == 0);
  CHECK_FALSE(reader.finished());
}

TEST_CASE("ByteReader: a length that lies about the rest is refused before anything is copied") {
  ByteWriter writer;
  writer.varint(~std::uint64_t{0});
  writer.raw("short");
  ByteReader reader(writer.bytes());
  CHECK(reader.sized().empty());
  CHECK(reader.failed());
}

TEST_CASE("ByteReader: a varint has one spelling") {
  CHECK(ByteReader(std::string_view("\x80\x00", 2)).varint() == 0);
  ByteReader padded(std::string_view("\x81\x00", 2));
  CHECK(padded.varint() == 0);
  CHECK(padded.failed());
  ByteReader too_long(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  CHECK(too_long.varint() == 0);
  CHECK(too_long.failed());
}

TEST_CASE("ByteReader: every varint comes back") {
  Random random(11);
  for (int bits = 0; bits < 64; ++bits) {
    const std::uint64_t number = random.next() >> static_cast<unsigned>(bits);
    ByteWriter writer;
    writer.varint(number);
    ByteReader reader(writer.bytes());
    CHECK(reader.varint() == number);
    CHECK(reader.finished());
  }
}

TEST_CASE("base64: the vectors of RFC 4648") {
  CHECK(to_base64("").empty());
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(to_base64_url("\xfb\xff") == "-_8");
  CHECK(*from_base64("Zm8=") == "fo");
  CHECK(*from_base64_url("-_8") == "\xfb\xff");
}

TEST_CASE("base64: text of another alphabet, cut text and stray bits are refused") {
  CHECK_FALSE(from_base64("Zm9v!mFy").ok());
  CHECK_FALSE(from_base64("Zm8").ok());
  CHECK_FALSE(from_base64_url("A").ok());
  CHECK_FALSE(from_base64_url("-_9").ok());
}

TEST_CASE("is_utf8: text passes, bytes that only look like it do not") {
  CHECK(is_utf8("murmuração 🐦"));
  CHECK_FALSE(is_utf8("\xff"));
  CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // a surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above the last code point
  CHECK_FALSE(is_utf8("\xe2\x82"));          // cut short
}

}  // namespace
}  // namespace starling

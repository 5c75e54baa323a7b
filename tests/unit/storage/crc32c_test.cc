#include "storage/crc32c.h"

#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

// RFC 3720, appendix B.4.
TEST_CASE("Crc32c: the checksums are those of the standard") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c("123456789") == 0xe3069283);
}

TEST_CASE("Crc32c: a masked checksum is another one, and differs where the other does") {
  CHECK(masked_crc32c("123456789") == 0xc78ab0e5);
  CHECK(masked_crc32c("123456789") != crc32c("123456789"));
  CHECK(masked_crc32c("123456789") != masked_crc32c("123456788"));
}

}  // namespace
}  // namespace starling

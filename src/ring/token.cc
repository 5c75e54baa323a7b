#include "ring/token.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace starling {
namespace {

// Every request asks for its token more than once; up to here it takes no memory of its own.
constexpr std::size_t kUsualBytes = 256;

}  // namespace

Token token_of(std::string_view bucket, std::string_view key, std::uint64_t seed) {
  const std::size_t size = bucket.size() + 1 + key.size();
  std::array<char, kUsualBytes> usual;
  std::string unusual;
  if (size > usual.size()) unusual.resize(size);
  char* const text = size > usual.size() ? unusual.data() : usual.data();
  char* const behind_bucket = std::ranges::copy(bucket, text).out;
  *behind_bucket = '\0';
  std::ranges::copy(key, behind_bucket + 1);
  return Token{hash64({text, size}, seed)};
}

}  // namespace starling

#include "ring/token.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace starling {

Token token_of(std::string_view bucket, std::string_view key, std::uint64_t seed) {
  std::string text;
  text.reserve(bucket.size() + 1 + key.size());
  text.append(bucket).push_back('\0');
  text.append(key);
  return Token{hash64(text, seed)};
}

}  // namespace starling

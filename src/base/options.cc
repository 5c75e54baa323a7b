#include "starling/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

constexpr std::array<std::pair<std::string_view, Level>, 5> kLevels{{{"one", Level::one()},
                                                                     {"two", Level::two()},
                                                                     {"three", Level::three()},
                                                                     {"quorum", Level::quorum()},
                                                                     {"all", Level::all()}}};
constexpr std::array<std::string_view, 4> kLaterLevels{"any", "local_one", "local_quorum",
                                                       "each_quorum"};

bool is_bucket_byte(char byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  const bool digit = byte >= '0' && byte <= '9';
  return letter || digit || byte == '.' || byte == '_' || byte == '-';
}

}  // namespace

std::uint32_t Level::resolve(std::uint32_t n) const {
  switch (name_) {
    case Name::Quorum:
      return n / 2 + 1;
    case Name::All:
      return n;
    case Name::Count:
    case Name::One:
    case Name::Two:
    case Name::Three:
      return replicas_;
  }
  return replicas_;
}

std::string Level::to_text() const {
  for (const auto& [name, level] : kLevels) {
    if (level == *this) return std::string(name);
  }
  return std::to_string(replicas_);
}

Result<Level> parse_level(std::string_view text) {
  for (const auto& [name, level] : kLevels) {
    if (name == text) return level;
  }
  if (std::ranges::find(kLaterLevels, text) != kLaterLevels.end()) {
    return Status(StatusCode::Usage, "level '" + std::string(text) +
                                         "' is not in this version: use a number, one, two, "
                                         "three, quorum or all");
  }
  std::uint32_t replicas = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), replicas);
  if (error == std::errc() && stopped == end) return Level::count(replicas);
  return Status(StatusCode::Usage, "unknown level '" + std::string(text) +
                                       "': use a number, one, two, three, quorum or all");
}

Status check_bucket(std::string_view bucket) {
  const bool sized = !bucket.empty() && bucket.size() <= kBucketBytesMax;
  if (sized && std::ranges::all_of(bucket, is_bucket_byte)) return Status::success();
  return {StatusCode::Usage, "bucket '" + std::string(bucket.substr(0, 64)) +
                                 "': a bucket's name is 1 to 255 characters of A-Z a-z 0-9 . _ -"};
}

Status check_key(std::string_view key) {
  if (!key.empty() && key.size() <= kKeyBytesMax) return Status::success();
  return {StatusCode::Usage, key.empty() ? "the key is empty: a key is 1 to 4096 bytes"
                                         : "the key has " + std::to_string(key.size()) +
                                               " bytes: a key is 1 to 4096 bytes"};
}

Status check_value(std::string_view value) {
  if (value.size() <= kValueBytesMax) return Status::success();
  return {StatusCode::TooLarge,
          "the value has " + std::to_string(value.size()) + " bytes: a value is at most 16 MiB"};
}

}  // namespace starling

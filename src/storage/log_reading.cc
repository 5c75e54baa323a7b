#include "storage/log_reading.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/crc32c.h"

namespace starling {
namespace {

constexpr std::size_t kBlockBytes = 32768;
constexpr std::size_t kHeaderBytes = 7;  // checksum, length, type

// A record that does not fit a block is several fragments.
enum class FragmentType : std::uint8_t { Full = 1, First = 2, Middle = 3, Last = 4 };

struct Fragment {
  FragmentType type = FragmentType::Full;
  std::string_view payload;

  [[nodiscard]] bool begins_record() const {
    return type == FragmentType::Full || type == FragmentType::First;
  }
  [[nodiscard]] bool ends_record() const {
    return type == FragmentType::Full || type == FragmentType::Last;
  }
};

std::uint32_t byte_at(std::string_view bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes.at(offset));
}

std::size_t end_of_block(std::size_t offset) {
  return (offset / kBlockBytes + 1) * kBlockBytes;
}

std::uint32_t checksum_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t checksum = 0;
  for (std::size_t i = 4; i-- > 0;) checksum = (checksum << 8U) | byte_at(bytes, offset + i);
  return checksum;
}

std::uint32_t length_at(std::string_view bytes, std::size_t offset) {
  return byte_at(bytes, offset + 4) | (byte_at(bytes, offset + 5) << 8U);
}

// Nothing: what stands there is no fragment.
std::optional<Fragment> fragment_at(std::string_view bytes, std::size_t offset) {
  const std::size_t limit = std::min(bytes.size(), end_of_block(offset));
  if (offset + kHeaderBytes > limit) return std::nullopt;
  const std::uint32_t length = length_at(bytes, offset);
  const std::uint32_t type = byte_at(bytes, offset + 6);
  const bool is_known = type >= static_cast<std::uint32_t>(FragmentType::Full) &&
                        type <= static_cast<std::uint32_t>(FragmentType::Last);
  if (!is_known || offset + kHeaderBytes + length > limit) return std::nullopt;
  // It covers the type and the payload, which stand together.
  if (checksum_at(bytes, offset) != masked_crc32c(bytes.substr(offset + 6, 1 + length)))
    return std::nullopt;
  return Fragment{static_cast<FragmentType>(type), bytes.substr(offset + kHeaderBytes, length)};
}

// The checksum does not cover the length. A fragment that is whole but for it was no write that a
// power loss or the end of the process cut short.
bool only_length_is_damaged(std::string_view bytes, std::size_t offset) {
  const std::size_t limit = std::min(bytes.size(), end_of_block(offset));
  if (offset + kHeaderBytes > limit) return false;
  return checksum_at(bytes, offset) == masked_crc32c(bytes.substr(offset + 6, limit - offset - 6));
}

// As a write that came to an end too early leaves it: the beginning of a fragment, and no more.
bool is_beginning_of_fragment(std::string_view bytes, std::size_t offset) {
  if (bytes.size() >= end_of_block(offset)) return false;
  if (offset + kHeaderBytes > bytes.size()) return true;
  const std::uint32_t type = byte_at(bytes, offset + 6);
  return type >= static_cast<std::uint32_t>(FragmentType::Full) &&
         type <= static_cast<std::uint32_t>(FragmentType::Last) &&
         offset + kHeaderBytes + length_at(bytes, offset) > bytes.size();
}

// Anywhere: where a length is damaged nobody knows where the next fragment begins.
bool record_begins_behind(std::string_view bytes, std::size_t offset) {
  for (std::size_t at = offset + 1; at < bytes.size(); ++at) {
    const std::optional<Fragment> fragment = fragment_at(bytes, at);
    if (fragment.has_value() && fragment->begins_record()) return true;
  }
  return false;
}

}  // namespace

LogReading read_log(std::string_view bytes, LogContent content) {
  LogReading reading;
  std::string record;
  bool inside = false;
  std::size_t begin = 0;
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    // Too small for a header: the writer fills it up with zeros.
    if (end_of_block(offset) - offset < kHeaderBytes) {
      offset = std::min(bytes.size(), end_of_block(offset));
      continue;
    }
    const std::optional<Fragment> fragment = fragment_at(bytes, offset);
    if (!fragment.has_value() || fragment->begins_record() == inside) break;
    if (fragment->begins_record()) begin = offset;
    offset += kHeaderBytes + fragment->payload.size();
    if (content == LogContent::Keep) record.append(fragment->payload);
    inside = !fragment->ends_record();
    if (inside) continue;
    reading.whole_bytes = offset;
    reading.last_record = begin;
    if (content == LogContent::Keep) reading.records.push_back(std::exchange(record, {}));
  }
  if (offset < bytes.size()) {
    const bool damaged =
        record_begins_behind(bytes, offset) || only_length_is_damaged(bytes, offset);
    reading.end = damaged ? LogEnd::Damaged : LogEnd::Torn;
    reading.is_garbage = !is_beginning_of_fragment(bytes, offset);
  } else if (inside) {
    reading.end = LogEnd::Torn;
  }
  return reading;
}

}  // namespace starling

#include "storage/version_edit.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace starling {
namespace {

// The fields that follow each tag: n is a number, s a text with its length.
std::string_view fields_of(std::uint64_t tag) {
  switch (tag) {
    case 1:  // comparator
      return "s";
    case 2:  // log number
    case 3:  // next file number
    case 4:  // last sequence
    case 9:  // previous log number
      return "n";
    case 5:  // compaction pointer: level, key
      return "ns";
    case 6:  // deleted file: level, number
      return "nn";
    case 7:  // new file: level, number, size, smallest, largest
      return "nnnss";
    default:
      return "";
  }
}
constexpr std::uint64_t kLogNumber = 2;

std::optional<std::uint64_t> take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return number;
  }
  return std::nullopt;
}

bool skip_field(std::string_view& from, char field) {
  const std::optional<std::uint64_t> number = take_number(from);
  if (!number.has_value()) return false;
  if (field == 'n') return true;
  if (*number > from.size()) return false;
  from.remove_prefix(static_cast<std::size_t>(*number));
  return true;
}

}  // namespace

std::optional<std::uint64_t> log_number_of_edit(std::string_view edit) {
  while (!edit.empty()) {
    const std::optional<std::uint64_t> tag = take_number(edit);
    if (!tag.has_value()) return std::nullopt;
    if (*tag == kLogNumber) return take_number(edit);
    const std::string_view fields = fields_of(*tag);
    if (fields.empty()) return std::nullopt;
    for (const char field : fields) {
      if (!skip_field(edit, field)) return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace starling

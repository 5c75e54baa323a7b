#include "message/record_bytes.h"

#include <cstddef>
#include <vector>

#include "message/repair_messages.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// Incarnation, lineage and counter.
constexpr std::size_t kEventBytes = 24;
// Dot, hash, two times, and what a table and its vectors cost beside their contents.
constexpr std::size_t kSiblingBytes = 128;

}  // namespace

std::size_t value_bytes_of(const SiblingSet& versions) {
  std::size_t bytes = 0;
  for (const Sibling& sibling : versions.siblings()) bytes += sibling.value.size();
  return bytes;
}

std::size_t message_bytes_of(const SiblingSet& versions) {
  std::size_t bytes = versions.clock().size() * kEventBytes + value_bytes_of(versions);
  for (const Sibling& sibling : versions.siblings()) {
    bytes += kSiblingBytes + sibling.content_type.size();
  }
  return bytes;
}

std::size_t message_bytes_of(const std::vector<KeyedRecord>& records) {
  std::size_t bytes = 0;
  for (const KeyedRecord& record : records) bytes += message_bytes_of(record.versions);
  return bytes;
}

bool fits_a_message(const SiblingSet& versions) {
  return versions.siblings().size() <= kRecordSiblingsMax &&
         message_bytes_of(versions) <= kRecordBytesMax;
}

}  // namespace starling

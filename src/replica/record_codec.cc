#include "replica/record_codec.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "message/record_bytes.h"
#include "version/sibling_codec.h"

namespace starling {
namespace {

constexpr std::uint8_t kRecordFormat = 1;
constexpr std::uint8_t kFlagMine = 1;
constexpr std::size_t kChecksumBytes = 8;
// Of a record with one sibling and a clock of three actors, beside the value.
constexpr std::size_t kUsualBytes = 160;

// Seeding with the key's hash binds the two without copying a large value behind its key.
std::uint64_t checksum_of(std::string_view store_key, std::string_view payload) {
  return hash64(payload, hash64(store_key));
}

Status corrupt_record(std::string_view what) {
  return {StatusCode::Corruption, "a stored record is damaged: " + std::string(what)};
}

Result<StoredRecord> read_payload(std::string_view payload, ValueUse use) {
  ByteReader reader(payload);
  if (reader.u8() != kRecordFormat) return corrupt_record("unknown format version");
  const std::uint8_t flags = reader.u8();
  if ((flags & ~kFlagMine) != 0) return corrupt_record("unknown flags");
  StoredRecord stored;
  stored.fence = FenceStamp{reader.varint()};
  if ((flags & kFlagMine) != 0) stored.record.mine = read_dot(reader);
  STARLING_ASSIGN_OR_RETURN(read_them, stored.record.versions, read_versions(reader, use));
  if (!reader.finished()) return corrupt_record("wrong length");
  return stored;
}

}  // namespace

std::string encode_record(std::string_view store_key, const StoredRecord& stored) {
  ByteWriter writer(kUsualBytes + value_bytes_of(stored.record.versions));
  writer.u8(kRecordFormat);
  writer.u8(stored.record.mine.has_value() ? kFlagMine : 0);
  writer.varint(stored.fence.value);
  if (stored.record.mine.has_value()) write_dot(writer, *stored.record.mine);
  write_versions(writer, stored.record.versions);
  writer.u64(checksum_of(store_key, writer.bytes()));
  return std::move(writer).bytes();
}

Result<StoredRecord> decode_record(std::string_view store_key, std::string_view bytes,
                                   ValueUse use) {
  if (bytes.size() < kChecksumBytes) return corrupt_record("cut short");
  const std::string_view payload = bytes.substr(0, bytes.size() - kChecksumBytes);
  const std::uint64_t expected = ByteReader(bytes.substr(payload.size())).u64();
  if (checksum_of(store_key, payload) != expected) return corrupt_record("checksum");
  Result<StoredRecord> stored = read_payload(payload, use);
  if (!stored.ok()) return Status(StatusCode::Corruption, stored.status().message());
  return stored;
}

}  // namespace starling

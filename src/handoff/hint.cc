#include "handoff/hint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "version/sibling_codec.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// StoreTable::Hints of replica/key_layout.h.
constexpr std::uint8_t kHintTable = 4;
constexpr std::uint8_t kFormatVersion = 1;

Status corrupt(std::string_view what) {
  return {StatusCode::Corruption, "a hint is damaged: " + std::string(what)};
}

Result<Hint> read_payload(std::string_view payload) {
  ByteReader reader(payload);
  if (reader.u8() != kFormatVersion) return corrupt("unknown format version");
  const std::uint8_t kind = reader.u8();
  const std::uint8_t standing = reader.u8();
  if (kind > static_cast<std::uint8_t>(HintKind::Note)) return corrupt("unknown kind");
  if (standing > static_cast<std::uint8_t>(HintStanding::Counted)) return corrupt("standing");
  Hint hint{.kind = static_cast<HintKind>(kind), .standing = static_cast<HintStanding>(standing)};
  hint.fence = FenceStamp{reader.varint()};
  hint.address.bucket = reader.sized();
  hint.address.key = reader.sized();
  if (hint.kind == HintKind::OwnRecord) hint.mine = read_dot(reader);
  if (hint.kind != HintKind::Note) {
    STARLING_ASSIGN_OR_RETURN(read_them, hint.versions, read_versions(reader));
    if (hint.versions.empty()) return corrupt("no versions");
  }
  if (!reader.finished()) return corrupt("wrong length");
  if (hint.address.bucket.empty() || hint.address.key.empty()) return corrupt("no key");
  return hint;
}

}  // namespace

std::string hint_store_key(const HintKey& key) {
  ByteWriter writer;
  writer.u16_big_endian(key.partition.value);
  writer.u8(kHintTable);
  writer.u8(key.slot);
  writer.u64_big_endian(key.sequence);
  return std::move(writer).bytes();
}

Result<HintKey> parse_hint_store_key(std::string_view store_key) {
  ByteReader reader(store_key);
  HintKey key{.partition = PartitionId{reader.u16_big_endian()}};
  const std::uint8_t table = reader.u8();
  key.slot = reader.u8();
  key.sequence = reader.u64_big_endian();
  if (!reader.finished() || table != kHintTable) return corrupt("not the key of a hint");
  return key;
}

std::string encode_hint(std::string_view store_key, const Hint& hint) {
  STARLING_CHECK(hint.mine.has_value() == (hint.kind == HintKind::OwnRecord));
  STARLING_CHECK(hint.versions.empty() == (hint.kind == HintKind::Note));
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.u8(static_cast<std::uint8_t>(hint.kind));
  writer.u8(static_cast<std::uint8_t>(hint.standing));
  writer.varint(hint.fence.value);
  writer.sized(hint.address.bucket);
  writer.sized(hint.address.key);
  if (hint.mine.has_value()) write_dot(writer, *hint.mine);
  if (hint.kind != HintKind::Note) write_versions(writer, hint.versions);
  return sealed(store_key, std::move(writer));
}

Result<Hint> decode_hint(std::string_view store_key, std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt("checksum");
  return read_payload(*payload);
}

}  // namespace starling

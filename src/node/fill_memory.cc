#include "node/fill_memory.h"

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
#include "base/seal.h"
#include "env/storage_engine.h"
#include "handoff/fill_stream.h"
#include "replica/key_layout.h"
#include "ring/token.h"

namespace starling {
namespace {

constexpr std::uint8_t kFillNoteFormat = 1;
constexpr std::string_view kPrefix = "fill/";
// Behind all names that begin with the prefix: '0' follows '/'.
constexpr std::string_view kPrefixEnd = "fill0";
constexpr std::uint8_t kHasToken = 1;
constexpr std::uint8_t kIsComplete = 2;

Status corrupt() {
  return {StatusCode::Corruption, "the store's note of a filling can not be used"};
}

}  // namespace

std::string fill_store_key(PartitionId partition, NodeId source) {
  return meta_store_key(std::string(kPrefix) + to_text(std::uint64_t{partition.value}) + "/" +
                        to_text(source.value));
}

StorageWrite write_of_fill(const FillProgress& progress) {
  ByteWriter writer;
  writer.u8(kFillNoteFormat);
  writer.u16(progress.partition.value);
  writer.u64(progress.source.value);
  writer.u64(progress.source_store.value.low);
  writer.u64(progress.source_store.value.high);
  writer.u64(progress.epoch.value);
  writer.u8(static_cast<std::uint8_t>((progress.through.has_value() ? kHasToken : 0) |
                                      (progress.complete ? kIsComplete : 0)));
  writer.u64(progress.through.value_or(Token{}).value);
  std::string key = fill_store_key(progress.partition, progress.source);
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

StorageWrite erasure_of_fill(PartitionId partition, NodeId source) {
  return {.key = fill_store_key(partition, source), .value = std::nullopt};
}

Result<FillProgress> parse_fill(std::string_view store_key, std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt();
  ByteReader reader(*payload);
  const std::uint8_t format = reader.u8();
  FillProgress progress;
  progress.partition = PartitionId{reader.u16()};
  progress.source = NodeId{reader.u64()};
  progress.source_store.value.low = reader.u64();
  progress.source_store.value.high = reader.u64();
  progress.epoch = Epoch{reader.u64()};
  const std::uint8_t flags = reader.u8();
  const Token through{reader.u64()};
  const bool sound = reader.finished() && format == kFillNoteFormat &&
                     flags <= (kHasToken | kIsComplete) &&
                     store_key == fill_store_key(progress.partition, progress.source);
  if (!sound) return corrupt();
  if ((flags & kHasToken) != 0) progress.through = through;
  progress.complete = (flags & kIsComplete) != 0;
  return progress;
}

Result<RecalledFills> read_fills(StorageEngine& engine) {
  RecalledFills recalled;
  STARLING_RETURN_IF_ERROR(engine.scan(meta_store_key(kPrefix), meta_store_key(kPrefixEnd),
                                       [&](std::string_view key, std::string_view value) {
                                         Result<FillProgress> progress = parse_fill(key, value);
                                         if (progress.ok()) {
                                           recalled.fills.push_back(*progress);
                                         } else {
                                           recalled.damaged.emplace_back(key);
                                         }
                                         return true;
                                       }));
  return recalled;
}

}  // namespace starling

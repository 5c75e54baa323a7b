#include "repair/fence.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "message/repair_messages.h"
#include "ring/token.h"

namespace starling {
namespace {

// StoreTable::Fences of replica/key_layout.h.
constexpr std::uint8_t kFenceTable = 5;
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::size_t kStoredTokenBytes = 8;

Status corrupt(std::string_view what) {
  return {StatusCode::Corruption, "a fence is damaged: " + std::string(what)};
}

// Why the generation can not be one; empty: it was read into `generation`.
std::string_view read_generation(ByteReader& reader, FenceGeneration& generation) {
  generation.fence = FenceStamp{reader.varint()};
  const std::uint64_t count = reader.varint();
  // Checked before anything is allocated for them.
  if (reader.failed() || count > kReapKeysMax) return "count of keys";
  if (count > reader.remaining() / kStoredTokenBytes) return "cut short";
  for (std::uint64_t i = 0; i < count; ++i) generation.keys.push_back(Token{reader.u64()});
  return std::is_sorted(generation.keys.begin(), generation.keys.end()) ? "" : "order of keys";
}

bool are_generations(const std::vector<FenceGeneration>& generations) {
  const auto too_long = [](const FenceGeneration& generation) {
    return generation.keys.size() > kReapKeysMax;
  };
  return std::ranges::none_of(generations, too_long) &&
         std::ranges::is_sorted(generations, {}, &FenceGeneration::fence);
}

}  // namespace

bool Fence::accepts(FenceStamp stamp, Token key) const {
  if (stamp >= stamp_) return true;
  if (stamp < known_from_) return false;
  return std::none_of(
      generations_.begin(), generations_.end(), [&](const FenceGeneration& generation) {
        return generation.fence > stamp &&
               std::binary_search(generation.keys.begin(), generation.keys.end(), key);
      });
}

void Fence::advance(FenceStamp to, std::vector<Token> keys) {
  STARLING_CHECK(to > stamp_);
  STARLING_CHECK(keys.size() <= kReapKeysMax);
  std::sort(keys.begin(), keys.end());
  generations_.push_back({.fence = to, .keys = std::move(keys)});
  stamp_ = to;
  forget_oldest();
}

void Fence::forget_oldest() {
  while (generations_.size() > generations_max_) {
    known_from_ = generations_.front().fence;
    generations_.pop_front();
  }
}

void Fence::raise(FenceStamp to) {
  if (to <= stamp_) return;
  stamp_ = to;
  known_from_ = to;
  generations_.clear();
}

std::optional<std::vector<FenceGeneration>> Fence::since(FenceStamp since) const {
  if (since < known_from_) return std::nullopt;
  std::vector<FenceGeneration> missed;
  std::copy_if(generations_.begin(), generations_.end(), std::back_inserter(missed),
               [&](const FenceGeneration& generation) { return generation.fence > since; });
  return missed;
}

void Fence::catch_up(FenceStamp to, const std::optional<std::vector<FenceGeneration>>& missed) {
  if (to <= stamp_) return;
  // It came from outside: a list that makes no sense is as good as none.
  if (!missed.has_value() || !are_generations(*missed)) return raise(to);
  for (const FenceGeneration& generation : *missed) {
    if (generation.fence > stamp_ && generation.fence <= to)
      advance(generation.fence, generation.keys);
  }
  // The other was raised beyond its last generation, and can not say what lies between.
  if (stamp_ < to) raise(to);
}

std::string Fence::encode(std::string_view store_key) const {
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.varint(stamp_.value);
  writer.varint(known_from_.value);
  writer.varint(generations_.size());
  for (const FenceGeneration& generation : generations_) {
    writer.varint(generation.fence.value);
    writer.varint(generation.keys.size());
    for (const Token key : generation.keys) writer.u64(key.value);
  }
  return sealed(store_key, std::move(writer));
}

Result<Fence> Fence::decode(std::string_view store_key, std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt("checksum");
  ByteReader reader(*payload);
  if (reader.u8() != kFormatVersion) return corrupt("unknown format version");
  Fence fence;
  fence.stamp_ = FenceStamp{reader.varint()};
  fence.known_from_ = FenceStamp{reader.varint()};
  const std::uint64_t count = reader.varint();
  if (reader.failed() || count > kFenceGenerations) return corrupt("count of generations");
  FenceStamp last = fence.known_from_;
  for (std::uint64_t i = 0; i < count; ++i) {
    FenceGeneration generation;
    const std::string_view wrong = read_generation(reader, generation);
    if (!wrong.empty()) return corrupt(wrong);
    if (generation.fence <= last) return corrupt("order of generations");
    last = generation.fence;
    fence.generations_.push_back(std::move(generation));
  }
  if (!reader.finished()) return corrupt("wrong length");
  if (last > fence.stamp_) return corrupt("a generation above the fence");
  return fence;
}

std::string fence_store_key(PartitionId partition) {
  ByteWriter writer;
  writer.u16_big_endian(partition.value);
  writer.u8(kFenceTable);
  return std::move(writer).bytes();
}

}  // namespace starling

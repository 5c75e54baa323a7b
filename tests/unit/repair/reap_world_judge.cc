#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "reap_world.h"
#include "repair/fence.h"
#include "version/context_codec.h"
#include "version/dot.h"
#include "version/sibling_codec.h"
#include "version/sibling_set.h"

namespace starling {
bool ReapWorld::has_reaped() const {
  constexpr ReapMask kBoth = (1U << kHomeA) | (1U << kHomeB);
  return std::ranges::any_of(rounds_,
                             [](const ReapRoundState& round) { return round.committed == kBoth; });
}

SiblingSet ReapWorld::final_record(const ReapScheme& scheme) const {
  std::array<ReapHome, 2> homes = homes_;
  if (homes[kHomeA].being_filled) fill(scheme, homes[kHomeA]);
  SiblingSet versions = homes[kHomeA].record.versions;
  merge_keeping_own(versions, homes[kHomeB].record.versions);
  for (const ReapHint& hint : hints_) {
    const bool taken = hint.exempt || accepts(scheme, homes.at(hint.target), hint.stamp);
    if (hint.kept && taken) merge_keeping_own(versions, writes_[hint.write].delta);
  }
  return versions;
}

ReapMask ReapWorld::final_visible(const ReapScheme& scheme) const {
  return visible_in(final_record(scheme));
}

ReapMask ReapWorld::replaced() const {
  ReapMask replaced = 0;
  for (const ReapWrite& write : writes_)
    if (write.held_at != 0) replaced = join(replaced, write.history);
  return replaced;
}

ReapMask ReapWorld::resurrected(const ReapScheme& scheme) const {
  return static_cast<ReapMask>(final_visible(scheme) & replaced());
}

ReapMask ReapWorld::lost(const ReapScheme& scheme) const {
  ReapMask owed = 0;
  for (std::size_t write = 0; write < writes_.size(); ++write) {
    const bool is_value = writes_[write].delta.live_values() > 0;
    if (is_value && writes_[write].held_at != 0) owed = join(owed, bit(write));
  }
  return static_cast<ReapMask>(owed & ~replaced() & ~final_visible(scheme));
}

namespace {

void write_versions_small(ByteWriter& writer, const SiblingSet& versions) {
  write_clock(writer, versions.clock());
  for (const Sibling& sibling : versions.siblings()) {
    write_dot(writer, sibling.dot);
    writer.u8(static_cast<std::uint8_t>(sibling.value_hash));
  }
}

void write_fence(ByteWriter& writer, const Fence& fence) {
  writer.varint(fence.stamp().value);
  const auto all = fence.since(FenceStamp{});
  writer.u8(all.has_value() ? static_cast<std::uint8_t>(all->size()) : 255);
}

void write_record(ByteWriter& writer, const RecordInFlight& record) {
  writer.u8(record.target);
  writer.varint(record.stamp.value);
  writer.u8(record.holds);
  write_versions_small(writer, record.versions);
}

void write_home(ByteWriter& writer, const ReapHome& home) {
  writer.varint(home.minter.incarnation().value);
  write_versions_small(writer, home.record.versions);
  write_dot(writer, home.record.mine.value_or(Dot{}));
  writer.varint(home.stamp.value);
  write_fence(writer, home.fence);
  writer.varint(home.other.value);
  writer.u8(home.being_filled ? 1 : 0);
  writer.u8(home.holds);
  writer.u8(static_cast<std::uint8_t>(home.pulls));
}

}  // namespace

Hash128 ReapWorld::fingerprint() const {
  ByteWriter writer;
  for (const ReapHome& home : homes_) write_home(writer, home);
  write_fence(writer, holder_fence_);
  for (const ReapWrite& write : writes_) {
    writer.u8(write.origin);
    writer.varint(write.stamp.value);
    writer.u8(write.history);
    writer.u8(write.held_at);
    writer.u8(write.hinted ? 1 : 0);
    write_versions_small(writer, write.delta);
  }
  writer.u8(static_cast<std::uint8_t>(hints_.size()));
  for (const ReapHint& hint : hints_) {
    writer.u8(static_cast<std::uint8_t>(hint.write * 4 + hint.target));
    writer.varint(hint.stamp.value);
    writer.u8(hint.kept ? 1 : 0);
  }
  writer.u8(static_cast<std::uint8_t>(records_.size()));
  for (const RecordInFlight& record : records_) write_record(writer, record);
  writer.u8(filling_.has_value() ? 1 : 0);
  if (filling_.has_value()) write_record(writer, *filling_);
  write_fence(writer, filling_fence_);
  for (const auto& pulled : pulled_) {
    writer.u8(pulled.has_value() ? 1 : 0);
    if (!pulled.has_value()) continue;
    writer.varint(pulled->stamp.value);
    writer.u8(pulled->absent ? 1 : 0);
    writer.u8(pulled->missed.has_value() ? static_cast<std::uint8_t>(pulled->missed->size()) : 255);
  }
  for (const ReapRoundState& round : rounds_) {
    writer.varint(round.batch.fence.value);
    writer.u64(round.batch.candidates[0].digest.low);
    for (const StoreStart& owner : round.batch.owners) writer.varint(owner.incarnation.value);
    writer.u8(round.votes);
    writer.u8(round.committed);
  }
  writer.u8(static_cast<std::uint8_t>(deletes_ * 16 + (put_later_ ? 2 : 0) +
                                      (put_sloppily_ ? 4 : 0) + (has_lost_disk_ ? 8 : 0)));
  return hash128(writer.bytes());
}

}  // namespace starling

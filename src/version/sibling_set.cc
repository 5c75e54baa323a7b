#include "version/sibling_set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "version/dot.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

bool in_order(const Sibling& left, const Sibling& right) {
  return left.dot < right.dot;
}

bool precedes(const Sibling& sibling, const Dot& dot) {
  return sibling.dot < dot;
}

const Sibling* find(const std::vector<Sibling>& siblings, const Dot& dot) {
  const auto place = std::lower_bound(siblings.begin(), siblings.end(), dot, precedes);
  return place != siblings.end() && place->dot == dot ? &*place : nullptr;
}

bool has_twice(std::vector<Dot> dots) {
  std::sort(dots.begin(), dots.end());
  return std::adjacent_find(dots.begin(), dots.end()) != dots.end();
}

// Whether some dot is live in both and stands for different values. The values need no look: they
// may be left out on one side, their hashes never are.
bool collide(const std::vector<Sibling>& left, const std::vector<Sibling>& right) {
  return std::any_of(right.begin(), right.end(), [&left](const Sibling& sibling) {
    const Sibling* const same = find(left, sibling.dot);
    return same != nullptr &&
           (same->kind != sibling.kind || same->value_hash != sibling.value_hash);
  });
}

constexpr std::size_t kKeyLengthBytesMax = 3;
constexpr std::size_t kDigestBytesOfSibling = 33;

void write_for_digest(ByteWriter& writer, const Sibling& sibling) {
  writer.u64(sibling.dot.actor.incarnation.value);
  writer.u64(sibling.dot.actor.lineage);
  writer.u64(sibling.dot.counter);
  writer.u8(static_cast<std::uint8_t>(sibling.kind));
  writer.u64(sibling.value_hash);
}

}  // namespace

std::uint64_t hash_of_value(SiblingKind kind, const std::string& content_type,
                            const std::string& value) {
  // The hash of what is short becomes the seed for what is long, so that no value is copied.
  const std::uint64_t seed = hash64(content_type, static_cast<std::uint64_t>(kind));
  return hash64(value, seed);
}

SiblingSet::SiblingSet(VectorClock clock, std::vector<Sibling> siblings)
    : clock_(std::move(clock)), siblings_(std::move(siblings)) {
  STARLING_CHECK(is_well_formed(clock_, siblings_));
  if (!std::is_sorted(siblings_.begin(), siblings_.end(), in_order))
    std::sort(siblings_.begin(), siblings_.end(), in_order);
}

bool SiblingSet::is_well_formed(const VectorClock& clock, const std::vector<Sibling>& siblings) {
  if (!std::ranges::all_of(siblings, [&](const Dot& dot) { return clock.has(dot); }, &Sibling::dot))
    return false;
  if (siblings.size() < 2) return true;
  std::vector<Dot> dots;
  dots.reserve(siblings.size());
  for (const Sibling& sibling : siblings) dots.push_back(sibling.dot);
  return !has_twice(std::move(dots));
}

std::vector<Sibling> SiblingSet::take_siblings() && {
  clock_ = VectorClock();
  return std::exchange(siblings_, {});
}

std::size_t SiblingSet::live_values() const {
  return static_cast<std::size_t>(
      std::count_if(siblings_.begin(), siblings_.end(),
                    [](const Sibling& sibling) { return sibling.is_live_value(); }));
}

bool SiblingSet::has_live(const Dot& dot) const {
  return find(siblings_, dot) != nullptr;
}

bool SiblingSet::sync(const SiblingSet& other) {
  if (collide(siblings_, other.siblings_)) return false;
  std::erase_if(siblings_, [&other](const Sibling& sibling) {
    return other.clock_.has(sibling.dot) && !other.has_live(sibling.dot);
  });
  // What both hold live is in our clock too, so this copies only what is new here.
  const auto old_size = static_cast<std::ptrdiff_t>(siblings_.size());
  std::copy_if(other.siblings_.begin(), other.siblings_.end(), std::back_inserter(siblings_),
               [this](const Sibling& sibling) { return !clock_.has(sibling.dot); });
  std::inplace_merge(siblings_.begin(), siblings_.begin() + old_size, siblings_.end(), in_order);
  clock_.join(other.clock_);
  return true;
}

void SiblingSet::discard(const VectorClock& context) {
  std::erase_if(siblings_, [&context](const Sibling& sibling) { return context.has(sibling.dot); });
  clock_.join(context);
}

void SiblingSet::add(Sibling sibling) {
  STARLING_CHECK(!has_live(sibling.dot));
  clock_.add(sibling.dot);
  const auto place = std::lower_bound(siblings_.begin(), siblings_.end(), sibling.dot, precedes);
  siblings_.insert(place, std::move(sibling));
}

SiblingSet SiblingSet::without_values() const {
  SiblingSet versions;
  versions.clock_ = clock_;
  versions.siblings_.reserve(siblings_.size());
  for (const Sibling& sibling : siblings_) {
    versions.siblings_.push_back({.dot = sibling.dot,
                                  .kind = sibling.kind,
                                  .value_hash = sibling.value_hash,
                                  .modified = sibling.modified,
                                  .expires = sibling.expires,
                                  .content_type = sibling.content_type,
                                  .value = {}});
  }
  return versions;
}

Hash128 read_digest(const SiblingSet& record) {
  ByteWriter writer(record.siblings().size() * kDigestBytesOfSibling);
  for (const Sibling& sibling : record.siblings()) write_for_digest(writer, sibling);
  return hash128(writer.bytes());
}

Hash128 visible_digest(const std::string& key, const SiblingSet& record) {
  if (record.live_values() == 0) return {};
  ByteWriter writer(kKeyLengthBytesMax + key.size() +
                    record.siblings().size() * kDigestBytesOfSibling);
  writer.sized(key);
  for (const Sibling& sibling : record.siblings()) {
    if (sibling.is_live_value()) write_for_digest(writer, sibling);
  }
  return hash128(writer.bytes());
}

}  // namespace starling

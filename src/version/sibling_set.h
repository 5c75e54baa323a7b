#pragma once

// SiblingSet: what one replica knows of one key: the clock of all it has seen, and the live
// siblings among it. Merging two is a join of a lattice (idempotent, commutative, associative), so
// replicas that exchange their sets in any order and number end equal. The pure heart of the store:
// every rule of versions is here and in minter.h. Source: Almeida et al., "Scalable and Accurate
// Causality Tracking for Eventually Consistent Stores", DAIS 2014, with an exact cloud of dots.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "version/dot.h"
#include "version/vector_clock.h"

namespace starling {

enum class SiblingKind : std::uint8_t {
  Value = 0,
  Tombstone = 1,  // a delete: a live dot without a value
};

// One live write. `value_hash` is hash64 over value and content type, computed where the write
// entered the cluster; it stands for the value where only versions travel (digests, key listings),
// in which case `value` is empty.
struct Sibling {
  Dot dot;
  SiblingKind kind = SiblingKind::Value;
  std::uint64_t value_hash = 0;
  WallTime modified;  // for people and last-writer buckets; no rule depends on it
  WallTime expires;   // 0: never. Room for TTL, which nothing sets yet
  std::string content_type;
  std::string value;

  [[nodiscard]] bool is_live_value() const { return kind == SiblingKind::Value; }
  friend bool operator==(const Sibling&, const Sibling&) = default;
};

// hash64 over kind, content type and value, as `value_hash` wants it.
[[nodiscard]] std::uint64_t hash_of_value(SiblingKind kind, const std::string& content_type,
                                          const std::string& value);

class SiblingSet {
 public:
  SiblingSet() = default;
  // Sorts `siblings` by dot. REQUIRES: every sibling's dot is in `clock`, and no dot stands twice;
  // for what came from outside ask is_well_formed first.
  SiblingSet(VectorClock clock, std::vector<Sibling> siblings);
  [[nodiscard]] static bool is_well_formed(const VectorClock& clock,
                                           const std::vector<Sibling>& siblings);

  [[nodiscard]] const VectorClock& clock() const { return clock_; }
  // Ascending by dot.
  [[nodiscard]] const std::vector<Sibling>& siblings() const { return siblings_; }
  // Gives the siblings away; the set is then empty. For answers, which need no copy of the values.
  [[nodiscard]] std::vector<Sibling> take_siblings() &&;
  // Absent: nothing was ever seen here.
  [[nodiscard]] bool empty() const { return clock_.empty(); }
  [[nodiscard]] std::size_t live_values() const;
  // Live dots, all of them tombstones.
  [[nodiscard]] bool is_deleted() const { return !siblings_.empty() && live_values() == 0; }
  [[nodiscard]] bool has_live(const Dot& dot) const;

  // The join: a sibling stays unless the other side has seen it and holds it no more.
  // Returns false, and merges nothing, when one dot stands for two values (a broken promise of
  // uniqueness: DOT_COLLISION).
  [[nodiscard]] bool sync(const SiblingSet& other);
  // Drops every sibling that `context` covers, and joins the clocks.
  void discard(const VectorClock& context);
  // Adds a live sibling. REQUIRES: its dot is in no clock of this set yet.
  void add(Sibling sibling);

  // The same versions without the values: what a key listing or a digest needs.
  [[nodiscard]] SiblingSet without_values() const;

  friend bool operator==(const SiblingSet&, const SiblingSet&) = default;

 private:
  VectorClock clock_;
  std::vector<Sibling> siblings_;
};

// Two digests of one record. `read`: live dots with kinds and value hashes, tombstones included;
// two replicas whose read digests are equal would give every client the same answer. `visible`: the
// live values only, so that a tombstone and an absent record are no divergence (Merkle trees,
// cluster digest). Neither covers the clock: equal values under different clocks are repaired
// lazily.
[[nodiscard]] Hash128 read_digest(const SiblingSet& record);
// Hash of zero when there is no live value: it adds nothing to a sum.
[[nodiscard]] Hash128 visible_digest(const std::string& key, const SiblingSet& record);

}  // namespace starling

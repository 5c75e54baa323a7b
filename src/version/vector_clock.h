#pragma once

// VectorClock: an exact set of dots. Per actor a prefix ("all dots 1..n"), and a cloud of single
// dots beyond a gap; in the long run the cloud is empty. It is what a record has seen, and what a
// client's causal context says. A plain version vector can not say "the second but not the first",
// and would then claim writes that nobody saw (Dynamo, section 4.4, with the correction of
// Almeida's dotted version vector sets).

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "version/dot.h"

namespace starling {

// How one clock stands to another. Concurrent: each has a dot that the other lacks.
enum class Ordering : std::uint8_t { Equal, Before, After, Concurrent };

// Always in normal form: actors and dots strictly ascending, no zero entry, no dot of the cloud
// inside or next to its actor's prefix. Equal sets are therefore equal objects.
class VectorClock {
 public:
  struct Entry {
    Actor actor;
    std::uint64_t counter = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  VectorClock() = default;

  // Brings any entries and dots into normal form: an actor that stands twice keeps its greatest.
  [[nodiscard]] static VectorClock of(std::vector<Entry> prefix, std::vector<Dot> cloud = {});

  [[nodiscard]] bool has(const Dot& dot) const;
  // Whether every dot of `other` is in this clock.
  [[nodiscard]] bool covers(const VectorClock& other) const;
  [[nodiscard]] Ordering compare(const VectorClock& other) const;
  // The greatest counter known of `actor`, in prefix or cloud; 0 when there is none.
  [[nodiscard]] std::uint64_t greatest(const Actor& actor) const;

  void add(const Dot& dot);
  // Set union.
  void join(const VectorClock& other);

  [[nodiscard]] bool empty() const { return prefix_.empty() && cloud_.empty(); }
  [[nodiscard]] const std::vector<Entry>& prefix() const { return prefix_; }
  [[nodiscard]] const std::vector<Dot>& cloud() const { return cloud_; }
  // Entries of the prefix and dots of the cloud together: what limits are set on.
  [[nodiscard]] std::size_t size() const { return prefix_.size() + cloud_.size(); }

  friend bool operator==(const VectorClock&, const VectorClock&) = default;

 private:
  void compact();

  std::vector<Entry> prefix_;
  std::vector<Dot> cloud_;
};

}  // namespace starling

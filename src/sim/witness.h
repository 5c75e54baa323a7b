#pragma once

// Witness: the white box's side of the truth: which dot every write was given, and which writes
// each mint said that it had seen. It watches records on their way to disks and other nodes, and
// notices at once when a dot stands for two writes, or a write for two dots (INV-1).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/history.h"
#include "sim/violation.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {

// One dot that was seen anywhere. Clients of a delete put no label on it, so a tombstone is known
// by its dot alone until the checkers find the request whose context it carries.
struct Sighting {
  SiblingKind kind = SiblingKind::Value;
  std::uint64_t value_hash = 0;
  std::uint32_t write = WriteSet::kNoWrite;  // puts only
  // The clock that the mint shipped: the client's context and the new dot. Nothing while only
  // merged records were seen.
  std::optional<VectorClock> delta;
  // The clock of the first record in which it was seen.
  VectorClock first_record;
  // How many operations had begun by then.
  std::size_t begun = 0;
};

class Witness {
 public:
  explicit Witness(const History& history) : history_(history) {}

  // `versions` of the key were seen; values may be left out.
  void see_record(std::uint32_t key, const SiblingSet& versions);
  // The same, as the delta of a fresh mint.
  void see_delta(std::uint32_t key, const SiblingSet& versions);

  using Sightings = std::map<Dot, Sighting>;
  [[nodiscard]] const Sightings& sightings(std::uint32_t key) const;
  // Nothing: the write was never minted, as far as anybody saw.
  [[nodiscard]] std::optional<Dot> dot_of(std::uint32_t key, std::uint32_t write) const;

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  struct KeyView {
    Sightings sightings;
    std::map<std::uint32_t, Dot> dots;  // by write
  };

  KeyView& view_of(std::uint32_t key);
  Sighting& note(std::uint32_t key, const Sibling& sibling, const VectorClock& clock);
  [[nodiscard]] std::uint32_t write_with(std::uint32_t key, const Sibling& sibling) const;
  void accuse(std::uint32_t key, const char* checker, std::string text);

  const History& history_;
  std::vector<KeyView> keys_;
  Sightings none_;  // of a key that was never seen
  std::vector<Violation> violations_;
};

[[nodiscard]] std::string to_text(const Dot& dot);
[[nodiscard]] std::string to_text(const VectorClock& clock);

}  // namespace starling::sim

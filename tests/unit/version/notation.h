#pragma once

// The notation of the test vectors: "{a:2,b:1 + c4} [a1=v1, b1=⊥]" is a record that has seen a1,
// a2, b1 and c4, with a value and a tombstone live. A letter is the first lineage of the
// incarnation of that letter, and every apostrophe behind it counts one lineage further: a' is a's
// second.

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

[[nodiscard]] Dot dot_of(std::string_view text);
// Without a dot; "⊥" is a tombstone.
[[nodiscard]] Sibling write_of(std::string_view value);
[[nodiscard]] VectorClock clock_of(std::string_view text);
[[nodiscard]] SiblingSet record_of(std::string_view text);

[[nodiscard]] std::string text_of(const Dot& dot);
[[nodiscard]] std::string text_of(const VectorClock& clock);
[[nodiscard]] std::string text_of(const SiblingSet& record);

// What doctest prints when a check fails.
std::ostream& operator<<(std::ostream& out, const Dot& dot);
std::ostream& operator<<(std::ostream& out, const VectorClock& clock);
std::ostream& operator<<(std::ostream& out, const SiblingSet& record);

// The seed of the randomised tests: STARLING_SEED, or a fixed one.
[[nodiscard]] std::uint64_t seed_of_run();

}  // namespace starling

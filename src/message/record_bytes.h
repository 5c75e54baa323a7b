#pragma once

// How much room versions take in a message, and the most that one message may hold. Known here, not
// in wire/, because who sends a record must ask before, and the mint keeps records below it. It is
// an upper bound, made of constants: what a codec really writes is less.

#include <cstddef>
#include <vector>

#include "message/repair_messages.h"
#include "version/sibling_set.h"

namespace starling {

// What the mint lets a record hold (16 MiB, and one value of 16 MiB more), and a MiB for its clock,
// its content types and the rest. Merges can make more of it: nobody refuses what was acknowledged.
inline constexpr std::size_t kRecordBytesMax = std::size_t{33} << 20U;
// Codecs check no more tables than a few thousand a message, and a sibling is one.
inline constexpr std::size_t kRecordSiblingsMax = 4000;

[[nodiscard]] std::size_t value_bytes_of(const SiblingSet& versions);
// What `versions` take in a message, at most.
[[nodiscard]] std::size_t message_bytes_of(const SiblingSet& versions);
[[nodiscard]] std::size_t message_bytes_of(const std::vector<KeyedRecord>& records);
// Whether they can travel at all: records are not cut into several messages yet.
[[nodiscard]] bool fits_a_message(const SiblingSet& versions);

}  // namespace starling

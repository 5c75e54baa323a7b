#pragma once

// Messages drawn from a seed, one of every type and within every limit of the wire: what the round
// trips and the damage tests are fed with.

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/codec.h"

namespace starling {

// STARLING_SEED, or a fixed one.
[[nodiscard]] std::uint64_t test_seed();

[[nodiscard]] VectorClock random_clock(Random& random);
[[nodiscard]] SiblingSet random_versions(Random& random);
// One message of every frame type, in the order of FrameType.
[[nodiscard]] std::vector<Frame> random_frames(Random& random);
// The whole frame of any message.
[[nodiscard]] std::string encode_frame(const Frame& frame);
// Parses the header and decodes the rest.
[[nodiscard]] Result<Frame> decode_frame(std::string_view bytes);
// Gives `bytes`, whose body was changed, a header that fits again.
void repair_checksums(std::string& bytes);

}  // namespace starling

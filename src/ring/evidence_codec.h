#pragma once

// The bytes of a ProposalEvidence, as an acceptor stores them and as they travel with a proposal.
// Canonical, as a configuration's are: equal evidence in equal order has equal bytes, and only such
// bytes are read. Whoever stores or sends them adds the checksum.

#include <cstddef>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "ring/succession.h"

namespace starling {

// Facts for one step of every row of the largest cluster, each with three sources.
inline constexpr std::size_t kEvidenceBytesMax = std::size_t{6} << 20U;

[[nodiscard]] std::string encode_evidence(const ProposalEvidence& evidence);
// Corruption: too long, or not what encode_evidence() can have written.
[[nodiscard]] Result<ProposalEvidence> decode_evidence(std::string_view bytes);

}  // namespace starling

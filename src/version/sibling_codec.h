#pragma once

// The canonical bytes of dots and versions, as stored records and hints hold them: clock, then the
// siblings ascending by dot. src/replica/FORMAT.md shows them. Readers refuse what the writers
// would not have written, and fail with the ByteReader on too few bytes.

#include <cstdint>

#include "starling/result.h"

#include "base/bytes.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {

enum class ValueUse : std::uint8_t {
  Keep = 0,
  Leave = 1,  // values stay empty: scans and digests need versions only
};

void write_dot(ByteWriter& writer, const Dot& dot);
// Zeros once the reader has failed.
[[nodiscard]] Dot read_dot(ByteReader& reader);

void write_versions(ByteWriter& writer, const SiblingSet& versions);
// Corruption: no versions, or siblings that their clock lacks, that are out of order, or tombstones
// with a value. Nothing is allocated for a count that the bytes can not hold.
[[nodiscard]] Result<SiblingSet> read_versions(ByteReader& reader, ValueUse use = ValueUse::Keep);

}  // namespace starling

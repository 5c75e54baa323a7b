#pragma once

// Record codec: the bytes of one stored record, and back. The checksum covers the record's own
// store key, so that a block which the disk misdirected is noticed as well as a flipped bit; that
// is what turns a silent loss into an error (an absent record would start to mint over lost
// history). FORMAT.md shows the bytes.

#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/ids.h"
#include "version/minter.h"
#include "version/sibling_codec.h"

namespace starling {

struct StoredRecord {
  ReplicaRecord record;
  FenceStamp fence;  // of the partition when the record was last written
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

[[nodiscard]] std::string encode_record(std::string_view store_key, const StoredRecord& stored);
// Corruption: `bytes` are not exactly what encode_record writes for this key, or of a newer format.
[[nodiscard]] Result<StoredRecord> decode_record(std::string_view store_key, std::string_view bytes,
                                                 ValueUse use = ValueUse::Keep);

}  // namespace starling

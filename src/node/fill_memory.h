#pragma once

// FillMemory: how far each filling of this node is, as it stands in the store: one entry for each
// partition and source, written behind the records that it speaks of. src/replica/FORMAT.md shows
// the bytes. What can not be read is forgotten, which costs a filling from the first token on.

#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "env/storage_engine.h"
#include "handoff/fill_stream.h"

namespace starling {

[[nodiscard]] std::string fill_store_key(PartitionId partition, NodeId source);
[[nodiscard]] StorageWrite write_of_fill(const FillProgress& progress);
[[nodiscard]] StorageWrite erasure_of_fill(PartitionId partition, NodeId source);
// Corruption: it is damaged, of a newer format, or stands under another key than its own.
[[nodiscard]] Result<FillProgress> parse_fill(std::string_view store_key, std::string_view bytes);

struct RecalledFills {
  std::vector<FillProgress> fills;
  std::vector<std::string> damaged;  // store keys
};
// Errors: of the engine.
[[nodiscard]] Result<RecalledFills> read_fills(StorageEngine& engine);

}  // namespace starling

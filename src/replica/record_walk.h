#pragma once

// Record walk: visits the records of a range in store order, as they are after every write that was
// queued so far: the engine's entries, with the overlay's laid over them. Scans and digests stand
// on it. An answer made from it waits for `durable_at` of the records it shows.

#include <functional>
#include <string>

#include "starling/status.h"

#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "replica/key_layout.h"
#include "replica/record_cache.h"
#include "version/sibling_set.h"

namespace starling {

struct WalkedRecord {
  const RecordKey& key;
  const SiblingSet& versions;  // values may be left out
  CommitTicket durable_at;     // 0: already
};

// Returns whether to go on.
using RecordVisitor = std::function<bool(const WalkedRecord&)>;

// Corruption: a record in the range could not be read, and what was visited is not all. `walked_to`
// is then the store key of the damaged record; where the engine did not even come to it, the last
// one before it, and at the beginning that of the range.
[[nodiscard]] Status walk_records(StorageEngine& engine, const RecordCache& cache,
                                  const KeyBounds& bounds, PlantedBug planted,
                                  const RecordVisitor& visit, std::string& walked_to);

}  // namespace starling

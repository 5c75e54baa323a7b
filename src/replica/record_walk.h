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

// Where a walk came to damage.
struct WalkStop {
  std::string at;  // the damaged record; or the last one (else the beginning) before it
  bool is_damaged_record = false;  // else the engine did not even come to it
};

// Returns whether to go on.
using RecordVisitor = std::function<bool(const WalkedRecord&)>;

// Corruption: a record in the range could not be read, and what was visited is not all; `stop` says
// where.
[[nodiscard]] Status walk_records(StorageEngine& engine, const RecordCache& cache,
                                  const KeyBounds& bounds, PlantedBug planted,
                                  const RecordVisitor& visit, WalkStop& stop);

}  // namespace starling

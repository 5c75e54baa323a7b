#pragma once

// StoreCondition: how much room a node's disk has, as far as requests are concerned. Every node
// tells its peers, so that a coordinator knows before the mint which slots refuse: a put that could
// not reach W is then refused with nothing applied, instead of being in doubt.

#include <cstdint>

#include "version/sibling_set.h"

namespace starling {

enum class StoreCondition : std::uint8_t {
  Roomy = 0,
  Tight = 1,  // below the soft limit: no new values; deletes, repairs and reads go on
  Full = 2,   // below the hard limit, or a write met a full disk: nothing that grows; reads go on
};

// Whether a store in `condition` takes a fresh write of that kind. A delete grows the store too,
// but it is what lets people make space.
[[nodiscard]] constexpr bool takes(StoreCondition condition, SiblingKind kind) {
  if (kind == SiblingKind::Tombstone) return condition != StoreCondition::Full;
  return condition == StoreCondition::Roomy;
}

}  // namespace starling

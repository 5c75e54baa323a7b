// What the heart of a put costs: the mint at the coordinator, the merge at the other replicas, and
// the digest of a read; with one sibling and with eight.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "cpu_stopwatch.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr int kOperations = 200'000;
constexpr std::size_t kValueBytes = 100;

Sibling value_of(Dot dot) {
  Sibling sibling{.dot = dot};
  sibling.value = std::string(kValueBytes, 'v');
  sibling.value_hash = hash_of_value(SiblingKind::Value, "", sibling.value);
  return sibling;
}

// As many concurrent values, each of another actor.
SiblingSet record_of(std::uint64_t siblings, std::uint64_t counter) {
  VectorClock clock;
  std::vector<Sibling> values;
  for (std::uint64_t actor = 1; actor <= siblings; ++actor) {
    const Actor who{.incarnation = Incarnation{actor << 40U}, .lineage = 1};
    clock.join(VectorClock::of({{who, counter}}));
    values.push_back(value_of({.actor = who, .counter = counter}));
  }
  return SiblingSet(clock, std::move(values));
}

void measure_siblings(std::uint64_t siblings) {
  const std::string with =
      std::to_string(siblings) + (siblings == 1 ? " sibling: " : " siblings: ");
  Minter minter(Incarnation{99});
  ReplicaRecord record{.versions = record_of(siblings, 7), .mine = {}};
  // The first mint begins this process's lineage; those that follow replace each other's values.
  const Minted first = minter.mint(record, record.versions.clock(), value_of({}));
  VectorClock context = first.delta.clock();
  measure((with + "mint an informed write").c_str(), kOperations, [&] {
    const Minted minted = minter.mint(record, context, value_of({}));
    context = minted.delta.clock();
  });

  const SiblingSet older = record_of(siblings, 7);
  const SiblingSet newer = record_of(siblings, 8);
  measure((with + "copy a record").c_str(), kOperations, [&] { keep(SiblingSet(older)); });
  measure((with + "copy and sync with a newer record").c_str(), kOperations, [&] {
    SiblingSet merged = older;
    STARLING_CHECK(merged.sync(newer));
    keep(merged);
  });
  measure((with + "digest of a read").c_str(), kOperations, [&] { keep(read_digest(newer)); });
}

}  // namespace
}  // namespace starling

int main() {
  for (const std::uint64_t siblings : std::vector<std::uint64_t>{1, 8}) {
    starling::measure_siblings(siblings);
  }
}

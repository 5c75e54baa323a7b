#pragma once

// What the tests of this folder share: a store over a MemoryEngine, and short ways to say "put".

#include <cstdint>
#include <string>
#include <utility>

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "message/peer_messages.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "ring/token.h"
#include "support/memory_engine.h"
#include "version/minter.h"

namespace starling {

// Partition 7, and a token that spreads keys over it.
struct TestKey {
  explicit TestKey(std::string key) : address{.bucket = "b", .key = std::move(key)} {}

  [[nodiscard]] RecordAddress at() const {
    return {.partition = PartitionId{7}, .token = Token{hash64(address.key)}, .address = address};
  }

  KeyAddress address;
};

inline PutCommand put_of(std::string value, VectorClock context = {}) {
  PutCommand put;
  put.value = std::move(value);
  put.context = std::move(context);
  return put;
}

// A record as another node would send it: one value minted there.
inline SiblingSet foreign_value(std::uint64_t incarnation, std::uint64_t counter,
                                std::string value) {
  Sibling sibling;
  sibling.dot = {.actor = {.incarnation = Incarnation{incarnation}, .lineage = 1},
                 .counter = counter};
  sibling.value_hash = hash_of_value(SiblingKind::Value, "", value);
  sibling.value = std::move(value);
  VectorClock clock;
  clock.add(sibling.dot);
  return SiblingSet(clock, {sibling});
}

struct StoreFixture {
  explicit StoreFixture(const ReplicaStoreOptions& options = {})
      : store(engine, log, Minter(Incarnation{100}, options.planted), Random(1), options) {}

  void complete_all() { store.on_committed(engine.complete_all()); }

  MemoryEngine engine;
  NullLog log;
  ReplicaStore store;
};

}  // namespace starling

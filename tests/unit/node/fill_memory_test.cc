#include "node/fill_memory.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "ring/token.h"
#include "support/memory_engine.h"

namespace starling {
namespace {

FillProgress half_filled() {
  return {.partition = PartitionId{3},
          .source = NodeId{4},
          .source_store = {{.high = 6, .low = 5}},
          .epoch = Epoch{7},
          .through = Token{8}};
}

void lay_down(MemoryEngine& engine, const StorageWrite& write) {
  engine.entries[write.key] = *write.value;
}

TEST_CASE("FillMemory: what was written is read, each with its own key") {
  MemoryEngine engine;
  FillProgress complete = half_filled();
  complete.source = NodeId{5};
  complete.through.reset();
  complete.complete = true;
  lay_down(engine, write_of_fill(half_filled()));
  lay_down(engine, write_of_fill(complete));
  const auto recalled = read_fills(engine);
  REQUIRE(recalled.ok());
  CHECK(recalled->fills == std::vector{half_filled(), complete});
  CHECK(recalled->damaged.empty());
  CHECK(erasure_of_fill(PartitionId{3}, NodeId{4}).key == write_of_fill(half_filled()).key);
}

TEST_CASE("FillMemory: the bytes are those of version 1") {
  const std::string bytes = *write_of_fill(half_filled()).value;
  CHECK(to_hex(bytes.substr(0, bytes.size() - 8)) ==
        "01"
        "0300"
        "0400000000000000"
        "05000000000000000600000000000000"
        "0700000000000000"
        "01"
        "0800000000000000");
  CHECK(to_hex(fill_store_key(PartitionId{3}, NodeId{4})) ==
        "ffff06" + to_hex("fill/0000000000000003/0000000000000004"));
}

TEST_CASE("FillMemory: a flipped bit anywhere makes it damaged, and so does another key") {
  const StorageWrite write = write_of_fill(half_filled());
  for (std::size_t at = 0; at < write.value->size(); ++at) {
    MemoryEngine engine;
    std::string bytes = *write.value;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x04);
    engine.entries[write.key] = bytes;
    const auto recalled = read_fills(engine);
    REQUIRE(recalled.ok());
    CHECK(recalled->fills.empty());
    CHECK(recalled->damaged == std::vector{write.key});
  }
  CHECK_FALSE(parse_fill(fill_store_key(PartitionId{3}, NodeId{5}), *write.value).ok());
}

TEST_CASE("FillMemory: other entries are none of its affair") {
  MemoryEngine engine;
  engine.entries
      ["\xff\xff\x06"
       "filk"] = "x";
  engine.entries
      ["\xff\xff\x06"
       "founding"] = "x";
  const auto recalled = read_fills(engine);
  REQUIRE(recalled.ok());
  CHECK(recalled->fills.empty());
  CHECK(recalled->damaged.empty());
}

}  // namespace
}  // namespace starling

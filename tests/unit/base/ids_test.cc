#include "base/ids.h"

#include <doctest/doctest.h>

#include "base/hash.h"

namespace starling {
namespace {

TEST_CASE("NodeId: it follows from the name alone") {
  CHECK(node_id_of("node0") == node_id_of("node0"));
  CHECK(node_id_of("node0") != node_id_of("node1"));
  CHECK(node_id_of("node0").value != hash64("node0"));
}

TEST_CASE("to_text: identities are shown as fixed-width hexadecimal") {
  CHECK(to_text(255) == "00000000000000ff");
  CHECK(to_text(Hash128{.high = 1, .low = 2}) == "00000000000000010000000000000002");
}

}  // namespace
}  // namespace starling

#include "membership/relay_table.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"

namespace starling {
namespace {

using std::chrono::seconds;

RelayTable::Relay relay_for(std::uint64_t number, std::uint64_t requester) {
  return {.number = number,
          .subject = NodeId{50},
          .requester = NodeId{requester},
          .requested = 7,
          .until = Instant{} + seconds(number)};
}

TEST_CASE("RelayTable: only the subject's own answer ends a relay, and once") {
  RelayTable relays;
  REQUIRE(relays.begin(relay_for(1, 2)));
  CHECK_FALSE(relays.finish(2, NodeId{50}).has_value());
  CHECK_FALSE(relays.finish(1, NodeId{51}).has_value());
  const auto ended = relays.finish(1, NodeId{50});
  REQUIRE(ended.has_value());
  CHECK(ended->requester == NodeId{2});
  CHECK(ended->requested == 7);
  CHECK_FALSE(relays.finish(1, NodeId{50}).has_value());
}

TEST_CASE("RelayTable: what has no answer in time is handed out once") {
  RelayTable relays;
  CHECK_FALSE(relays.next_deadline().has_value());
  REQUIRE(relays.begin(relay_for(2, 2)));
  REQUIRE(relays.begin(relay_for(1, 3)));
  CHECK(relays.next_deadline() == Instant{} + seconds(1));
  CHECK(relays.expire(Instant{} + seconds(1)).size() == 1);
  CHECK(relays.expire(Instant{} + seconds(1)).empty());
  relays.postpone(seconds(5));
  CHECK(relays.next_deadline() == Instant{} + seconds(7));
}

TEST_CASE("RelayTable: one requester can not take all the room, and all of them have a bound") {
  RelayTable relays;
  std::size_t begun = 0;
  for (std::uint64_t i = 0; i < 100; ++i) begun += relays.begin(relay_for(i, 1)) ? 1 : 0;
  CHECK(begun == RelayTable::kRelaysPerRequester);
  for (std::uint64_t i = 0; i < 100; ++i) begun += relays.begin(relay_for(100 + i, 2 + i)) ? 1 : 0;
  CHECK(begun == RelayTable::kRelaysMax);
  CHECK(relays.size() == RelayTable::kRelaysMax);
}

}  // namespace
}  // namespace starling

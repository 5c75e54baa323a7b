#include "membership/rumour_queue.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"

namespace starling {
namespace {

Rumour rumour_about(std::uint64_t subject, PeerState state = PeerState::Suspect) {
  return {.subject = NodeId{subject}, .state = state, .incarnation = {.start = 1}, .accuser = {}};
}

TEST_CASE("RumourQueue: the times a rumour is told grow with the digits of the members' number") {
  CHECK(RumourQueue::transmissions(3) == 6);
  CHECK(RumourQueue::transmissions(9) == 6);
  CHECK(RumourQueue::transmissions(10) == 12);
  CHECK(RumourQueue::transmissions(300) == 18);
  CHECK(RumourQueue::transmissions(1000) == 24);
}

TEST_CASE("RumourQueue: a rumour is told as often as allowed, and then dropped") {
  RumourQueue queue;
  queue.add(rumour_about(1));
  CHECK(queue.take(8, 2).size() == 1);
  CHECK(queue.take(8, 2).size() == 1);
  CHECK(queue.size() == 0);
  CHECK(queue.take(8, 2).empty());
}

TEST_CASE("RumourQueue: those told least often go first, the newest of them before the others") {
  RumourQueue queue;
  queue.add(rumour_about(1));
  CHECK(queue.take(1, 9).front().subject == NodeId{1});
  queue.add(rumour_about(2));
  queue.add(rumour_about(3));
  const std::vector<Rumour> two = queue.take(2, 9);
  CHECK(two.at(0).subject == NodeId{3});
  CHECK(two.at(1).subject == NodeId{2});
}

TEST_CASE("RumourQueue: the newest about a subject replaces what was kept, and is told afresh") {
  RumourQueue queue;
  queue.add(rumour_about(1));
  CHECK(queue.take(1, 2).size() == 1);
  queue.add(rumour_about(1, PeerState::Down));
  CHECK(queue.size() == 1);
  CHECK(queue.take(1, 2).front().state == PeerState::Down);
  CHECK(queue.take(1, 2).size() == 1);
  CHECK(queue.size() == 0);
}

TEST_CASE("RumourQueue: a forgotten subject is not told of") {
  RumourQueue queue;
  queue.add(rumour_about(1));
  queue.forget(NodeId{1});
  queue.forget(NodeId{2});
  CHECK(queue.take(8, 9).empty());
}

}  // namespace
}  // namespace starling

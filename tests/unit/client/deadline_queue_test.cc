#include "client/deadline_queue.h"

#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling {
namespace {

Instant at(int time_ms) {
  return Instant(std::chrono::milliseconds(time_ms));
}

bool all_count(const DeadlineQueue::Entry& /*entry*/) {
  return true;
}

TEST_CASE("DeadlineQueue: what is due comes out by time, the rest stays") {
  DeadlineQueue queue;
  queue.push(at(30), 3);
  queue.push(at(10), 1);
  queue.push(at(20), 2);
  CHECK(queue.next(all_count) == at(10));
  CHECK(queue.take_due(at(20), all_count)->id == 1);
  CHECK(queue.take_due(at(20), all_count)->id == 2);
  CHECK_FALSE(queue.take_due(at(20), all_count).has_value());
  CHECK(queue.next(all_count) == at(30));
}

TEST_CASE("DeadlineQueue: what no longer counts wakes nobody") {
  DeadlineQueue queue;
  queue.push(at(10), 1);
  queue.push(at(20), 2);
  const auto only_second = [](const DeadlineQueue::Entry& entry) { return entry.id == 2; };
  CHECK(queue.next(only_second) == at(20));
  CHECK(queue.size() == 1);
}

TEST_CASE("DeadlineQueue: entries under a far deadline do not pile up") {
  DeadlineQueue queue;
  queue.push(at(1), 0);  // it counts, and keeps the others from coming to the top
  const auto only_first = [](const DeadlineQueue::Entry& entry) { return entry.id == 0; };
  for (std::uint64_t id = 1; id < 100'000; ++id) {
    queue.push(at(1000), id);
    queue.sift(1, only_first);
    REQUIRE(queue.size() <= 1100);
  }
  CHECK(queue.next(only_first) == at(1));
}

TEST_CASE("DeadlineQueue: it agrees with a sorted set") {
  Random random(7);
  DeadlineQueue queue;
  std::multiset<Instant> naive;
  for (std::uint64_t id = 0; id < 2000; ++id) {
    const Instant when = at(static_cast<int>(random.below(500)));
    queue.push(when, id);
    naive.insert(when);
    if (random.below(3) != 0) continue;
    CHECK(queue.take_due(at(500), all_count)->at == *naive.begin());
    naive.erase(naive.begin());
  }
  CHECK(queue.size() == naive.size());
}

}  // namespace
}  // namespace starling

#include "sim/event_queue.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "base/time.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

TEST_CASE("EventQueue: runs events by time, and those of one instant in the order of posting") {
  EventQueue events;
  std::string order;
  events.after(seconds(2), [&] { order += 'c'; });
  events.after(seconds(1), [&] { order += 'a'; });
  events.after(seconds(1), [&] { order += 'b'; });
  events.run_until(Instant(seconds(5)));
  CHECK(order == "abc");
  CHECK(events.now() == Instant(seconds(5)));
  CHECK(events.executed() == 3);
}

TEST_CASE("EventQueue: an event may post others, and the past means now") {
  EventQueue events;
  Instant seen;
  events.after(seconds(1), [&] { events.at(Instant(), [&] { seen = events.now(); }); });
  events.run_until(Instant(seconds(5)));
  CHECK(seen == Instant(seconds(1)));
}

TEST_CASE("EventQueue: nothing behind the limit runs") {
  EventQueue events;
  events.after(seconds(3), [] {});
  CHECK_FALSE(events.run_next(Instant(seconds(2))));
  CHECK(events.pending() == 1);
  CHECK(events.run_next(Instant(seconds(3))));
}

}  // namespace
}  // namespace starling::sim

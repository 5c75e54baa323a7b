#include "storage/background_thread.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("BackgroundThread: runs what it is given, in order, and all of it before it ends") {
  std::vector<int> ran;
  {
    BackgroundThread thread;
    for (int i = 0; i < 100; ++i) {
      thread.schedule([&ran, i] { ran.push_back(i); });
    }
  }
  REQUIRE(ran.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(ran[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("BackgroundThread: work may schedule more work, which is run as well") {
  bool ran = false;
  std::thread::id first;
  std::thread::id second;
  {
    BackgroundThread thread;
    thread.schedule([&] {
      first = std::this_thread::get_id();
      thread.schedule([&] {
        second = std::this_thread::get_id();
        ran = true;
      });
    });
  }
  CHECK(ran);
  CHECK(first == second);
  CHECK(first != std::this_thread::get_id());
}

}  // namespace
}  // namespace starling

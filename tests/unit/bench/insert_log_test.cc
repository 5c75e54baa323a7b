#include "bench/insert_log.h"

#include <doctest/doctest.h>

namespace starling::bench {
namespace {

TEST_CASE("InsertLog: a number counts as ended once all before it have") {
  InsertLog log;
  CHECK(log.begin() == 0);
  CHECK(log.begin() == 1);
  CHECK(log.begin() == 2);
  log.end(1);
  CHECK(log.ended() == 0);
  log.end(0);
  CHECK(log.ended() == 2);
  log.end(2);
  CHECK(log.ended() == 3);
}

}  // namespace
}  // namespace starling::bench

#include "net/uv_loop.h"

#include <doctest/doctest.h>
#include <uv.h>

namespace starling {
namespace {

TEST_CASE("UvLoop: a loop with nothing to wait for ends") {
  UvLoop loop;
  loop.run();
  CHECK(loop.read_buffer().size() >= 64U << 10U);
}

TEST_CASE("UvLoop: errors are in words") {
  CHECK(uv_error_text(UV_ECONNREFUSED) == "connection refused");
}

}  // namespace
}  // namespace starling

#include "client/checks.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

using std::chrono::milliseconds;

TEST_CASE("checks: the defaults are fine") {
  CHECK(check_get("b", "k", {}).ok());
  CHECK(check_put("b", "k", "", {}).ok());
  CHECK(check_remove("b", "k", {}).ok());
  CHECK(check_keys("b", {}).ok());
}

TEST_CASE("checks: bucket, key and value have their limits") {
  CHECK(check_get("a/b", "k", {}).code() == StatusCode::Usage);
  CHECK(check_get("b", "", {}).code() == StatusCode::Usage);
  CHECK(check_put("b", std::string(4097, 'k'), "", {}).code() == StatusCode::Usage);
  CHECK(check_put("b", "k", std::string(kValueBytesMax, 'v'), {}).ok());
  CHECK(check_put("b", "k", std::string(kValueBytesMax + 1, 'v'), {}).code() ==
        StatusCode::TooLarge);
}

TEST_CASE("checks: somebody must answer") {
  CHECK(check_get("b", "k", {.r = Level::count(0)}).message() ==
        "--r 0: at least one replica must answer");
  CHECK(check_put("b", "k", "", {.w = Level::none()}).code() == StatusCode::Usage);
  CHECK(check_remove("b", "k", {.r = Level::none()}).code() == StatusCode::Usage);
  CHECK(check_keys("b", {.r = Level::none()}).code() == StatusCode::Usage);
}

TEST_CASE("checks: a part that is known to exceed its whole is refused") {
  CHECK(check_get("b", "k", {.r = Level::one(), .pr = Level::two()}).message() ==
        "--pr two is more than --r one");
  CHECK(check_put("b", "k", "", {.w = Level::two(), .pw = Level::count(3)}).code() ==
        StatusCode::Usage);
  CHECK(check_get("b", "k", {.r = Level::two(), .pr = Level::two()}).ok());
  CHECK(check_get("b", "k", {.r = Level::quorum(), .pr = Level::count(9)}).ok());
}

TEST_CASE("checks: timeouts are positive and bounded") {
  CHECK(check_timeout(milliseconds(1)).ok());
  CHECK(check_timeout(kTimeoutMax).ok());
  CHECK_FALSE(check_timeout(milliseconds(0)).ok());
  CHECK_FALSE(check_timeout(milliseconds(-5)).ok());
  CHECK_FALSE(check_timeout(kTimeoutMax + milliseconds(1)).ok());
  CHECK_FALSE(check_get("b", "k", {.timeout = milliseconds(0)}).ok());
}

TEST_CASE("checks: pages, contexts and content types are bounded") {
  CHECK_FALSE(check_keys("b", {.limit = 0}).ok());
  CHECK_FALSE(check_keys("b", {.limit = 10'001}).ok());
  CHECK_FALSE(check_keys("b", {.prefix = std::string(4097, 'p')}).ok());
  CHECK(check_get("b", "k", {.context = std::string(40'000, 'c')}).code() ==
        StatusCode::BadContext);
  CHECK_FALSE(check_put("b", "k", "", {.content_type = std::string(256, 'c')}).ok());
}

}  // namespace
}  // namespace starling

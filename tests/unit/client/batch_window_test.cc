#include "client/batch_window.h"

#include <optional>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("BatchWindow: items are taken in order, as many at once as it holds") {
  BatchWindow window(3, 2);
  CHECK(window.take()->index == 0);
  CHECK(window.take()->index == 1);
  CHECK_FALSE(window.take().has_value());
  window.answered();
  CHECK(window.take()->index == 2);
  window.answered();
  CHECK_FALSE(window.complete());
  window.answered();
  CHECK(window.complete());
  CHECK_FALSE(window.take().has_value());
}

TEST_CASE("BatchWindow: what the client has no room for is taken again behind an answer") {
  BatchWindow window(2, 8);
  REQUIRE(window.take().has_value());
  const auto second = window.take();
  CHECK(window.comes_back(*second));
  CHECK_FALSE(window.take().has_value());
  window.answered();
  CHECK(window.take()->index == 1);
}

TEST_CASE("BatchWindow: an answer between the refusal and its reading makes no failure of it") {
  BatchWindow window(2, 8);
  REQUIRE(window.take().has_value());
  const auto second = window.take();
  window.answered();
  CHECK(window.comes_back(*second));
  CHECK(window.take()->index == 1);
}

TEST_CASE("BatchWindow: one that was alone is in the way of an item that another thread took") {
  BatchWindow window(2, 8);
  const auto first = window.take();
  const auto second = window.take();
  window.answered();  // the second one
  CHECK(window.comes_back(*first));
  CHECK(second->index == 1);
}

TEST_CASE("BatchWindow: where only others use the client, the refusal is the item's answer") {
  BatchWindow window(1, 8);
  const auto only = window.take();
  CHECK_FALSE(window.comes_back(*only));
  CHECK(window.complete());
}

}  // namespace
}  // namespace starling

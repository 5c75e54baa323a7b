#include "net/address_census.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("AddressCensus: an address has so many places, and others have their own") {
  AddressCensus census;
  CHECK(census.admit(1, "10.0.0.1", 2));
  CHECK(census.admit(2, "10.0.0.1", 2));
  CHECK_FALSE(census.admit(3, "10.0.0.1", 2));
  CHECK(census.admit(3, "10.0.0.2", 2));
}

TEST_CASE("AddressCensus: who leaves makes place, once") {
  AddressCensus census;
  REQUIRE(census.admit(1, "10.0.0.1", 2));
  REQUIRE(census.admit(2, "10.0.0.1", 2));
  census.leave(1);
  census.leave(1);
  census.leave(77);
  CHECK(census.clients() == 1);
  CHECK(census.admit(3, "10.0.0.1", 2));
  CHECK_FALSE(census.admit(4, "10.0.0.1", 2));
}

TEST_CASE("AddressCensus: an address that nobody comes from any more is forgotten") {
  AddressCensus census;
  REQUIRE(census.admit(1, "10.0.0.1", 2));
  REQUIRE(census.admit(2, "10.0.0.2", 2));
  census.leave(1);
  CHECK(census.addresses() == 1);
}

}  // namespace
}  // namespace starling

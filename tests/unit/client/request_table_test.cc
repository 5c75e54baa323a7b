#include "client/request_table.h"

#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling {
namespace {

TEST_CASE("RequestTable: a place is used again, its names are not") {
  RequestTable table;
  const std::uint64_t first = table.insert({}).id;
  table.erase(*table.find(first));
  const std::uint64_t second = table.insert({}).id;
  CHECK(table.find(first) == nullptr);
  CHECK(table.find(second) != nullptr);
  CHECK(table.size() == 1);
}

TEST_CASE("RequestTable: an answer to an earlier sending finds nobody") {
  RequestTable table;
  PendingRequest& request = table.insert({});
  const std::uint64_t first = table.next_number(request);
  request.state = PendingRequest::State::Sent;
  request.number = first;
  CHECK(table.sent_as(first) == &request);
  request.number = table.next_number(request);
  CHECK(table.sent_as(first) == nullptr);
  CHECK(table.sent_as(request.number) == &request);
  request.state = PendingRequest::State::Waiting;
  CHECK(table.sent_as(request.number) == nullptr);
}

TEST_CASE("RequestTable: names that nobody gave find nobody") {
  RequestTable table;
  CHECK(table.find(0) == nullptr);
  CHECK(table.sent_as(UINT64_MAX) == nullptr);
}

TEST_CASE("RequestTable: it agrees with a set of ids") {
  Random random(3);
  RequestTable table;
  std::set<std::uint64_t> naive;
  for (int round = 0; round < 5000; ++round) {
    if (naive.empty() || random.below(2) == 0) {
      CHECK(naive.insert(table.insert({}).id).second);
    } else {
      const std::uint64_t id = *naive.begin();
      table.erase(*table.find(id));
      naive.erase(id);
    }
  }
  CHECK(table.size() == naive.size());
  for (const std::uint64_t id : naive) CHECK(table.find(id) != nullptr);
  CHECK(table.ids_where([](const auto&) { return true; }).size() == naive.size());
}

}  // namespace
}  // namespace starling

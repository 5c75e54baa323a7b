#include "ring/configuration.h"

#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/slot.h"
#include "support/configurations.h"

namespace starling {
namespace {

// Whether a founded cluster is refused once it was spoiled, with words that name the reason.
bool is_refused(const std::string& reason, const std::function<void(Configuration&)>& spoil) {
  Configuration configuration = founded(4, 4);
  REQUIRE(configuration.check().ok());
  spoil(configuration);
  const Status status = configuration.check();
  return status.code() == StatusCode::Corruption &&
         status.message().find(reason) != std::string::npos;
}

TEST_CASE("Configuration: finds its members by their id, and the aim of a row") {
  Configuration configuration = founded(3, 4);
  configuration.aims.push_back({.partition = PartitionId{2}, .owners = {node_id_of("a")}});
  REQUIRE(configuration.member(node_id_of("b")) != nullptr);
  CHECK(configuration.member(node_id_of("b"))->member.name == "b");
  CHECK(configuration.member(node_id_of("z")) == nullptr);
  CHECK(configuration.aim(PartitionId{2}) == &configuration.aims.front());
  CHECK(configuration.aim(PartitionId{1}) == nullptr);
  CHECK(configuration.aim(PartitionId{3}) == nullptr);
}

TEST_CASE("Configuration: the founders' bounds hold for everybody") {
  CHECK(is_refused("1 to 255 letters", [](Configuration& c) { c.members[0].member.name = "a b"; }));
  CHECK(is_refused("an id that is not its name's",
                   [](Configuration& c) { c.members[0].member.id = NodeId{5}; }));
  CHECK(is_refused("the address 'a:7400'",
                   [](Configuration& c) { c.members[1].member.address = "a:7400"; }));
  CHECK(is_refused("is not from 1 to 15", [](Configuration& c) { c.replicas = 0; }));
  CHECK(is_refused("partitions", [](Configuration& c) { c.rows.pop_back(); }));
  CHECK(is_refused("has no epoch", [](Configuration& c) { c.epoch = Epoch{0}; }));
  CHECK(is_refused("protocols", [](Configuration& c) { c.protocol_min = 9; }));
  CHECK(is_refused("members are not in order",
                   [](Configuration& c) { std::swap(c.members[0], c.members[1]); }));
}

TEST_CASE("Configuration: voters are 1, 2, 3, 5 or 7 members") {
  CHECK(is_refused("voters", [](Configuration& c) { c.voters.clear(); }));
  CHECK(is_refused("voters", [](Configuration& c) { c.voters.push_back(c.voters.back()); }));
  CHECK(is_refused("voters", [](Configuration& c) { std::swap(c.voters[0], c.voters[1]); }));
  CHECK(is_refused("a voter is no member", [](Configuration& c) {
    c.voters = {{.node = NodeId{1}, .store = store_numbered(1)}};
  }));
}

TEST_CASE("Configuration: a row holds members once, in possible states") {
  const std::string reason = "the row of partition 0 is impossible";
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0].clear(); }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].holder = NodeId{1}; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].holder = c.rows[0][1].holder; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].since = Epoch{2}; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].since = Epoch{0}; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].read_before = true; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].target = c.rows[0][1].holder; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.rows[0][0].state = SlotState::Copying; }));
  CHECK(is_refused(reason, [](Configuration& c) { c.row_versions[0] = RowVersion{2}; }));
  CHECK(is_refused("not each row", [](Configuration& c) { c.row_versions.pop_back(); }));
}

TEST_CASE("Configuration: an aim is of a partition that there is, and of members") {
  const Row owners{node_id_of("a")};
  CHECK(is_refused("the aim of partition 4", [&](Configuration& c) {
    c.aims = {{.partition = PartitionId{4}, .owners = owners}};
  }));
  CHECK(is_refused("the aim of partition 1", [](Configuration& c) {
    c.aims = {{.partition = PartitionId{1}, .owners = {NodeId{5}}}};
  }));
  CHECK(is_refused("the aim of partition 1", [](Configuration& c) {
    c.aims = {{.partition = PartitionId{1}, .owners = {}}};
  }));
  CHECK(is_refused("not in order", [&](Configuration& c) {
    c.aims = {{.partition = PartitionId{1}, .owners = owners},
              {.partition = PartitionId{1}, .owners = owners}};
  }));
}

}  // namespace
}  // namespace starling

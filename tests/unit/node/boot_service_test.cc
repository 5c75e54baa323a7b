#include "node/boot_service.h"

#include <cstddef>
#include <map>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

TEST_CASE("BootService: a confirmation waits until the start is durably remembered") {
  TestCluster cluster(2);
  cluster.connect(0, 1);
  cluster.deliver_all();
  CHECK_FALSE(cluster.node(1).readiness().ready);
  cluster.commit(0);
  cluster.deliver_all();
  CHECK(cluster.node(0).readiness().because.find("confirmed") != std::string::npos);
}

TEST_CASE("BootService: an earlier copy of the directory that is put back is recognised") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(0);
  const auto old_copy = cluster.engine(0).entries;
  for (int restart = 0; restart < 2; ++restart) {
    cluster.start(0);
    cluster.connect_all();
    CHECK(cluster.node(0).readiness().ready);
    cluster.stop(0);
  }
  cluster.engine(0).entries = old_copy;
  cluster.start(0);
  cluster.connect_all();
  CHECK(cluster.node(0).readiness().because.find("earlier copy") != std::string::npos);
}

TEST_CASE("BootService: founders that start one after the other all come to count") {
  TestCluster cluster(4);
  cluster.connect(0, 1);
  cluster.settle();
  cluster.connect(2, 3);
  cluster.settle();
  for (std::size_t i = 0; i < 4; ++i) CHECK_FALSE(cluster.node(i).readiness().ready);
  cluster.connect_all();
  for (std::size_t i = 0; i < 4; ++i) CHECK(cluster.node(i).readiness().ready);
}

TEST_CASE("BootService: after a restart of everybody all of them count, and so do four of five") {
  TestCluster cluster(5);
  cluster.connect_all();
  for (std::size_t i = 0; i < 5; ++i) cluster.stop(i);
  for (std::size_t i = 0; i < 4; ++i) cluster.start(i);
  cluster.connect_all();
  for (std::size_t i = 0; i < 4; ++i) CHECK(cluster.node(i).readiness().ready);
  cluster.start(4);
  cluster.connect_all();
  CHECK(cluster.node(4).readiness().ready);
}

TEST_CASE("BootService: of three, a restarted store counts when its first witness is there") {
  TestCluster cluster(3);
  cluster.connect_all();
  std::size_t first = 0;  // index of node0's first witness
  while (cluster.id(first) != witnesses_of(cluster.id(0), cluster.config().founders)[0].id) ++first;
  const std::size_t second = 3 - first;
  cluster.stop(0);
  cluster.start(0);
  cluster.connect(0, second);
  cluster.settle();
  CHECK(cluster.node(0).readiness().because.find("not confirmed") != std::string::npos);
  cluster.stop(0);
  cluster.start(0);
  cluster.connect(0, first);
  cluster.settle();
  CHECK(cluster.node(0).readiness().ready);
}

TEST_CASE("BootService: a copy that was started once unseen is recognised") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(0);
  const auto old_copy = cluster.engine(0).entries;
  cluster.start(0);
  cluster.connect_all();
  cluster.stop(0);
  cluster.engine(0).entries = old_copy;
  for (int start = 0; start < 2; ++start) {
    cluster.start(0);
    cluster.stop(0);
  }
  cluster.start(0);
  cluster.connect_all();
  CHECK(cluster.node(0).readiness().because.find("earlier copy") != std::string::npos);
}

TEST_CASE("BootService: one member's word stops an old copy, two members' words set it aside") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(0);
  const auto old_copy = cluster.engine(0).entries;
  cluster.start(0);
  cluster.connect_all();
  cluster.stop(0);
  cluster.engine(0).entries = old_copy;
  cluster.start(0);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK_FALSE(cluster.node(0).readiness().ready);
  CHECK_FALSE(cluster.node(0).must_set_store_aside());
  cluster.connect(0, 2);
  cluster.settle();
  CHECK(cluster.node(0).must_set_store_aside());
}

TEST_CASE("BootService: a store that was only restarted is never set aside") {
  TestCluster cluster(3);
  cluster.connect_all();
  for (int start = 0; start < 3; ++start) {
    cluster.stop(0);
    cluster.start(0);
  }
  cluster.connect_all();
  CHECK(cluster.node(0).readiness().ready);
  CHECK_FALSE(cluster.node(0).must_set_store_aside());
}

}  // namespace
}  // namespace starling

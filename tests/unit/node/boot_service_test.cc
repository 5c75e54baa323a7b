#include "node/boot_service.h"

#include <map>
#include <string>
#include <variant>

#include <doctest/doctest.h>

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

TEST_CASE("BootService: after a restart of everybody a majority is enough") {
  TestCluster cluster(3);
  cluster.connect_all();
  for (std::size_t i = 0; i < 3; ++i) cluster.stop(i);
  cluster.start(0);
  cluster.start(1);
  cluster.connect_all();
  CHECK(cluster.node(0).readiness().ready);
  CHECK(cluster.node(1).readiness().ready);
}

}  // namespace
}  // namespace starling

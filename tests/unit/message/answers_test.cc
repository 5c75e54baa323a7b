#include "message/answers.h"

#include <chrono>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("answers: a read keeps everything that was said") {
  GetReply reply;
  reply.siblings = {{.value = "v", .content_type = "t", .modified = {1500}, .dot = "d"}};
  reply.context = "context";
  reply.level = Level::all();
  reply.replies = {.required = 3, .received = 2, .primaries = 1};
  reply.repaired = 4;
  reply.protected_read = true;
  reply.trace.events = {{.at = {}, .kind = TraceEventKind::Begun, .node = "node0"}};
  const ReadResult read = read_result_of(reply);
  REQUIRE(read.siblings.size() == 1);
  CHECK(read.siblings[0].value == "v");
  CHECK(read.siblings[0].modified.time_since_epoch() == std::chrono::milliseconds(1500));
  CHECK(read.context == "context");
  CHECK(read.level == Level::all());
  CHECK(read.replies == Replies{.required = 3, .received = 2, .primaries = 1});
  CHECK(read.repaired == 4);
  CHECK(read.protected_read);
  CHECK(read.trace == reply.trace);
}

TEST_CASE("answers: a write and a page keep everything that was said") {
  const WriteResult written = write_result_of({.context = "c",
                                               .siblings = 2,
                                               .level = Level::two(),
                                               .replies = {.required = 2, .received = 2},
                                               .route = {},
                                               .trace = {.events = {}, .left_out = 3}});
  CHECK(written.trace.left_out == 3);
  CHECK(written.context == "c");
  CHECK(written.siblings == 2);
  CHECK(written.level == Level::two());
  const KeyPage page = key_page_of({.keys = {"a", "b"}, .cursor = "next"});
  CHECK(page.keys.size() == 2);
  CHECK(page.cursor == "next");
}

TEST_CASE("answers: identities are hexadecimal") {
  ClusterStatusReply reply;
  reply.members.emplace_back().id = NodeId{0xab};
  CHECK(cluster_status_of(reply).members.at(0).id == "00000000000000ab");
  NodeInfoReply info;
  info.id = NodeId{0x12};
  info.damage = {.met = 4, .mended = 3, .waiting = 2, .unsupplied = 1};
  CHECK(node_status_of(info).id == "0000000000000012");
  CHECK(node_status_of(info).damage ==
        DamageStatus{.met = 4, .mended = 3, .waiting = 2, .unsupplied = 1});
}

TEST_CASE("answers: a replica that did not answer has no digest") {
  ClusterDigestReply reply;
  reply.partitions.push_back({.partition = {7},
                              .replicas = {{.member = "a", .digest = Hash128{.high = 1, .low = 2}},
                                           {.member = "b", .digest = {}}}});
  const DigestTable table = digest_table_of(reply);
  REQUIRE(table.partitions.size() == 1);
  CHECK(table.partitions[0].partition == 7);
  CHECK(table.partitions[0].replicas[0].digest == "00000000000000010000000000000002");
  CHECK_FALSE(table.partitions[0].replicas[1].digest.has_value());
}

TEST_CASE("answers: the ring keeps owners and fallbacks") {
  ClusterRingReply reply;
  reply.epoch = {3};
  reply.partitions.push_back({.partition = {1}, .owners = {"a", "b"}, .fallbacks = {"c"}});
  const RingTable ring = ring_table_of(reply);
  CHECK(ring.epoch == 3);
  CHECK(ring.partitions.at(0) ==
        PartitionOwnership{.partition = 1, .owners = {"a", "b"}, .fallbacks = {"c"}});
}

}  // namespace
}  // namespace starling

#include "sim/monitors.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/time.h"
#include "hand_made.h"
#include "message/peer_messages.h"
#include "replica/record_codec.h"
#include "ring/ring.h"
#include "sim/history.h"
#include "sim/sim_disk.h"
#include "sim/violation.h"
#include "small_cluster.h"
#include "version/dot.h"

namespace starling::sim {
namespace {

bool says(const Monitors& monitors, std::string_view checker) {
  return std::any_of(monitors.violations().begin(), monitors.violations().end(),
                     [checker](const Violation& v) { return v.checker == checker; });
}

ReplicaWrite write_of(const SmallCluster& small, const Dot& dot) {
  ReplicaWrite write;
  write.address = small.history.keys.front().address;
  write.versions = SiblingSet(clock_of({dot}), {});
  write.kind = WriteKind::Repair;
  const Ring& ring = *small.cluster.member(0).ring();
  write.envelope.partition =
      ring.partition_of(ring.token_of(write.address.bucket, write.address.key));
  write.envelope.row_version = ring.row_version(write.envelope.partition);
  return write;
}

std::string record_of(const Monitors& monitors, const std::vector<Dot>& dots) {
  StoredRecord stored;
  stored.record.versions = SiblingSet(clock_of(dots), {});
  return encode_record(monitors.store_key_of(0), stored);
}

TEST_CASE("Monitors: an acknowledgement of what is on no disk is noticed") {
  SmallCluster small;
  small.monitors.on_peer_message(1, 0, write_of(small, dot_of(1)));
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Refused});
  CHECK(small.monitors.violations().empty());
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(says(small.monitors, "ack-before-durable"));
}

TEST_CASE("Monitors: what is written but not synced may not be acknowledged by a node that syncs") {
  SmallCluster small;
  SimDisk& disk = small.cluster.member(1).disk();
  disk.write({{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
  small.monitors.on_peer_message(1, 0, write_of(small, dot_of(1)));
  disk.sync();
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(small.monitors.violations().empty());
  disk.write({{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1), dot_of(2)})}});
  small.monitors.on_peer_message(1, 0, write_of(small, dot_of(2)));
  small.monitors.on_peer_message(1, 2, write_of(small, dot_of(2)));
  small.monitors.on_peer_send(1, 2, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(says(small.monitors, "ack-before-durable"));
}

TEST_CASE("Monitors: an answer that knows less than the disk is noticed") {
  SmallCluster small;
  small.cluster.member(1).disk().write(
      {{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
  small.cluster.member(1).disk().sync();
  ReplicaRead read;
  read.address = small.history.keys.front().address;
  small.monitors.on_peer_message(1, 0, read);
  ReplicaReadReply reply;
  reply.outcome = ReplicaOutcome::Corrupt;
  small.monitors.on_peer_send(1, 0, reply);
  CHECK(small.monitors.violations().empty());
  reply.outcome = ReplicaOutcome::Done;
  small.monitors.on_peer_send(1, 0, reply);
  CHECK(says(small.monitors, "error-as-absence"));
}

TEST_CASE("Monitors: a record that shrinks is noticed") {
  SmallCluster small;
  const std::string& key = small.monitors.store_key_of(0);
  small.cluster.member(1).disk().write({{key, record_of(small.monitors, {dot_of(1), dot_of(2)})}});
  small.monitors.on_group(1,
                          {{{key, record_of(small.monitors, {dot_of(1), dot_of(2), dot_of(3)})}}});
  CHECK(small.monitors.violations().empty());
  small.monitors.on_group(1, {{{key, record_of(small.monitors, {dot_of(2), dot_of(3)})}}});
  CHECK(says(small.monitors, "record-shrank"));
}

TEST_CASE("Monitors: a record that is removed by who stores it is noticed") {
  SmallCluster small;
  StoredRecord stored;
  stored.record.versions = SiblingSet(clock_of({dot_of(1)}), {Sibling{.dot = dot_of(1)}});
  const std::string& key = small.monitors.store_key_of(0);
  small.cluster.member(1).disk().write({{key, encode_record(key, stored)}});
  small.monitors.on_group(1, {{{.key = key, .value = std::nullopt}}});
  CHECK(says(small.monitors, "copy-removed"));
}

TEST_CASE("Monitors: work done for another row version is noticed") {
  SmallCluster small;
  ReplicaWrite write = write_of(small, dot_of(1));
  write.envelope.row_version.value += 1;
  small.cluster.member(1).disk().write(
      {{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
  small.cluster.member(1).disk().sync();
  small.monitors.on_peer_message(1, 0, write);
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(says(small.monitors, "one-row"));
}

TEST_CASE(
    "Monitors: a copy of a question that comes when the row has changed excuses nothing else") {
  FaultPlan plan = small_plan();
  plan.shape.replicas = 2;  // so that there is somebody to move a row to
  SmallCluster small(plan);
  SimDisk& disk = small.cluster.member(1).disk();
  disk.write({{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
  disk.sync();
  const ReplicaWrite write = write_of(small, dot_of(1));
  small.monitors.on_peer_message(1, 0, write);
  const auto has_changed = [&] {
    return small.cluster.member(1).ring()->row_version(write.envelope.partition) >
           write.envelope.row_version;
  };
  for (std::uint64_t change = 0; change < 50 && !has_changed(); ++change) {
    small.cluster.propose_change(1, Random(change), SimCluster::Change::Anything);
    small.wait(std::chrono::milliseconds(500));
  }
  REQUIRE(has_changed());
  small.monitors.on_peer_message(1, 0, write);
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(small.monitors.violations().empty());
}

TEST_CASE("Monitors: a success that too few disks hold is noticed") {
  SmallCluster small;
  Operation put;
  put.kind = OperationKind::Put;
  put.required = 2;
  for (std::uint32_t node = 0; node < 2; ++node) {
    SimDisk& disk = small.cluster.member(node).disk();
    disk.write({{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
    disk.sync();
  }
  small.monitors.on_put_reply(put, clock_of({dot_of(1)}));
  CHECK(small.monitors.violations().empty());
  put.required = 3;
  small.monitors.on_put_reply(put, clock_of({dot_of(1)}));
  CHECK(says(small.monitors, "ack-before-durable"));
}

TEST_CASE("Monitors: a store that was lost or put back may give no answer that counts") {
  SmallCluster small;
  SimDisk& disk = small.cluster.member(1).disk();
  disk.write({{small.monitors.store_key_of(0), record_of(small.monitors, {dot_of(1)})}});
  disk.sync();
  small.monitors.on_peer_message(1, 0, write_of(small, dot_of(1)));
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK_FALSE(says(small.monitors, "old-store-counts"));
  small.cluster.write_off(1);
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::NotCounted});
  CHECK_FALSE(says(small.monitors, "old-store-counts"));
  small.monitors.on_peer_send(1, 0, ReplicaWriteReply{.outcome = ReplicaOutcome::Done});
  CHECK(says(small.monitors, "old-store-counts"));
}

// The delta of a put that began at `begun`, as node 1 sends it.
ReplicaWrite mint_of(SmallCluster& small, const Dot& dot, Instant begun) {
  const std::uint64_t value_hash = 7 + small.history.operations.size();
  small.history.keys.front().writes.push_back(
      {static_cast<std::uint32_t>(small.history.operations.size()), false, value_hash, {}});
  Operation put;
  put.begun = begun;
  small.history.operations.push_back(put);
  ReplicaWrite write = write_of(small, dot);
  Sibling sibling;
  sibling.dot = dot;
  sibling.value_hash = value_hash;
  write.versions = SiblingSet(clock_of({dot}), {sibling});
  write.kind = WriteKind::Replicate;
  return write;
}

TEST_CASE("Monitors: an incarnation that met damage may mint nothing that is asked for later") {
  SmallCluster small;
  const Instant noticed(std::chrono::seconds(5));
  const Instant later(std::chrono::seconds(6));
  small.monitors.on_peer_send(1, 0, mint_of(small, dot_of(1), noticed));
  small.monitors.on_damage_noticed(1, noticed);
  small.monitors.on_peer_send(1, 0, mint_of(small, dot_of(2), noticed));
  small.monitors.on_peer_send(1, 0, mint_of(small, dot_of(1, 2), later));
  small.monitors.on_peer_send(2, 0, mint_of(small, dot_of(1, 3), later));
  CHECK_FALSE(says(small.monitors, "incarnation-kept"));
  small.monitors.on_peer_send(1, 0, mint_of(small, dot_of(3), later));
  CHECK(says(small.monitors, "incarnation-kept"));
}

}  // namespace
}  // namespace starling::sim

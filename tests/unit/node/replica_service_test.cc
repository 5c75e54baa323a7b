#include "node/replica_service.h"

#include <chrono>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "ring/cluster_config.h"
#include "support/test_cluster.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// A cluster of two whose node0 is spoken to as if by node1.
struct Replica {
  Replica() : cluster(2) {
    cluster.connect_all();
    const auto ring = first_ring(cluster.config());
    const PartitionId partition = ring->partition_of(ring->token_of("bucket", "key"));
    envelope = {.operation = OperationId{7},
                .epoch = ring->epoch(),
                .partition = partition,
                .row_version = ring->row_version(partition),
                .remaining = std::chrono::seconds(1)};
  }
  ReplicaWrite write() const {
    const Dot dot{.actor = {.incarnation = Incarnation{1}, .lineage = 1}, .counter = 1};
    VectorClock clock;
    clock.add(dot);
    Sibling sibling{.dot = dot, .value_hash = hash_of_value(SiblingKind::Value, "", "v")};
    sibling.value = "v";
    return {.envelope = envelope,
            .address = {.bucket = "bucket", .key = "key"},
            .versions = SiblingSet(clock, {sibling})};
  }
  ReplicaRead read() const {
    return {.envelope = envelope, .address = {.bucket = "bucket", .key = "key"}};
  }
  // What node0 says to `message`; nothing while it waits for its disk.
  template <typename Reply>
  std::optional<Reply> tell(const PeerMessage& message) {
    cluster.node(0).on_peer_message(cluster.id(1), message);
    return take<Reply>();
  }
  template <typename Reply>
  std::optional<Reply> take() {
    if (cluster.sent.empty()) return std::nullopt;
    const Reply reply = std::get<Reply>(cluster.sent.front().message);
    cluster.sent.pop_front();
    return reply;
  }

  TestCluster cluster;
  Envelope envelope;
};

TEST_CASE("ReplicaService: an acknowledgement waits for the disk") {
  Replica replica;
  CHECK_FALSE(replica.tell<ReplicaWriteReply>(replica.write()).has_value());
  replica.cluster.commit(0);
  CHECK(replica.take<ReplicaWriteReply>()->outcome == ReplicaOutcome::Done);
}

TEST_CASE("ReplicaService: who wants to know what the disk took is told, and nobody else") {
  for (const bool timed : {false, true}) {
    Replica replica;
    replica.cluster.engine(0).timing = CommitTiming{.begun_ago = std::chrono::milliseconds(9),
                                                    .done_ago = std::chrono::milliseconds(2)};
    ReplicaWrite write = replica.write();
    write.timed = timed;
    replica.tell<ReplicaWriteReply>(write);
    replica.cluster.commit(0);
    const auto reply = replica.take<ReplicaWriteReply>();
    CHECK(reply->times.has_value() == timed);
    const CommitTimes times = reply->times.value_or(CommitTimes{});
    CHECK(times.begun_ago == (timed ? std::chrono::milliseconds(9) : Duration::zero()));
    CHECK(times.done_ago == (timed ? std::chrono::milliseconds(2) : Duration::zero()));
  }
}

TEST_CASE("ReplicaService: what the disk took for a write that it did not take is nothing") {
  Replica replica;
  ReplicaWrite write = replica.write();
  write.timed = true;
  replica.tell<ReplicaWriteReply>(write);
  replica.cluster.node(0).on_committed({}, Status(StatusCode::DiskFull, "full"));
  const auto refused = replica.take<ReplicaWriteReply>();
  CHECK(refused->outcome == ReplicaOutcome::DiskFull);
  CHECK_FALSE(refused->times.has_value());
}

TEST_CASE("ReplicaService: no record is sent to a crowded peer, a digest is") {
  Replica replica;
  replica.tell<ReplicaWriteReply>(replica.write());
  replica.cluster.commit(0);
  replica.cluster.sent.clear();
  replica.cluster.crowded = {replica.cluster.id(1)};
  ReplicaRead read = replica.read();
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Done);
  read.want = ReadWant::Record;
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Refused);
  replica.cluster.crowded.clear();
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Done);
}

TEST_CASE("ReplicaService: records that wait for the disk are bounded in bytes") {
  Replica replica;
  replica.cluster.restart_with({.waiting_reply_bytes_max = 1});
  replica.cluster.sent.clear();
  replica.tell<ReplicaWriteReply>(replica.write());
  ReplicaRead read = replica.read();
  read.want = ReadWant::Record;
  CHECK_FALSE(replica.tell<ReplicaReadReply>(read).has_value());
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Refused);
  replica.cluster.commit(0);
  replica.cluster.sent.clear();
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Done);
}

TEST_CASE("ReplicaService: a scan for a crowded peer is refused, not done") {
  Replica replica;
  replica.cluster.crowded = {replica.cluster.id(1)};
  ScanRange scan{.envelope = replica.envelope, .bucket = "bucket", .limit = 1};
  replica.cluster.node(0).on_peer_message(replica.cluster.id(1), scan);
  REQUIRE(replica.cluster.work(0));
  CHECK(replica.take<ScanRangeReply>()->outcome == ReplicaOutcome::Refused);
}

TEST_CASE("ReplicaService: a read of what is not durable yet waits as well") {
  Replica replica;
  replica.tell<ReplicaWriteReply>(replica.write());
  CHECK_FALSE(replica.tell<ReplicaReadReply>(replica.read()).has_value());
  replica.cluster.commit(0);
  replica.take<ReplicaWriteReply>();
  CHECK(replica.take<ReplicaReadReply>()->clock.size() == 1);
}

TEST_CASE(
    "ReplicaService: absent is the empty record, and the whole record comes when it is wanted") {
  Replica replica;
  const auto digest = replica.tell<ReplicaReadReply>(replica.read());
  CHECK(digest->clock.empty());
  CHECK_FALSE(digest->record.has_value());
  ReplicaRead whole = replica.read();
  whole.want = ReadWant::Record;
  CHECK(replica.tell<ReplicaReadReply>(whole)->record->empty());
}

TEST_CASE("ReplicaService: another row version is refused, with the epoch that it has") {
  Replica replica;
  replica.envelope.row_version.value += 1;
  const auto reply = replica.tell<ReplicaWriteReply>(replica.write());
  CHECK(reply->outcome == ReplicaOutcome::StaleRow);
  CHECK(reply->epoch == replica.envelope.epoch);
}

TEST_CASE("ReplicaService: a peer that lies about the partition is refused and does no harm") {
  Replica replica;
  replica.envelope.partition = PartitionId{60000};
  CHECK(replica.tell<ReplicaWriteReply>(replica.write())->outcome == ReplicaOutcome::Refused);
  const auto ring = first_ring(replica.cluster.config());
  const auto actual = ring->partition_of(ring->token_of("bucket", "key")).value;
  replica.envelope.partition = PartitionId{static_cast<std::uint16_t>((actual + 1) % 8)};
  CHECK(replica.tell<ReplicaReadReply>(replica.read())->outcome == ReplicaOutcome::Refused);
}

TEST_CASE("ReplicaService: expired work is not done") {
  Replica replica;
  replica.envelope.remaining = Duration::zero();
  CHECK(replica.tell<ReplicaWriteReply>(replica.write())->outcome == ReplicaOutcome::Refused);
  CHECK(replica.cluster.engine(0).queue.empty());
}

TEST_CASE("ReplicaService: a record that fits no message is answered as too large") {
  Replica replica;
  for (const std::uint64_t minter : {1U, 2U, 3U}) {
    ReplicaWrite write = replica.write();
    const Dot dot{.actor = {.incarnation = Incarnation{minter}, .lineage = 1}, .counter = 1};
    VectorClock clock;
    clock.add(dot);
    Sibling sibling{.dot = dot};
    sibling.value.assign(std::size_t{12} << 20U, 'v');
    write.versions = SiblingSet(clock, {sibling});
    replica.tell<ReplicaWriteReply>(write);
    replica.cluster.commit(0);
    CHECK(replica.take<ReplicaWriteReply>()->outcome == ReplicaOutcome::Done);
  }
  ReplicaRead read = replica.read();
  CHECK(replica.tell<ReplicaReadReply>(read)->outcome == ReplicaOutcome::Done);
  read.want = ReadWant::Record;
  const auto reply = replica.tell<ReplicaReadReply>(read);
  CHECK(reply->outcome == ReplicaOutcome::TooLarge);
  CHECK_FALSE(reply->record.has_value());
}

TEST_CASE("ReplicaService: a damaged record is answered as corrupt, never as absent") {
  Replica replica;
  replica.tell<ReplicaWriteReply>(replica.write());
  replica.cluster.commit(0);
  replica.take<ReplicaWriteReply>();
  const auto entries = replica.cluster.engine(0).entries;
  replica.cluster.stop(0);
  for (const auto& [key, value] : entries) {
    if (key.ends_with("key")) replica.cluster.engine(0).damaged.insert(key);
  }
  replica.cluster.start(0);
  replica.cluster.connect_all();
  CHECK(replica.tell<ReplicaReadReply>(replica.read())->outcome == ReplicaOutcome::Corrupt);
}

TEST_CASE("ReplicaService: what waits for a commit that is lost is refused, once") {
  Replica replica;
  CHECK_FALSE(replica.tell<ReplicaWriteReply>(replica.write()).has_value());
  CHECK_FALSE(replica.tell<ReplicaReadReply>(replica.read()).has_value());
  replica.cluster.engine(0).crash();
  replica.cluster.node(0).on_committed({}, Status(StatusCode::DiskFull, "no space"));
  CHECK(replica.take<ReplicaWriteReply>()->outcome == ReplicaOutcome::DiskFull);
  const auto read = replica.take<ReplicaReadReply>();
  CHECK(read->outcome == ReplicaOutcome::Refused);
  CHECK(read->clock.empty());
  CHECK(replica.take<StoreNotice>()->condition == StoreCondition::Full);
  CHECK(replica.tell<ReplicaWriteReply>(replica.write())->outcome == ReplicaOutcome::DiskFull);
  CHECK(replica.tell<ReplicaReadReply>(replica.read())->outcome == ReplicaOutcome::Done);
}

TEST_CASE("ReplicaService: a tight store refuses a fresh value and takes a repair with one") {
  Replica replica;
  replica.cluster.node(0).on_store_condition(StoreCondition::Tight, "little space");
  (void)replica.take<StoreNotice>();
  ReplicaWrite write = replica.write();
  CHECK(replica.tell<ReplicaWriteReply>(write)->outcome == ReplicaOutcome::DiskFull);
  write.kind = WriteKind::Repair;
  CHECK_FALSE(replica.tell<ReplicaWriteReply>(write).has_value());
  replica.cluster.commit(0);
  CHECK(replica.take<ReplicaWriteReply>()->outcome == ReplicaOutcome::Done);
}

}  // namespace
}  // namespace starling

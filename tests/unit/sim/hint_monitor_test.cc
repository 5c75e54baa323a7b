#include "sim/hint_monitor.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "env/storage_engine.h"
#include "hand_made.h"
#include "handoff/hint.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/ring.h"
#include "sim/sim_disk.h"
#include "sim/violation.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

// Node 0 keeps a hint for slot 0 of the first key's partition.
struct WatchedHints {
  WatchedHints()
      : monitor(small.cluster,
                {.covers = [this](std::uint32_t node, const KeyAddress& /*address*/,
                                  const VectorClock& /*clock*/,
                                  bool /*durable*/) { return holders.contains(node); },
                 .is_rotten = [this](std::uint32_t node,
                                     const KeyAddress& /*address*/) { return node == rotten; }},
                1000) {
    const Ring& ring = *small.cluster.member(0).ring();
    address = small.history.keys.front().address;
    partition = ring.partition_of(ring.token_of(address.bucket, address.key));
    for (std::uint32_t node = 0; node < 3; ++node) {
      if (small.cluster.member(node).id() == ring.row(partition)[0]) home = node;
    }
  }
  StorageWrite hint(HintStanding standing, HintKind kind = HintKind::Message,
                    std::uint64_t sequence = 1) const {
    Hint kept{.kind = kind, .standing = standing, .address = address};
    if (kind == HintKind::Message) kept.versions = SiblingSet(clock_of({dot_of(1)}), {});
    const std::string key = hint_store_key({.partition = partition, .sequence = sequence});
    return {.key = key, .value = encode_hint(key, kept)};
  }
  void write(const StorageWrite& one) { small.cluster.member(0).disk().write({one}); }
  bool says(std::string_view checker) const {
    return std::any_of(monitor.violations().begin(), monitor.violations().end(),
                       [checker](const Violation& v) { return v.checker == checker; });
  }

  SmallCluster small;
  HintMonitor monitor;
  KeyAddress address;
  PartitionId partition;
  std::uint32_t home = 0;
  std::set<std::uint32_t> holders;
  std::uint32_t rotten = 99;
};

TEST_CASE("HintMonitor: a hint that counts may go only when its home has it") {
  WatchedHints watched;
  const StorageWrite hint = watched.hint(HintStanding::Counted);
  watched.write(hint);
  const std::vector<StorageWrite> erasure{{.key = hint.key, .value = {}}};
  watched.holders = {watched.home};
  watched.monitor.on_batch(0, erasure);
  CHECK(watched.monitor.violations().empty());
  watched.holders.clear();
  watched.monitor.on_batch(0, erasure);
  CHECK(watched.says("hint-lost"));
}

TEST_CASE("HintMonitor: a hint of best effort may go") {
  WatchedHints watched;
  const StorageWrite hint = watched.hint(HintStanding::BestEffort);
  watched.write(hint);
  watched.monitor.on_batch(0, {{.key = hint.key, .value = {}}});
  CHECK(watched.monitor.violations().empty());
}

TEST_CASE("HintMonitor: an acknowledged hint that the disk could lose is noticed") {
  WatchedHints watched;
  HintWrite write{.address = watched.address};
  write.envelope.partition = watched.partition;
  write.versions = SiblingSet(clock_of({dot_of(1)}), {});
  watched.monitor.on_peer_message(0, 1, write);
  const HintWriteReply done{.outcome = ReplicaOutcome::Done};
  watched.monitor.on_peer_send(0, 1, HintWriteReply{.outcome = ReplicaOutcome::Refused});
  CHECK(watched.monitor.violations().empty());
  watched.write(watched.hint(HintStanding::Counted));
  watched.small.cluster.member(0).disk().sync();
  watched.monitor.on_peer_send(0, 1, done);
  CHECK(watched.monitor.violations().empty());
  watched.write({.key = watched.hint(HintStanding::Counted).key, .value = {}});
  watched.monitor.on_peer_send(0, 1, done);
  CHECK(watched.says("hint-ack-before-durable"));
}

TEST_CASE("HintMonitor: a home that says \"stored\" and has it not is noticed") {
  WatchedHints watched;
  HintHandoff handoff{.address = watched.address};
  handoff.envelope.partition = watched.partition;
  handoff.versions = SiblingSet(clock_of({dot_of(1)}), {});
  watched.monitor.on_peer_message(watched.home, 1, handoff);
  watched.holders = {watched.home};
  watched.monitor.on_peer_send(watched.home, 1, HintHandoffReply{.outcome = HintOutcome::Stored});
  CHECK(watched.monitor.violations().empty());
  watched.holders.clear();
  watched.monitor.on_peer_send(watched.home, 1, HintHandoffReply{.outcome = HintOutcome::Busy});
  CHECK(watched.monitor.violations().empty());
  watched.monitor.on_peer_send(watched.home, 1, HintHandoffReply{.outcome = HintOutcome::Stored});
  CHECK(watched.says("hint-ack-before-durable"));
}

TEST_CASE("HintMonitor: hints that take more room than they may are noticed") {
  WatchedHints watched;
  std::uint64_t sequence = 0;
  for (std::uint64_t bytes = 0; bytes <= 1000;) {
    const StorageWrite hint = watched.hint(HintStanding::Counted, HintKind::Message, ++sequence);
    bytes += hint.key.size() + hint.value->size();
    watched.monitor.on_batch(0, {hint});
    CHECK(watched.monitor.violations().empty());
    watched.write(hint);
  }
  watched.monitor.on_batch(0, {watched.hint(HintStanding::Counted)});
  CHECK(watched.says("hints-over-bound"));
}

TEST_CASE("HintMonitor: who waits for hints, but for records that nobody could mend") {
  WatchedHints watched;
  CHECK(watched.monitor.waiting_at(0).empty());
  watched.write(watched.hint(HintStanding::BestEffort, HintKind::Note));
  CHECK(watched.monitor.waiting_at(0) == std::set<std::uint32_t>{watched.home});
  CHECK(watched.monitor.holds(0, watched.address, clock_of({dot_of(1)}), false) == false);
  watched.rotten = 0;
  CHECK(watched.monitor.waiting_at(0).empty());
}

}  // namespace
}  // namespace starling::sim

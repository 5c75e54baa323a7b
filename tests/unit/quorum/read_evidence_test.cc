#include "quorum/read_evidence.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/read_repair.h"
#include "support/quorum_script.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

using testing::dot;
using testing::node;
using testing::record_of;
using testing::sibling;
using testing::sound_reply;
using testing::view_of;

constexpr auto kDigest = ReadWant::Digest;
constexpr auto kRecord = ReadWant::Record;

SiblingSet record() {
  return record_of({sibling(dot(1, 1), "v")});
}
SiblingSet newer() {
  return record_of({sibling(dot(1, 2), "w")}, {dot(1, 1)});
}

// Slot 0 was asked for its record, the others for digests.
ReadEvidence asked(std::uint64_t slots) {
  ReadEvidence evidence(view_of(slots));
  evidence.ask(node(0), kRecord);
  for (std::uint64_t i = 1; i < slots; ++i) evidence.ask(node(i), kDigest);
  return evidence;
}

Holding holding(const ReadEvidence& evidence, std::size_t slot) {
  return evidence.knowledge().at(slot).holding;
}

TEST_CASE("ReadEvidence: a slot that can not be reached gives no hope and is not asked") {
  const ReadEvidence evidence(view_of(3, {1}));
  CHECK(evidence.hopeful() == 2);
  CHECK(evidence.reachable() == std::vector<NodeId>{node(0), node(2)});
}

TEST_CASE("ReadEvidence: an equal digest is merged by joining its clock alone") {
  const SiblingSet wider = record_of({sibling(dot(1, 1), "v")}, {dot(2, 5)});
  ReadEvidence evidence = asked(2);
  evidence.take(node(1), sound_reply(wider, kDigest));
  CHECK(evidence.merged() == 0);
  evidence.take(node(0), sound_reply(record(), kRecord));
  CHECK(evidence.merged() == 2);
  CHECK(evidence.record() == wider);
  CHECK(holding(evidence, 0) == Holding::Siblings);
  CHECK(holding(evidence, 1) == Holding::Everything);
}

TEST_CASE("ReadEvidence: a different digest is sound but not merged before its record comes") {
  ReadEvidence evidence = asked(2);
  evidence.take(node(0), sound_reply(record(), kRecord));
  evidence.take(node(1), sound_reply(newer(), kDigest));
  CHECK(evidence.sound() == 2);
  CHECK(evidence.merged() == 1);
  CHECK(evidence.differing() == std::vector<NodeId>{node(1)});
  CHECK(holding(evidence, 1) == Holding::Unknown);
  evidence.ask(node(1), kRecord);
  CHECK(evidence.differing().empty());
  evidence.take(node(1), sound_reply(newer(), kRecord));
  CHECK(evidence.merged() == 2);
  CHECK(evidence.record() == newer());
  CHECK(holding(evidence, 0) == Holding::Lacks);
}

TEST_CASE("ReadEvidence: nothing is heard from a slot that owes no answer") {
  ReadEvidence evidence = asked(2);
  evidence.take(node(1), sound_reply(newer(), kDigest));
  evidence.take(node(1), sound_reply(record(), kRecord));
  evidence.take(node(9), sound_reply(record(), kRecord));
  CHECK_FALSE(evidence.has_record());
  evidence.fail_read(node(1));
  CHECK(evidence.hopeful() == 2);
}

TEST_CASE("ReadEvidence: an acknowledged write counts for the record that was written") {
  ReadEvidence evidence = asked(3);
  evidence.take(node(0), sound_reply(record(), kRecord));
  (void)evidence.write(node(2));
  evidence.take(node(1), sound_reply(newer(), kDigest));
  evidence.ask(node(1), kRecord);
  evidence.take(node(1), sound_reply(newer(), kRecord));
  evidence.take_written(node(2));
  CHECK(evidence.repaired() == 1);
  CHECK(holding(evidence, 2) == Holding::Unknown);  // it acknowledged the older merge
  (void)evidence.write(node(2));
  evidence.take_written(node(2));
  CHECK(holding(evidence, 2) == Holding::Everything);
}

TEST_CASE("ReadEvidence: a lost slot keeps what it said, if that was enough") {
  ReadEvidence evidence = asked(3);
  evidence.take(node(1), sound_reply(record(), kDigest));
  evidence.take(node(2), sound_reply(newer(), kDigest));
  evidence.lose(node(1));
  evidence.lose(node(2));
  CHECK(evidence.hopeful() == 3);
  evidence.take(node(0), sound_reply(record(), kRecord));
  CHECK(evidence.merged() == 2);
  CHECK(evidence.hopeful() == 2);  // the record of slot 2 can not be had any more
  CHECK_FALSE(evidence.knowledge().at(1).writable);
}

TEST_CASE("ReadEvidence: the best source answered already, else is not suspect") {
  ReplicaView view = view_of(3);
  view.nodes[0].suspect = true;
  ReadEvidence evidence(view);
  CHECK(evidence.best_source() == node(1));
  evidence.ask(node(0), kDigest);
  evidence.take(node(0), sound_reply(record(), kDigest));
  CHECK(evidence.best_source() == node(0));
  evidence.ask(node(0), kRecord);
  CHECK(evidence.best_source() == node(1));
}

TEST_CASE("ReadEvidence: a refused write is not repeated") {
  ReadEvidence evidence = asked(1);
  evidence.take(node(0), sound_reply(record(), kRecord));
  (void)evidence.write(node(0));
  CHECK(evidence.silent() == std::vector<NodeId>{node(0)});
  evidence.fail_write(node(0));
  CHECK(evidence.silent().empty());
  CHECK_FALSE(evidence.knowledge().front().writable);
}

TEST_CASE("ReadEvidence: a slot that was asked for its record alone and sends none has failed") {
  ReadEvidence evidence = asked(1);
  evidence.take(node(0), sound_reply(record(), kDigest));
  CHECK(evidence.hopeful() == 0);
  CHECK_FALSE(evidence.awaits_reads());
}

}  // namespace
}  // namespace starling

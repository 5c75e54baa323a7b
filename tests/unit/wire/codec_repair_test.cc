#include "wire/codec_repair.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

std::size_t bytes_of(const PeerMessage& message) {
  return encode(message).size();
}

TEST_CASE("codec_repair: nodes, sums, entries and tokens beyond their bounds are refused") {
  const wire::Envelope envelope;
  Builder nodes;
  const auto many_nodes = nodes.CreateVector(std::vector<std::uint32_t>(kTreeNodesMax + 1));
  CHECK(refusal_of(FrameType::TreeRead, nodes,
                   wire::CreateTreeRead(nodes, &envelope, 0, 4, many_nodes)) ==
        "TreeRead: nodes: too many");
  Builder leaves;
  const auto many_leaves = leaves.CreateVector(std::vector<std::uint32_t>(kTreeNodesMax + 1));
  CHECK(refusal_of(FrameType::KeyListRead, leaves,
                   wire::CreateKeyListRead(leaves, &envelope, 10, many_leaves)) ==
        "KeyListRead: leaves: too many");
  Builder sums;
  const auto many_sums = write_structs(sums, std::vector<wire::Hash>(kTreeSumsMax + 1));
  CHECK(refusal_of(FrameType::TreeReadReply, sums,
                   wire::CreateTreeReadReply(sums, 1, 0, 10, many_sums)) ==
        "TreeReadReply: sums: too many");
  Builder entries;
  const auto many_entries =
      write_structs(entries, std::vector<wire::KeyDigestItem>(kListedEntriesMax + 1));
  CHECK(refusal_of(FrameType::KeyListReply, entries,
                   wire::CreateKeyListReply(entries, 1, 0, many_entries)) ==
        "KeyListReply: entries: too many");
  Builder tokens;
  const auto many_tokens = tokens.CreateVector(std::vector<std::uint64_t>(kRepairTokensMax + 1));
  CHECK(refusal_of(FrameType::RecordsRead, tokens,
                   wire::CreateRecordsRead(tokens, &envelope, many_tokens)) ==
        "RecordsRead: tokens: too many");
}

TEST_CASE("codec_repair: unknown outcomes are refused") {
  Builder sums;
  CHECK(refusal_of(FrameType::TreeReadReply, sums, wire::CreateTreeReadReply(sums, 1, 5)) ==
        "TreeReadReply: outcome: unknown value");
  Builder records;
  CHECK(refusal_of(FrameType::RecordsReply, records, wire::CreateRecordsReply(records, 1, 5)) ==
        "RecordsReply: outcome: unknown value");
}

TEST_CASE("codec_repair: a record needs a key and well-formed versions") {
  Builder builder;
  const auto bucket = write_required_text(builder, "b");
  const auto key = write_required_bytes(builder, "");
  const auto versions = write_record(builder, {});
  const std::vector<flatbuffers::Offset<wire::KeyedRecord>> records{
      wire::CreateKeyedRecord(builder, 1, bucket, key, versions)};
  const auto column = builder.CreateVector(records);
  CHECK(refusal_of(FrameType::RecordsReply, builder,
                   wire::CreateRecordsReply(builder, 1, 0, 0, column, 1)) ==
        "RecordsReply: key: empty");
}

TEST_CASE("codec_repair: a token may be zero and is told from none") {
  KeyListReply reply{.stopped_at = Token{}};
  CHECK(decode_frame(encode(PeerMessage(reply)))->message ==
        decltype(Frame::message)(PeerMessage(reply)));
  reply.stopped_at.reset();
  CHECK(decode_frame(encode(PeerMessage(reply)))->message ==
        decltype(Frame::message)(PeerMessage(reply)));
}

// An identical pair of partitions costs these two messages.
TEST_CASE("codec_repair: a root is asked for and told in less than 1 KiB") {
  const std::size_t bytes = bytes_of(TreeRead{.nodes = {0}}) +
                            bytes_of(TreeReadReply{.leaf_depth = 10, .sums = {Hash128{}}});
  MESSAGE("bytes, with frames: ", bytes);
  CHECK(bytes < 512);
}

TEST_CASE("codec_repair: the largest sound answers fit their frames") {
  TreeReadReply sums{.sums = std::vector<Hash128>(kTreeSumsMax)};
  CHECK(bytes_of(sums) > 0);
  KeyListReply list{.entries = std::vector<KeyDigest>(kListedEntriesMax)};
  CHECK(bytes_of(list) > 0);
}

}  // namespace
}  // namespace starling

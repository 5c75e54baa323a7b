#include "wire/codec_scan.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

// What the codec says to a scan's answer of one span over these keys and clock entries.
std::string refusal_of_scan(const wire::ScanSpan& span, const std::string& keys,
                            const std::vector<wire::Event>& prefixes) {
  Builder builder;
  const auto spans = write_structs<wire::ScanSpan>(builder, {span});
  const auto key_column = write_bytes(builder, keys);
  const auto prefix_column = write_structs(builder, prefixes);
  return refusal_of(FrameType::ScanRangeReply, builder,
                    wire::CreateScanRangeReply(builder, 1, 0, 1, spans, key_column, prefix_column));
}

TEST_CASE("codec_scan: columns that are longer or shorter than their spans say are refused") {
  const wire::Event event(1, 1, 1);
  CHECK(refusal_of_scan(wire::ScanSpan(1, 0, 0, 3), "key", {event}) == "");
  CHECK(refusal_of_scan(wire::ScanSpan(1, 0, 0, 4), "key", {event}) ==
        "ScanRangeReply: keys: too short");
  CHECK(refusal_of_scan(wire::ScanSpan(1, 0, 0, 2), "key", {event}) ==
        "ScanRangeReply: keys: too long");
  CHECK(refusal_of_scan(wire::ScanSpan(2, 0, 0, 3), "key", {event}) ==
        "ScanRangeReply: prefixes: too short");
  CHECK(refusal_of_scan(wire::ScanSpan(1, 0, 1, 3), "key", {event}) ==
        "ScanRangeReply: siblings: too short");
  CHECK(refusal_of_scan(wire::ScanSpan(0, 0, 0, 0), "", {}) == "ScanRangeReply: key: no key");
}

TEST_CASE("codec_scan: a page of ten thousand entries fits the verifier and the frame") {
  Random random(test_seed());
  ScanRangeReply reply;
  for (int entry = 0; entry < 10'000; ++entry) {
    reply.entries.push_back({.key = "key" + std::to_string(entry),
                             .versions = random_versions(random).without_values()});
  }
  const Result<Frame> decoded = decode_frame(encode(PeerMessage(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<PeerMessage>(decoded->message) == PeerMessage(reply));
}

TEST_CASE("codec_scan: the digests of all partitions fit one frame") {
  DigestRangeReply reply;
  for (std::uint16_t partition = 0; partition < 32768; ++partition) {
    reply.entries.push_back({.partition = {partition}, .digest = {.high = partition, .low = 1}});
  }
  const Result<Frame> decoded = decode_frame(encode(PeerMessage(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<PeerMessage>(decoded->message) == PeerMessage(reply));
}

TEST_CASE("codec_scan: digests that do not ascend by partition are refused") {
  Builder builder;
  const auto entries = write_structs<wire::DigestItem>(
      builder, {wire::DigestItem(wire::Hash(1, 1), 5), wire::DigestItem(wire::Hash(1, 1), 5)});
  CHECK(refusal_of(FrameType::DigestRangeReply, builder,
                   wire::CreateDigestRangeReply(builder, 1, true, entries)) ==
        "DigestRangeReply: entries: not in order");
}

TEST_CASE("codec_scan: values of scan entries stay behind") {
  const Dot dot{.actor = {.incarnation = {1}, .lineage = 1}, .counter = 1};
  Sibling sibling;
  sibling.dot = dot;
  sibling.value = "long";
  const SiblingSet versions(VectorClock::of({{.actor = dot.actor, .counter = 1}}), {sibling});
  ScanRangeReply reply;
  reply.entries.push_back({.key = "k", .versions = versions});
  const Result<Frame> decoded = decode_frame(encode(PeerMessage(reply)));
  const auto& message = std::get<ScanRangeReply>(std::get<PeerMessage>(decoded->message));
  CHECK(message.entries.at(0).versions == versions.without_values());
}

}  // namespace
}  // namespace starling

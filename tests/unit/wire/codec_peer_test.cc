#include "wire/codec_peer.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

// What the codec says to a ReplicaRead with these fields.
std::string refusal_of_read(const std::string& bucket, const std::string& key,
                            const wire::Envelope& envelope = {}, std::uint8_t want = 0) {
  Builder builder;
  const auto bucket_offset = write_required_text(builder, bucket);
  const auto key_offset = write_required_bytes(builder, key);
  return refusal_of(FrameType::ReplicaRead, builder,
                    wire::CreateReplicaRead(builder, &envelope, bucket_offset, key_offset, want));
}

TEST_CASE("codec_peer: keys are of 1 to 4096 bytes, in a bucket with a bucket's name") {
  CHECK(refusal_of_read("b", std::string(4096, 'k')) == "");
  CHECK(refusal_of_read("b", std::string(4097, 'k')) ==
        "ReplicaRead: key: 4097 bytes, at most 4096");
  CHECK(refusal_of_read("b", "") == "ReplicaRead: key: empty");
  CHECK(refusal_of_read("", "k") == "ReplicaRead: bucket: not a bucket's name");
  CHECK(refusal_of_read("a/b", "k") == "ReplicaRead: bucket: not a bucket's name");
}

TEST_CASE("codec_peer: an envelope's partition and deadline are in range") {
  const auto envelope = [](std::int64_t remaining, std::uint16_t partition) {
    return wire::Envelope(1, 1, 1, 1, 1, remaining, partition);
  };
  CHECK(refusal_of_read("b", "k", envelope(0, 32767)) == "");
  CHECK(refusal_of_read("b", "k", envelope(0, 32768)) == "ReplicaRead: partition: out of range");
  CHECK(refusal_of_read("b", "k", envelope(-1, 0)) == "ReplicaRead: remaining time: out of range");
}

TEST_CASE("codec_peer: unknown enumerators are refused") {
  CHECK(refusal_of_read("b", "k", {}, 2) == "ReplicaRead: want: unknown value");
  Builder builder;
  CHECK(refusal_of(FrameType::ReplicaWriteReply, builder,
                   wire::CreateReplicaWriteReply(builder, 1, 7)) ==
        "ReplicaWriteReply: outcome: unknown value");
  Builder other;
  CHECK(refusal_of(FrameType::StoreNotice, other, wire::CreateStoreNotice(other, 3)) ==
        "StoreNotice: condition: unknown value");
}

TEST_CASE("codec_peer: a field that must be there is missed") {
  Builder builder;
  const auto start = builder.StartTable();
  const flatbuffers::Offset<wire::BootReply> empty(builder.EndTable(start));
  CHECK(refusal_of(FrameType::BootReply, builder, empty) == "BootReply: body: not a sound table");
}

TEST_CASE("codec_peer: a read reply's clock is its own, or that of the record beside it") {
  Random random(test_seed());
  ReplicaReadReply reply;
  reply.record = random_versions(random);
  reply.clock = reply.record->clock();
  const std::string shared = encode(PeerMessage(reply));
  CHECK(decode_frame(shared)->message == decltype(Frame::message)(PeerMessage(reply)));
  reply.clock = VectorClock();
  const std::string apart = encode(PeerMessage(reply));
  CHECK(decode_frame(apart)->message == decltype(Frame::message)(PeerMessage(reply)));
}

TEST_CASE(
    "codec_peer: an announcement without earlier starts comes back, whatever its count says") {
  for (const std::uint64_t starts : {std::uint64_t{0}, std::uint64_t{1}}) {
    const PeerMessage sent = BootAnnouncement{.boot_sequence = starts, .earlier = {}};
    const Result<Frame> decoded = decode_frame(encode(sent));
    CAPTURE(decoded.status().message());
    REQUIRE(decoded.ok());
    CHECK(decoded->message == decltype(Frame::message)(sent));
  }
}

TEST_CASE("codec_peer: a Hello has all of a configuration's digests or none") {
  Builder builder;
  const auto config = write_structs<wire::Hash>(builder, {wire::Hash(1, 1)});
  CHECK(refusal_of(FrameType::Hello, builder,
                   wire::CreateHello(builder, 1, 0, 0, 0, 0, 0, config, 0)) ==
        "Hello: configuration digest: fields are missing");
}

}  // namespace
}  // namespace starling

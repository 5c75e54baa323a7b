// What it costs to turn the messages of a put and a get into frames and back: keys of 16 bytes,
// values of 100 bytes and of 4 KiB, a clock of three actors.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "cpu_stopwatch.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling {
namespace {

constexpr int kOperations = 100'000;
const KeyAddress kAddress{.bucket = "bench", .key = "user000000001234"};

Dot dot_of(std::uint64_t actor) {
  return {.actor = {.incarnation = Incarnation{actor << 40U}, .lineage = actor}, .counter = 1000};
}

SiblingSet record_of(std::size_t value_bytes) {
  VectorClock clock;
  for (std::uint64_t actor = 1; actor <= 3; ++actor)
    clock.join(VectorClock::of({{dot_of(actor).actor, 1000}}));
  Sibling sibling{.dot = dot_of(2), .modified = {.milliseconds = 1'700'000'000'000}};
  sibling.value = std::string(value_bytes, 'v');
  sibling.value_hash = hash_of_value(SiblingKind::Value, "", sibling.value);
  return SiblingSet(clock, {sibling});
}

Frame decoded(const std::string& frame) {
  const auto header = parse_frame_header(frame);
  STARLING_CHECK(header.ok());
  auto message = decode(*header, std::string_view(frame).substr(kFrameHeaderBytes));
  STARLING_CHECK(message.ok());
  return *std::move(message);
}

template <typename Encode>
void measure_message(const std::string& name, Encode encode_it) {
  const std::string frame = encode_it();
  measure((name + ", encode").c_str(), kOperations, [&] { keep(encode_it()); });
  measure((name + ", decode").c_str(), kOperations, [&] { keep(decoded(frame)); });
  std::printf("%-44s %9zu bytes\n", name.c_str(), frame.size());
}

void measure_messages(std::size_t value_bytes) {
  const std::string size = std::to_string(value_bytes) + " B ";
  const std::string context(80, 'c');
  ClientPut put{.address = kAddress, .value = std::string(value_bytes, 'v'), .context = context};
  put.checksum = 1;
  const ClientRequest request{.remaining = std::chrono::seconds(5), .body = put};
  measure_message(size + "client put", [&] { return encode(7, request); });

  ReplicaWrite write{.address = kAddress, .versions = record_of(value_bytes)};
  write.envelope.remaining = std::chrono::seconds(5);
  const PeerMessage delta = write;
  measure_message(size + "replica write", [&] { return encode(delta); });

  const PeerMessage acknowledged =
      ReplicaWriteReply{.outcome = ReplicaOutcome::Done, .synced = true};
  measure_message("replica write reply", [&] { return encode(acknowledged); });

  GetReply got{.context = context};
  got.siblings.push_back(
      {.value = std::string(value_bytes, 'v'), .content_type = {}, .modified = {}, .dot = "d"});
  got.checksum = checksum_of(kAddress.key, got.siblings);
  const ClientReply reply = got;
  measure_message(size + "get reply", [&] { return encode(7, reply); });
}

// A stream of small frames, as it comes from a socket, cut and decoded.
void measure_assembly() {
  const PeerMessage acknowledged =
      ReplicaWriteReply{.outcome = ReplicaOutcome::Done, .synced = true};
  std::string stream;
  constexpr int kFrames = 256;
  for (int frame = 0; frame < kFrames; ++frame) stream += encode(acknowledged);
  FrameAssembler assembler;
  measure("a stream of 256 small frames, cut only", kOperations / kFrames, [&] {
    assembler.feed(stream);
    int frames = 0;
    for (auto next = assembler.next(); next.ok() && next->has_value(); next = assembler.next())
      ++frames;
    STARLING_CHECK(frames == kFrames);
  });
}

}  // namespace
}  // namespace starling

int main() {
  for (const std::size_t bytes : std::vector<std::size_t>{100, 4096})
    starling::measure_messages(bytes);
  starling::measure_assembly();
}

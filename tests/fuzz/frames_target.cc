// The bytes of a connection, in any portions, through FrameAssembler and the decoder.
//
// Input: a byte that says whether frames get checksums that fit (most do), two that say how the
// stream is cut, then the stream.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/random.h"
#include "fuzz/message_promises.h"
#include "fuzz/portions.h"
#include "fuzz/target.h"
#include "unit/wire/random_message.h"
#include "wire/frame.h"
#include "wire/frame_assembler.h"

namespace starling::fuzz {
namespace {

constexpr std::uint8_t kUnsealedOneIn = 8;

struct Taken {
  std::vector<std::pair<FrameHeader, std::string>> frames;
  Status end;
  friend bool operator==(const Taken&, const Taken&) = default;
};

// Takes what is complete; false after an error.
bool drain(FrameAssembler& assembler, Taken& taken) {
  while (true) {
    const Result<std::optional<RawFrame>> next = assembler.next();
    if (!next.ok()) {
      STARLING_CHECK(next.status().code() == StatusCode::Corruption);
      STARLING_CHECK(assembler.next().status() == next.status());
      taken.end = next.status();
      return false;
    }
    const std::optional<RawFrame>& frame = *next;
    if (!frame.has_value()) return true;
    STARLING_CHECK(reinterpret_cast<std::uintptr_t>(frame->body.data()) % 8 == 0);
    STARLING_CHECK(frame->body.size() == frame->header.body_bytes);
    taken.frames.emplace_back(frame->header, frame->body);
  }
}

// The bound: less than one frame is held, whose length its type allows.
void check_held(const FrameAssembler& assembler, std::string_view stream, std::size_t fed) {
  const std::size_t held = assembler.buffered_bytes();
  STARLING_CHECK(held <= fed);
  if (held < kFrameHeaderBytes) return;
  const Result<FrameHeader> header = parse_frame_header(stream.substr(fed - held));
  STARLING_CHECK(header.ok());
  STARLING_CHECK(held < kFrameHeaderBytes + header->body_bytes);
  STARLING_CHECK(header->body_bytes <= body_bytes_max(header->type));
}

Taken take_in_portions(std::string_view stream, std::uint64_t number) {
  FrameAssembler assembler;
  Taken taken;
  std::size_t fed = 0;
  in_portions(stream, number, [&](std::string_view portion) {
    assembler.feed(portion);
    fed += portion.size();
    if (!drain(assembler, taken)) return false;
    check_held(assembler, stream, fed);
    return true;
  });
  return taken;
}

Taken take_whole(std::string_view stream) {
  FrameAssembler assembler;
  Taken taken;
  assembler.feed(stream);
  static_cast<void>(drain(assembler, taken));
  return taken;
}

void run(std::string_view input) {
  ByteReader reader(input);
  const bool sealed = reader.u8() % kUnsealedOneIn != 0;
  const std::uint16_t cut = reader.u16();
  std::string stream(reader.raw(reader.remaining()));
  if (sealed) seal_stream(stream);
  const Taken whole = take_whole(stream);
  STARLING_CHECK(take_in_portions(stream, cut) == whole);
  for (const auto& [header, body] : whole.frames) static_cast<void>(check_body(header, body));
}

std::string invent(std::uint64_t number) {
  Random random(number);
  std::string input{static_cast<char>(random.below(256))};
  for (int i = 0; i < 2; ++i) input += static_cast<char>(random.below(256));
  const std::vector<Frame> frames = random_frames(random);
  for (std::uint64_t left = random.between(1, 3); left > 0; --left) {
    input += encode_frame(frames[random.below(frames.size())]);
  }
  return input;
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  Random random(1);
  for (const Frame& frame : random_frames(random)) {
    seeds.push_back(std::string("\1\0\0", 3) + encode_frame(frame));
  }
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz

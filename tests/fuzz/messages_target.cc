// Every message between nodes and clients: the body of one frame, past its checksums.
//
// Input: a byte that chooses the frame's type, then the body.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "fuzz/message_promises.h"
#include "fuzz/target.h"
#include "unit/wire/random_message.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::fuzz {
namespace {

constexpr std::size_t kFrameTypes = kFrameTypeMax - kFrameTypeMin + 1U;

FrameType type_chosen_by(char byte) {
  return static_cast<FrameType>(kFrameTypeMin + static_cast<std::uint8_t>(byte) % kFrameTypes);
}

void run(std::string_view input) {
  if (input.empty()) return;
  const FrameType type = type_chosen_by(input.front());
  const std::string frame = sealed_frame(type, std::string(input.substr(1)));
  const Result<FrameHeader> header = parse_frame_header(frame);
  STARLING_CHECK(header.ok());
  static_cast<void>(check_body(*header, std::string_view(frame).substr(kFrameHeaderBytes)));
}

std::string input_of(const Frame& frame) {
  const std::string bytes = encode_frame(frame);
  const Result<FrameHeader> header = parse_frame_header(bytes);
  STARLING_CHECK(header.ok());
  const auto choice = static_cast<std::uint8_t>(header->type) - kFrameTypeMin;
  return static_cast<char>(choice) + bytes.substr(kFrameHeaderBytes);
}

std::string invent(std::uint64_t number) {
  Random random(number);
  const std::vector<Frame> frames = random_frames(random);
  return input_of(frames[random.below(frames.size())]);
}

// Of every type there are some, or a new message would be fuzzed without a start.
std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  std::set<FrameType> types;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    for (const Frame& frame : random_frames(random)) {
      seeds.push_back(input_of(frame));
      types.insert(type_chosen_by(seeds.back().front()));
    }
  }
  STARLING_CHECK(types.size() == kFrameTypes);
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz

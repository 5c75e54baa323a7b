// What damaged and forged bytes do to the codec: nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "random_message.h"
#include "wire/codec.h"

namespace starling {
namespace {

constexpr int kMutations = 100'000;

std::vector<std::string> samples(Random& random) {
  std::vector<std::string> frames;
  for (const Frame& frame : random_frames(random)) frames.push_back(encode_frame(frame));
  return frames;
}

char random_byte(Random& random) {
  // Small numbers and the ends of the range reach more branches than even chance does.
  static constexpr std::string_view kTelling("\x00\x01\x02\x04\x08\x10\x7f\x80\xfe\xff", 10);
  if (random.below(2) == 0) return kTelling[random.below(kTelling.size())];
  return static_cast<char>(random.below(256));
}

// Changes one to four bytes, or copies one part of the body over another.
void mutate(std::string& bytes, Random& random) {
  const std::size_t body_bytes = bytes.size() - kFrameHeaderBytes;
  if (random.below(8) == 0) {
    const std::size_t size = random.between(1, std::min<std::size_t>(body_bytes, 16));
    const std::string part =
        bytes.substr(kFrameHeaderBytes + random.below(body_bytes - size + 1), size);
    bytes.replace(kFrameHeaderBytes + random.below(body_bytes - size + 1), size, part);
    return;
  }
  for (std::uint64_t left = random.between(1, 4); left > 0; --left) {
    bytes[kFrameHeaderBytes + random.below(body_bytes)] = random_byte(random);
  }
}

TEST_CASE("codec: every truncation of every message is refused") {
  Random random(test_seed());
  for (const std::string& bytes : samples(random)) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode_frame(std::string_view(bytes).substr(0, size)).ok());
    }
  }
}

TEST_CASE("codec: every flipped bit of every message is refused") {
  Random random(test_seed());
  for (std::string& bytes : samples(random)) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const char flipped = static_cast<char>(1 << (bit % 8));
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flipped);
      if (decode_frame(bytes).ok()) FAIL_CHECK("bit ", bit, " changed unseen");
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flipped);
    }
  }
}

TEST_CASE("codec: mutations under a checksum that fits are refused or decode to a sound message") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  std::vector<std::string> frames = samples(random);
  int decoded_count = 0;
  for (int round = 0; round < kMutations; ++round) {
    if (round % 2000 == 1999) frames = samples(random);
    std::string bytes = frames[random.below(frames.size())];
    mutate(bytes, random);
    repair_checksums(bytes);
    const Result<Frame> decoded = decode_frame(bytes);
    if (!decoded.ok()) continue;
    ++decoded_count;
    const Result<Frame> again = decode_frame(encode_frame(*decoded));
    REQUIRE(again.ok());
    REQUIRE(*again == *decoded);
  }
  CHECK(decoded_count > kMutations / 10);
  CHECK(decoded_count < kMutations);
}

TEST_CASE("codec: bodies of noise are refused or decode safely") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = frame_header_bytes(
        {.type = static_cast<FrameType>(random.between(kFrameTypeMin, kFrameTypeMax)),
         .body_bytes = static_cast<std::uint32_t>(8 * random.below(20))});
    bytes.resize(kFrameHeaderBytes + parse_frame_header(bytes)->body_bytes);
    for (char& byte : std::span(bytes).subspan(kFrameHeaderBytes)) byte = random_byte(random);
    repair_checksums(bytes);
    const Result<Frame> decoded = decode_frame(bytes);
    if (decoded.ok()) CHECK(decode_frame(encode_frame(*decoded)).ok());
  }
}

}  // namespace
}  // namespace starling

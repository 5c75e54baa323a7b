// The contexts that clients carry: what no server made must not pass, and what passes is what a
// server makes.
//
// Input: a byte that chooses how it is read, then text (as it came) or the bytes under the code.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mac.h"
#include "base/random.h"
#include "fuzz/target.h"
#include "unit/wire/random_message.h"
#include "version/context_codec.h"
#include "version/vector_clock.h"

namespace starling::fuzz {
namespace {

constexpr std::string_view kBucket = "bucket";
constexpr std::string_view kKey = "key";
constexpr std::size_t kMacBytes = 8;

const MacKey kOurs = derive_mac_key("secret", "context");
const MacKey kTheirs = derive_mac_key("another secret", "context");

bool is_refused(const Result<VectorClock>& decoded) {
  return decoded.status().code() == StatusCode::BadContext ||
         decoded.status().code() == StatusCode::TooLarge;
}

// Whatever holds of a text: it passes under one key only, and only in the one spelling.
void check_text(std::string_view text) {
  const ContextCodec codec(kOurs);
  const Result<VectorClock> clock = codec.decode(kBucket, kKey, text);
  if (!clock.ok()) {
    STARLING_CHECK(is_refused(clock));
    return;
  }
  STARLING_CHECK(clock->size() <= kContextEntriesMax);
  // An empty clock is the empty text; a server never seals one.
  STARLING_CHECK(codec.encode(kBucket, kKey, *clock) == text);
  if (text.empty()) return;
  STARLING_CHECK(is_refused(codec.decode(kBucket, "another key", text)));
  STARLING_CHECK(is_refused(codec.decode("another", kKey, text)));
  STARLING_CHECK(is_refused(ContextCodec(kTheirs).decode(kBucket, kKey, text)));
}

// Bytes under a right code, as only a holder of the secret can write them.
void check_sealed(std::string_view bytes) {
  ByteWriter writer;
  writer.raw(bytes);
  writer.u64(mac64(kOurs, bytes));
  check_text(to_base64_url(writer.bytes()));
}

// A genuine context with one byte changed.
void check_forged(std::string_view rest) {
  ByteReader reader(rest);
  const std::uint64_t number = reader.u64();
  const std::uint16_t place = reader.u16();
  const std::uint8_t change = reader.u8();
  Random random(number);
  const ContextCodec codec(kOurs);
  const std::string text = codec.encode(kBucket, kKey, random_clock(random));
  const Result<std::string> bytes = from_base64_url(text);
  STARLING_CHECK(bytes.ok());
  if (bytes->empty() || change == 0) return;
  std::string forged = *bytes;
  forged[place % forged.size()] = static_cast<char>(forged[place % forged.size()] ^ change);
  STARLING_CHECK(is_refused(codec.decode(kBucket, kKey, to_base64_url(forged))));
}

void run(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  switch (static_cast<std::uint8_t>(input.front()) % 4) {
    case 0:
      return check_text(rest);
    case 1:
      return check_forged(rest);
    default:
      return check_sealed(rest);
  }
}

std::string invent(std::uint64_t number) {
  Random random(number);
  const std::string text = ContextCodec(kOurs).encode(kBucket, kKey, random_clock(random));
  if (random.below(8) == 0) return '\0' + text;
  const Result<std::string> bytes = from_base64_url(text);
  STARLING_CHECK(bytes.ok());
  return '\2' + bytes->substr(0, bytes->size() - std::min(bytes->size(), kMacBytes));
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds{std::string(1, '\0'), '\1' + std::string(11, '\1')};
  for (std::uint64_t number = 0; number < 16; ++number) seeds.push_back(invent(number));
  return seeds;
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds, .invent = invent};

}  // namespace starling::fuzz

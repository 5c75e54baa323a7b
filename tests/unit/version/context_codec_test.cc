#include "version/context_codec.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/mac.h"
#include "base/random.h"
#include "notation.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

ContextCodec codec_of(std::string_view secret) {
  return ContextCodec(derive_mac_key(secret, "context"));
}

VectorClock clock_of_size(std::uint64_t entries) {
  std::vector<VectorClock::Entry> prefix;
  prefix.reserve(entries);
  for (std::uint64_t i = 0; i < entries; ++i)
    prefix.push_back({.actor = {.incarnation = Incarnation{i}, .lineage = 1}, .counter = 1});
  return VectorClock::of(std::move(prefix));
}

bool is_refused(const Result<VectorClock>& decoded, std::string_view reason) {
  return decoded.status().code() == StatusCode::BadContext &&
         decoded.status().message().find(reason) != std::string::npos;
}

// `bytes` with a code of their own, as only a server could write them.
std::string sealed(const std::string& bytes) {
  ByteWriter writer;
  writer.raw(bytes);
  writer.u64(mac64(derive_mac_key("secret", "context"), bytes));
  return to_base64_url(writer.bytes());
}

TEST_CASE("ContextCodec: what it encodes it decodes, for the same key") {
  const ContextCodec codec = codec_of("secret");
  const VectorClock clock = clock_of("{a:3,a':1,b:300 + a5,c9}");
  const Result<VectorClock> decoded = codec.decode("b", "k", codec.encode("b", "k", clock));
  REQUIRE(decoded.ok());
  CHECK(*decoded == clock);
}

TEST_CASE("ContextCodec: the empty clock is the empty text") {
  const ContextCodec codec = codec_of("secret");
  CHECK(codec.encode("b", "k", VectorClock()).empty());
  CHECK(codec.decode("b", "k", "")->empty());
}

TEST_CASE("ContextCodec: a context of another key or bucket is refused as such") {
  const ContextCodec codec = codec_of("secret");
  const std::string text = codec.encode("b", "k", clock_of("{a:1}"));
  CHECK(is_refused(codec.decode("b", "l", text), "of another key"));
  CHECK(is_refused(codec.decode("c", "k", text), "of another key"));
  CHECK(is_refused(codec.decode("bk", "", text), "of another key"));
}

TEST_CASE("ContextCodec: a context of another cluster looks made up") {
  const std::string text = codec_of("theirs").encode("b", "k", clock_of("{a:1}"));
  CHECK(is_refused(codec_of("secret").decode("b", "k", text), "damaged or was made up"));
}

TEST_CASE("ContextCodec: text that is no base64 is refused as such") {
  const ContextCodec codec = codec_of("secret");
  CHECK(is_refused(codec.decode("b", "k", "not base64!"), "not URL-safe base64"));
  CHECK(is_refused(codec.decode("b", "k", "AQ"), "damaged"));
}

TEST_CASE("ContextCodec: a version of the future is refused as such") {
  CHECK(is_refused(codec_of("secret").decode("b", "k", sealed("\x02 whatever it may hold")),
                   "version"));
}

TEST_CASE("ContextCodec: every single flipped bit is noticed") {
  const ContextCodec codec = codec_of("secret");
  const std::string bytes =
      *from_base64_url(codec.encode("b", "k", clock_of("{a:3,b:300 + a5,c9}")));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    const Result<VectorClock> decoded = codec.decode("b", "k", to_base64_url(damaged));
    CHECK(decoded.status().code() == StatusCode::BadContext);
  }
}

TEST_CASE("ContextCodec: every context that was cut short is refused") {
  const ContextCodec codec = codec_of("secret");
  const std::string text = codec.encode("b", "k", clock_of("{a:3,b:300 + a5,c9}"));
  for (std::size_t size = 1; size < text.size(); ++size) {
    CAPTURE(size);
    const Result<VectorClock> decoded = codec.decode("b", "k", text.substr(0, size));
    CHECK(decoded.status().code() == StatusCode::BadContext);
  }
}

TEST_CASE("ContextCodec: what is given out is taken, up to the limit of entries") {
  const ContextCodec codec = codec_of("secret");
  const VectorClock most = clock_of_size(kContextEntriesMax);
  CHECK(*codec.decode("b", "k", codec.encode("b", "k", most)) == most);
  const VectorClock more = clock_of_size(kContextEntriesMax + 1);
  CHECK(codec.encode("b", "k", more).empty());
  ByteWriter writer;
  writer.u8(1);
  writer.u64(hash64("k", hash64("b")));
  write_clock(writer, more);
  CHECK(codec.decode("b", "k", sealed(writer.bytes())).status().code() == StatusCode::TooLarge);
}

TEST_CASE("ContextCodec: an empty clock under a right code is no context") {
  ByteWriter writer;
  writer.u8(1);
  writer.u64(hash64("k", hash64("b")));
  write_clock(writer, {});
  CHECK(is_refused(codec_of("secret").decode("b", "k", sealed(writer.bytes())), "made up"));
}

TEST_CASE("write_clock: the layout of a clock is fixed") {
  ByteWriter writer;
  write_clock(writer, clock_of("{a:1,b:300 + a5}"));
  CHECK(to_hex(writer.bytes()) ==
        "02"                      // entries of the prefix
        "00000000000000610101"    // incarnation 'a', lineage 1, counter 1
        "000000000000006201ac02"  // incarnation 'b', lineage 1, counter 300
        "01"                      // dots of the cloud
        "00000000000000610105");  // a5
}

TEST_CASE("ContextCodec: the layout of a context is fixed") {
  const std::string text = codec_of("secret").encode("bucket", "key", clock_of("{a:1 + a5}"));
  CHECK(to_hex(*from_base64_url(text)) ==
        "01"                        // version
        "4c6e91c9ac2168f2"          // hash of bucket and key
        "010000000000000061010101"  // prefix: a1; one dot in the cloud:
        "00000000000000610105"      // a5
        "2fffda85ec02b75e");
}

VectorClock any_clock(Random& random) {
  VectorClock clock;
  for (std::uint64_t i = random.below(12); i > 0; --i) {
    const Incarnation incarnation{random.next() >> random.below(64)};
    clock.add({.actor = {.incarnation = incarnation, .lineage = random.below(300)},
               .counter = 1 + (random.next() >> random.between(1, 63))});
  }
  return clock;
}

bool comes_back(const VectorClock& clock) {
  ByteWriter writer;
  write_clock(writer, clock);
  ByteReader reader(writer.bytes());
  const Result<VectorClock> read = read_clock(reader);
  return read.ok() && *read == clock && reader.finished();
}

bool is_refused_when_cut(const VectorClock& clock, Random& random) {
  ByteWriter writer;
  write_clock(writer, clock);
  const std::string_view bytes = writer.bytes();
  ByteReader reader(bytes.substr(0, random.below(bytes.size())));
  return !read_clock(reader).ok();
}

TEST_CASE("read_clock: a clock of chance comes back, and every shorter text of it fails") {
  const std::uint64_t seed = seed_of_run();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const VectorClock clock = any_clock(random);
    REQUIRE(comes_back(clock));
    REQUIRE(is_refused_when_cut(clock, random));
  }
}

Status status_of_bytes(const std::vector<std::string_view>& parts) {
  ByteWriter writer;
  for (const std::string_view part : parts) writer.raw(part);
  ByteReader reader(writer.bytes());
  return read_clock(reader).status();
}

TEST_CASE("read_clock: what is not in normal form is refused") {
  using std::string_view_literals::operator""sv;  // the bytes hold zeros
  constexpr std::string_view kA1 = "\0\0\0\0\0\0\0a\1\1"sv;
  constexpr std::string_view kA2 = "\0\0\0\0\0\0\0a\1\2"sv;
  constexpr std::string_view kB0 = "\0\0\0\0\0\0\0b\1\0"sv;
  constexpr std::string_view kB1 = "\0\0\0\0\0\0\0b\1\1"sv;
  CHECK(status_of_bytes({"\2"sv, kA1, kB1, "\0"sv}).ok());
  CHECK_FALSE(status_of_bytes({"\2"sv, kB1, kA1, "\0"sv}).ok());  // out of order
  CHECK_FALSE(status_of_bytes({"\2"sv, kA1, kA2, "\0"sv}).ok());  // an actor twice
  CHECK_FALSE(status_of_bytes({"\1"sv, kB0, "\0"sv}).ok());       // no event
  CHECK_FALSE(status_of_bytes({"\0"sv, "\1"sv, kA1}).ok());       // the cloud begins a prefix
  CHECK_FALSE(status_of_bytes({"\1"sv, kA1, "\1"sv, kA2}).ok());  // the cloud continues one
  CHECK(status_of_bytes({"\1"sv, kB1, "\1"sv, kA2}).ok());
}

TEST_CASE("read_clock: a count beyond the bytes is refused before memory is taken for it") {
  ByteWriter writer;
  writer.varint(std::numeric_limits<std::uint64_t>::max());
  writer.raw("\0\0\0\0\0\0\0a\1\1");
  ByteReader reader(writer.bytes());
  CHECK(read_clock(reader).status().code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling

#include "wire/frame_assembler.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "random_message.h"

namespace starling {
namespace {

struct Taken {
  FrameHeader header;
  std::string body;
  friend bool operator==(const Taken&, const Taken&) = default;
};

// Takes all complete frames, and checks the promises about their bytes.
void drain(FrameAssembler& assembler, std::vector<Taken>& taken) {
  for (;;) {
    const Result<std::optional<RawFrame>> next = assembler.next();
    REQUIRE(next.ok());
    if (!next->has_value()) return;
    CHECK(reinterpret_cast<std::uintptr_t>((*next)->body.data()) % 8 == 0);
    taken.push_back({.header = (*next)->header, .body = std::string((*next)->body)});
  }
}

Hello hello_from(const std::string& name) {
  Hello hello;
  hello.name = name;
  return hello;
}

std::string stream_of_every_type(Random& random) {
  std::string stream;
  for (const Frame& frame : random_frames(random)) stream += encode_frame(frame);
  return stream;
}

TEST_CASE("FrameAssembler: a stream byte by byte gives the frames it gives at once") {
  Random random(test_seed());
  const std::string stream = stream_of_every_type(random);
  FrameAssembler at_once;
  std::vector<Taken> expected;
  at_once.feed(stream);
  drain(at_once, expected);
  FrameAssembler slowly;
  std::vector<Taken> taken;
  for (const char byte : stream) {
    slowly.feed({&byte, 1});
    drain(slowly, taken);
  }
  CHECK(expected.size() == kFrameTypeMax);
  CHECK(taken == expected);
  CHECK(slowly.buffered_bytes() == 0);
}

TEST_CASE("FrameAssembler: a stream in random pieces gives the frames it gives at once") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  const std::string stream = stream_of_every_type(random);
  FrameAssembler at_once;
  std::vector<Taken> expected;
  at_once.feed(stream);
  drain(at_once, expected);
  for (int round = 0; round < 200; ++round) {
    FrameAssembler assembler;
    std::vector<Taken> taken;
    for (std::size_t from = 0; from < stream.size();) {
      const std::size_t size = random.between(1, 600);
      assembler.feed(std::string_view(stream).substr(from, size));
      from += size;
      drain(assembler, taken);
    }
    REQUIRE(taken == expected);
  }
}

TEST_CASE("FrameAssembler: an incomplete frame is nothing yet") {
  FrameAssembler assembler;
  const std::string frame = encode(hello_from("node1"));
  assembler.feed(std::string_view(frame).substr(0, frame.size() - 1));
  const Result<std::optional<RawFrame>> next = assembler.next();
  REQUIRE(next.ok());
  CHECK_FALSE(next->has_value());
  CHECK(assembler.buffered_bytes() == frame.size() - 1);
}

TEST_CASE("FrameAssembler: an oversized length is refused before any of its body is taken") {
  FrameAssembler assembler;
  assembler.feed(frame_header_bytes({.type = FrameType::Hello, .body_bytes = 1U << 30U}));
  CHECK(assembler.next().status().code() == StatusCode::Corruption);
  assembler.feed(std::string(1000, 'x'));
  CHECK(assembler.buffered_bytes() == kFrameHeaderBytes);
}

TEST_CASE("FrameAssembler: after an error every call repeats it") {
  FrameAssembler assembler;
  assembler.feed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Status first = assembler.next().status();
  CHECK(first.message() == "frame header: not Starling's protocol");
  assembler.feed(encode(Hello{}));
  CHECK(assembler.next().status() == first);
}

TEST_CASE("FrameAssembler: a huge frame leaves no huge buffer behind, and its successor whole") {
  ClientPut put;
  put.address = {.bucket = "b", .key = "k"};
  put.value.assign(5U << 20U, 'v');
  const std::string huge = encode(1, ClientRequest{.remaining = {}, .body = std::move(put)});
  const std::string small = encode(hello_from("after"));
  FrameAssembler assembler;
  std::vector<Taken> taken;
  assembler.feed(huge + small.substr(0, 10));
  drain(assembler, taken);
  assembler.feed(small.substr(10));
  drain(assembler, taken);
  REQUIRE(taken.size() == 2);
  CHECK(taken.back().header.type == FrameType::Hello);
  CHECK(taken.front().body.size() > 5U << 20U);
}

TEST_CASE("FrameAssembler: a skipped frame is not kept, and its successor comes whole") {
  ClientPut put;
  put.address = {.bucket = "b", .key = "k"};
  put.value.assign(100'000, 'v');
  const std::string skipped = encode(1, ClientRequest{.remaining = {}, .body = std::move(put)});
  const std::string stream = skipped + encode(hello_from("after"));
  for (const std::size_t first : {kFrameHeaderBytes, std::size_t{50'000}, skipped.size() - 1}) {
    CAPTURE(first);
    FrameAssembler assembler;
    assembler.feed(std::string_view(stream).substr(0, first));
    REQUIRE_FALSE(assembler.next()->has_value());
    REQUIRE(assembler.started().has_value());
    CHECK(assembler.started()->request == 1);
    assembler.skip_started();
    CHECK(assembler.buffered_bytes() == 0);
    CHECK_FALSE(assembler.started().has_value());
    std::vector<Taken> taken;
    for (std::size_t from = first; from < stream.size(); from += 1000) {
      assembler.feed(std::string_view(stream).substr(from, 1000));
      CHECK(assembler.buffered_bytes() <= 1000);
      drain(assembler, taken);
    }
    REQUIRE(taken.size() == 1);
    CHECK(taken.front().header.type == FrameType::Hello);
  }
}

}  // namespace
}  // namespace starling

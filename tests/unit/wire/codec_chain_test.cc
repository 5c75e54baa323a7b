#include "wire/codec_chain.h"

#include <cstdint>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "message/chain_messages.h"
#include "message/peer_messages.h"
#include "random_message.h"
#include "ring/evidence_codec.h"
#include "table_bytes.h"
#include "wire/codec.h"

namespace starling {
namespace {

constexpr std::uint8_t kPromise = 1;
constexpr std::uint8_t kAccept = 2;
constexpr std::uint8_t kReject = 4;
constexpr std::uint8_t kDecided = 5;
const wire::Ballot kBallot(3, 4, 5);
const wire::Hash kStore(6, 7);

struct Letter {
  std::uint8_t kind = 0;
  const wire::Ballot* ballot = &kBallot;
  const wire::Ballot* other = nullptr;
  const wire::Hash* store = nullptr;
  std::string configuration;
  std::string evidence;
};

// What the decoder says of it; empty: nothing.
std::string refusal_of_letter(const Letter& letter) {
  Builder builder;
  const auto configuration = write_bytes(builder, letter.configuration);
  const auto evidence = write_bytes(builder, letter.evidence);
  return refusal_of(FrameType::ChainLetter, builder,
                    wire::CreateChainLetter(builder, letter.kind, 2, letter.ballot, letter.other,
                                            letter.store, configuration, evidence));
}

TEST_CASE("codec_chain: every kind of letter is read as it was written") {
  const ChainValue value{.configuration = "bytes",
                         .evidence = {.adoptions = {}, .fillings = {}, .losses_accepted = {{7}}}};
  const Ballot ballot{.counter = 3, .node = {4}, .incarnation = {5}};
  const ChainMessage messages[] = {
      ChainPrepare{.epoch = {2}, .ballot = ballot},
      ChainPromise{.epoch = {2}, .ballot = ballot, .store = {{6, 7}}, .accepted = {}},
      ChainPromise{.epoch = {2},
                   .ballot = ballot,
                   .store = {{6, 7}},
                   .accepted = AcceptedValue{.ballot = ballot, .value = value}},
      ChainAccept{.epoch = {2}, .ballot = ballot, .value = value},
      ChainAccepted{.epoch = {2}, .ballot = ballot, .store = {{6, 7}}},
      ChainReject{.epoch = {2}, .ballot = ballot, .promised = ballot},
      ChainDecided{"bytes"},
      ChainFetch{.adopted = {9}, .store = {{.high = 1, .low = 2}}}};
  for (const ChainMessage& message : messages) {
    CAPTURE(message.index());
    const Result<Frame> frame = decode_frame(encode(PeerMessage(ChainLetter{message})));
    REQUIRE(frame.ok());
    const auto& letter = std::get<ChainLetter>(std::get<PeerMessage>(frame->message));
    CHECK(letter.message == message);
  }
}

TEST_CASE("codec_chain: a letter of an unknown kind, or without what its kind needs, is refused") {
  CHECK(refusal_of_letter({}) == "");
  CHECK(refusal_of_letter({.kind = 7}) == "ChainLetter: kind: unknown value");
  CHECK(refusal_of_letter({.ballot = nullptr}) == "ChainLetter: ballot: missing");
  CHECK(refusal_of_letter({.kind = kPromise}) == "ChainLetter: store: missing");
  CHECK(refusal_of_letter({.kind = kReject}) == "ChainLetter: other_ballot: missing");
  CHECK(refusal_of_letter({.kind = kDecided}) == "ChainLetter: configuration: missing");
  CHECK(refusal_of_letter({.kind = kAccept, .evidence = encode_evidence({})}) ==
        "ChainLetter: configuration: missing");
  CHECK(refusal_of_letter({.kind = kAccept, .configuration = "c", .evidence = "\1"}) ==
        "ChainLetter: evidence: not readable");
}

TEST_CASE("codec_chain: the counter of a ballot has bounds, so that a higher one can be drawn") {
  const wire::Ballot none(0, 4, 5);
  const wire::Ballot highest(kBallotCounterMax, 4, 5);
  const wire::Ballot beyond(kBallotCounterMax + 1, 4, 5);
  CHECK(refusal_of_letter({.ballot = &none}) == "ChainLetter: ballot: a counter out of bounds");
  CHECK(refusal_of_letter({.ballot = &highest}) == "");
  CHECK(refusal_of_letter({.ballot = &beyond}) == "ChainLetter: ballot: a counter out of bounds");
  CHECK(refusal_of_letter({.kind = kPromise,
                           .other = &beyond,
                           .store = &kStore,
                           .configuration = "c",
                           .evidence = encode_evidence({})}) ==
        "ChainLetter: other_ballot: a counter out of bounds");
}

}  // namespace
}  // namespace starling

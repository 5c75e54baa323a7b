#include "handoff/fill_stream.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/fill_messages.h"
#include "ring/token.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr OperationId kFirstQuestion{1};
constexpr OperationId kSecondQuestion{2};

struct FilledStream {
  explicit FilledStream(FillProgress from = {.partition = PartitionId{3},
                                             .source = NodeId{9},
                                             .source_store = {},
                                             .epoch = Epoch{5}})
      : stream(from, {}, now) {}
  void ask(OperationId operation) {
    REQUIRE(stream.is_due(now));
    stream.on_asked(operation, now);
    stream.check_invariants();
  }
  FillStream::Use hears(OperationId operation, FillOutcome outcome,
                        std::optional<Token> through = std::nullopt, Epoch epoch = Epoch{5},
                        std::uint32_t again_ms = 0) {
    const FillStream::Use use = stream.on_page({.operation = operation,
                                                .epoch = epoch,
                                                .outcome = outcome,
                                                .again_ms = again_ms,
                                                .records = {},
                                                .through = through},
                                               now);
    stream.check_invariants();
    return use;
  }

  Instant now{seconds(100)};
  FillStream stream;
};

TEST_CASE("FillStream: goes from page to page, each behind the one that is durable") {
  FilledStream fixture;
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, Token{10}) == FillStream::Use::Merge);
  CHECK(fixture.stream.storing().through == Token{10});
  CHECK_FALSE(fixture.stream.durable().through.has_value());
  CHECK_FALSE(fixture.stream.is_due(fixture.now + seconds(100)));
  fixture.stream.on_stored(fixture.now);
  CHECK(fixture.stream.durable().through == Token{10});
  fixture.ask(kSecondQuestion);
  CHECK(fixture.hears(kSecondQuestion, FillOutcome::Page) == FillStream::Use::Merge);
  fixture.stream.on_stored(fixture.now);
  CHECK(fixture.stream.state() == FillStream::State::Complete);
  CHECK(fixture.stream.durable().complete);
  CHECK_FALSE(fixture.stream.next_deadline().has_value());
}

TEST_CASE(
    "FillStream: a page that was cut short, the last one too, is gone on with behind the cut") {
  FilledStream fixture;
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page) == FillStream::Use::Merge);
  fixture.stream.cut_short(Token{4});
  fixture.stream.check_invariants();
  fixture.stream.on_stored(fixture.now);
  CHECK(fixture.stream.durable().through == Token{4});
  CHECK_FALSE(fixture.stream.durable().complete);
  CHECK(fixture.stream.is_due(fixture.now));
}

TEST_CASE("FillStream: a page that is doubled, late or of another question changes nothing") {
  FilledStream fixture;
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, Token{10}) == FillStream::Use::Ignore);
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kSecondQuestion, FillOutcome::Page, Token{10}) == FillStream::Use::Ignore);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, Token{10}) == FillStream::Use::Merge);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, Token{20}) == FillStream::Use::Ignore);
  CHECK(fixture.stream.storing().through == Token{10});
  fixture.stream.on_stored(fixture.now);
  fixture.ask(kSecondQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page) == FillStream::Use::Ignore);
  CHECK(fixture.stream.state() == FillStream::State::Asking);
}

TEST_CASE("FillStream: silence is a failure, and each further one makes the pause longer") {
  FilledStream fixture;
  const FillStream::Times times;
  Duration pause = times.pause_first;
  for (int attempt = 0; attempt < 12; ++attempt) {
    fixture.ask(kFirstQuestion);
    fixture.stream.on_timer(fixture.now + times.patience - milliseconds(1));
    CHECK(fixture.stream.state() == FillStream::State::Asking);
    fixture.now += times.patience;
    fixture.stream.on_timer(fixture.now);
    CHECK(fixture.stream.next_deadline() == fixture.now + pause);
    fixture.now += pause;
    pause = std::min(pause * 2, times.pause_most);
  }
  CHECK(fixture.stream.failures() == 12);
  fixture.ask(kSecondQuestion);
  CHECK(fixture.hears(kSecondQuestion, FillOutcome::Page, Token{1}) == FillStream::Use::Merge);
  CHECK(fixture.stream.failures() == 0);
}

TEST_CASE("FillStream: a busy source says when, within bounds, and that is no failure") {
  FilledStream fixture;
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Busy, {}, Epoch{5}, 300) ==
        FillStream::Use::Refused);
  CHECK(fixture.stream.next_deadline() == fixture.now + milliseconds(300));
  fixture.now += milliseconds(300);
  fixture.ask(kSecondQuestion);
  CHECK(fixture.hears(kSecondQuestion, FillOutcome::Busy, {}, Epoch{5}, 4'000'000'000U) ==
        FillStream::Use::Refused);
  CHECK(fixture.stream.next_deadline() == fixture.now + seconds(5));
  CHECK(fixture.stream.failures() == 0);
}

TEST_CASE("FillStream: no refusal counts as a page, and the cursor stays") {
  for (const FillOutcome outcome : {FillOutcome::StaleRow, FillOutcome::NotReader,
                                    FillOutcome::NotCounting, FillOutcome::Damaged}) {
    FilledStream fixture;
    fixture.ask(kFirstQuestion);
    CHECK(fixture.hears(kFirstQuestion, outcome) == FillStream::Use::Refused);
    CHECK(fixture.stream.failures() == 1);
    CHECK(fixture.stream.storing() == fixture.stream.durable());
    CHECK_FALSE(fixture.stream.durable().complete);
  }
}

TEST_CASE("FillStream: a page of a source that had not adopted enough is worth nothing") {
  FilledStream fixture;
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, {}, Epoch{4}) == FillStream::Use::Refused);
  CHECK(fixture.stream.state() == FillStream::State::Resting);
}

TEST_CASE("FillStream: a page that leads nowhere is a failure") {
  FilledStream fixture({.partition = PartitionId{3},
                        .source = NodeId{9},
                        .source_store = {},
                        .epoch = Epoch{5},
                        .through = Token{10}});
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page, Token{10}) == FillStream::Use::Refused);
  CHECK(fixture.stream.durable().through == Token{10});
}

TEST_CASE("FillStream: what could not be stored is asked for again, from the durable cursor") {
  FilledStream fixture;
  fixture.ask(kFirstQuestion);
  CHECK(fixture.hears(kFirstQuestion, FillOutcome::Page) == FillStream::Use::Merge);
  fixture.stream.on_failed(fixture.now);
  CHECK(fixture.stream.state() == FillStream::State::Resting);
  CHECK_FALSE(fixture.stream.storing().complete);
  fixture.stream.check_invariants();
}

TEST_CASE("FillStream: what was complete stays complete") {
  FilledStream fixture({.partition = PartitionId{3},
                        .source = NodeId{9},
                        .source_store = {},
                        .epoch = Epoch{5},
                        .through = std::nullopt,
                        .complete = true});
  fixture.stream.on_failed(fixture.now);
  fixture.stream.on_timer(fixture.now + seconds(100));
  CHECK(fixture.stream.state() == FillStream::State::Complete);
  CHECK_FALSE(fixture.stream.is_due(fixture.now + seconds(100)));
}

}  // namespace
}  // namespace starling

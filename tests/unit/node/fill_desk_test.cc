#include "node/fill_desk.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/fill_messages.h"
#include "message/peer_messages.h"
#include "moving_cluster.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/token.h"

namespace starling {
namespace {

struct SourceDesk {
  explicit SourceDesk() {
    moving.begin_move();
    moving.cluster.settle();
  }
  [[nodiscard]] FillRead read(std::uint32_t tokens_max = 100) {
    const Configuration& adopted = moving.configuration();
    return {.envelope = {.operation = OperationId{7},
                         .epoch = adopted.epoch,
                         .partition = moving.partition,
                         .row_version = adopted.row_versions[moving.partition.value],
                         .remaining = std::chrono::seconds(1)},
            .source_store = adopted.member(moving.cluster.id(moving.source))->store,
            .tokens_max = tokens_max};
  }
  FillPage ask(const FillRead& question, std::optional<std::size_t> node = std::nullopt,
               std::optional<std::size_t> from = std::nullopt) {
    const std::size_t asked = node.value_or(moving.source);
    moving.cluster.sent.clear();
    moving.cluster.node(asked).on_peer_message(moving.cluster.id(from.value_or(moving.sink)),
                                               question);
    moving.cluster.commit(asked);
    for (const TestCluster::Sent& sent : moving.cluster.sent) {
      if (const auto* const page = std::get_if<FillPage>(&sent.message)) return *page;
    }
    FAIL("no answer");
    return {};
  }

  MovingCluster moving;
};

TEST_CASE("FillDesk: gives the whole partition, page by page, each behind the last one") {
  SourceDesk desk;
  std::size_t records = 0;
  FillRead question = desk.read(2);
  for (int page_number = 0; page_number < 3; ++page_number) {
    const FillPage page = desk.ask(question);
    REQUIRE(page.outcome == FillOutcome::Page);
    CHECK(page.epoch == desk.moving.configuration().epoch);
    CHECK(page.records.size() == (page_number < 2 ? 2 : 1));
    CHECK(page.through.has_value() == (page_number < 2));
    records += page.records.size();
    question.after = page.through;
  }
  CHECK(records == desk.moving.keys.size());
}

TEST_CASE("FillDesk: behind the last token of a partition there is nothing") {
  SourceDesk desk;
  FillRead question = desk.read();
  question.after = Token{~std::uint64_t{0}};
  const FillPage page = desk.ask(question);
  CHECK(page.outcome == FillOutcome::Page);
  CHECK(page.records.empty());
  CHECK_FALSE(page.through.has_value());
}

TEST_CASE("FillDesk: a row version that it has not, or has no more, is refused") {
  SourceDesk desk;
  FillRead question = desk.read();
  ++question.envelope.row_version.value;
  CHECK(desk.ask(question).outcome == FillOutcome::StaleRow);
  question.envelope.row_version.value -= 2;
  CHECK(desk.ask(question).outcome == FillOutcome::StaleRow);
  question.envelope.partition = PartitionId{1000};
  CHECK(desk.ask(question).outcome == FillOutcome::StaleRow);
}

TEST_CASE("FillDesk: who is not read for the row, or has another disk, is no source") {
  SourceDesk desk;
  CHECK(desk.ask(desk.read(), desk.moving.sink, desk.moving.source).outcome ==
        FillOutcome::NotReader);
  FillRead question = desk.read();
  question.source_store = {{.high = 1, .low = 2}};
  CHECK(desk.ask(question).outcome == FillOutcome::NotReader);
}

TEST_CASE("FillDesk: a store that does not count is no source") {
  SourceDesk desk;
  const FillRead question = desk.read();
  desk.moving.cluster.stop(desk.moving.source);
  desk.moving.cluster.start(desk.moving.source);
  CHECK(desk.ask(question).outcome == FillOutcome::NotCounting);
}

TEST_CASE("FillDesk: beyond two streams others are told to come again, until one has gone") {
  SourceDesk desk;
  const FillRead question = desk.read(1);
  std::size_t others = 0;
  for (std::size_t from = 0; from < 4; ++from) {
    if (from == desk.moving.source) continue;
    const FillPage page = desk.ask(question, desk.moving.source, from);
    CHECK(page.outcome == (others < 2 ? FillOutcome::Page : FillOutcome::Busy));
    if (others == 2) CHECK(page.again_ms == 1000);
    ++others;
  }
  // Those that are answered may go on.
  CHECK(desk.ask(question, desk.moving.source, desk.moving.source == 0 ? 1 : 0).outcome ==
        FillOutcome::Page);
  desk.moving.cluster.clock.advance(std::chrono::seconds(6));
  CHECK(desk.ask(question, desk.moving.source, desk.moving.source == 3 ? 2 : 3).outcome ==
        FillOutcome::Page);
}

TEST_CASE("FillDesk: nothing is sent to one whose connection is full") {
  SourceDesk desk;
  desk.moving.cluster.crowded.insert(desk.moving.cluster.id(desk.moving.sink));
  const FillPage page = desk.ask(desk.read());
  CHECK(page.outcome == FillOutcome::Busy);
  CHECK(page.again_ms > 0);
}

}  // namespace
}  // namespace starling

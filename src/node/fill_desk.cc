#include "node/fill_desk.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/fill_messages.h"
#include "message/record_bytes.h"
#include "repair/merkle_leaf.h"
#include "replica/record_walk.h"
#include "replica/repair_reads.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {
namespace {

constexpr std::uint64_t kRecordsOfARead = 4;
// Advice to a sink for which there is no stream: about as long as a small partition takes.
constexpr Duration kFullPause = std::chrono::seconds(1);
// ... and to one whose connection is full.
constexpr Duration kCrowdedPause = std::chrono::milliseconds(200);
constexpr Duration kLeastPause = std::chrono::milliseconds(10);

std::uint32_t milliseconds_of(Duration pause) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(pause).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, 60'000));
}

}  // namespace

std::uint64_t reads_of_page(std::size_t records) {
  return 1 + records / kRecordsOfARead;
}

bool FillDesk::is_read_for(PartitionId partition) const {
  const Configuration& adopted = *neighbours_.chain.adopted();
  const NodeId self = neighbours_.outbox.self();
  const ConfigMember* const member = adopted.member(self);
  const SlotRow& row = adopted.rows[partition.value];
  return member != nullptr && member->store == neighbours_.identity.store &&
         std::ranges::any_of(row, [&](const Slot& slot) { return read_node(slot) == self; });
}

FillOutcome FillDesk::standing(const FillRead& read) const {
  const Configuration* const adopted = neighbours_.chain.adopted();
  const PartitionId partition = read.envelope.partition;
  if (adopted == nullptr || partition.value >= adopted->rows.size()) return FillOutcome::StaleRow;
  const bool same_row = adopted->row_versions[partition.value] == read.envelope.row_version;
  // Planted: it answers from the past, and the sink takes it for the present.
  if (!same_row && neighbours_.planted != PlantedBug::SnapshotBeforeAdoption) {
    return FillOutcome::StaleRow;
  }
  if (!neighbours_.confirmation.counting()) return FillOutcome::NotCounting;
  const bool is_asked = read.source_store == neighbours_.identity.store;
  return is_asked && is_read_for(partition) ? FillOutcome::Page : FillOutcome::NotReader;
}

bool FillDesk::admit(const Stream& stream, Instant now) {
  std::erase_if(streams_, [&](const auto& entry) { return entry.second + kStreamIdleMax <= now; });
  if (!streams_.contains(stream) && streams_.size() >= neighbours_.outgoing_max) return false;
  streams_[stream] = now;
  return true;
}

void FillDesk::on_read(NodeId from, const FillRead& read, Instant now) {
  FillPage page{.operation = read.envelope.operation, .outcome = standing(read)};
  Outbox& outbox = neighbours_.outbox;
  if (page.outcome != FillOutcome::Page) {
    neighbours_.log.write(LogLevel::Trace, "mark: fill: a source refused");
    return outbox.send(from, std::move(page));
  }
  page.outcome = FillOutcome::Busy;
  const Stream stream{from, read.envelope.partition};
  if (outbox.crowded(from)) {
    page.again_ms = milliseconds_of(kCrowdedPause);
  } else if (!neighbours_.budget.may_step(now)) {
    page.again_ms =
        milliseconds_of(std::max<Duration>(neighbours_.budget.next_at(now) - now, kLeastPause));
  } else if (!admit(stream, now)) {
    neighbours_.log.write(LogLevel::Trace, "mark: fill: a source was busy");
    page.again_ms = milliseconds_of(kFullPause);
  } else {
    page.outcome = FillOutcome::Page;
  }
  if (page.outcome != FillOutcome::Page) return outbox.send(from, std::move(page));
  page.epoch = neighbours_.chain.adopted()->epoch;
  // Planted: it says what the sink wants to hear.
  if (neighbours_.planted == PlantedBug::SnapshotBeforeAdoption) page.epoch = read.envelope.epoch;
  CommitTicket durable_at;
  if (!fill_in(page, read, durable_at)) {
    page = {.operation = page.operation, .epoch = page.epoch, .outcome = FillOutcome::Damaged};
    neighbours_.log.write(LogLevel::Trace, "mark: fill: a source met damage");
    return outbox.send(from, std::move(page));
  }
  if (!page.through.has_value()) streams_.erase(stream);
  neighbours_.budget.spend(message_bytes_of(page.records), reads_of_page(page.records.size()), now);
  neighbours_.replica.send_when_durable(from, durable_at, std::move(page));
}

bool FillDesk::fill_in(FillPage& page, const FillRead& read, CommitTicket& durable_at) {
  const PartitionId partition = read.envelope.partition;
  TokenRange range = neighbours_.store.trees().span_of(partition).range_of(0, 0);
  if (read.after.has_value()) {
    if (*read.after >= range.last) return true;  // nothing is behind it
    range.first = Token{read.after->value + 1};
  }
  const std::uint32_t tokens_max = std::min(read.tokens_max, kTokensAtOnce);
  std::vector<Token> tokens;
  bool more = false;
  std::uint32_t unreadable = 0;
  const Status walked = neighbours_.store.visit_tokens(
      partition, range,
      [&](const WalkedRecord& record) {
        if (!tokens.empty() && tokens.back() == record.key.token) return true;
        more = tokens.size() == tokens_max;
        if (!more) tokens.push_back(record.key.token);
        return !more;
      },
      unreadable);
  if (!walked.ok() || unreadable > 0) return false;
  if (tokens.empty()) return true;
  Result<FetchedRecords> fetched = fetch_records(neighbours_.store, partition, tokens);
  if (!fetched.ok() || !fetched->unreadable.empty()) return false;
  const std::uint32_t answered = fetched->tokens_answered;
  if (more || answered < tokens.size()) page.through = tokens[answered - 1];
  page.records = std::move(fetched->records);
  durable_at = fetched->durable_at;
  return true;
}

}  // namespace starling

#include "node/fill_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/fill_need.h"
#include "handoff/fill_stream.h"
#include "membership/peer_table.h"
#include "message/fill_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "node/fill_desk.h"
#include "node/fill_memory.h"
#include "replica/replica_store.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/succession.h"
#include "ring/token.h"

namespace starling {
namespace {

// Between two looks while nothing can be asked: a source is away, or this store does not count yet.
constexpr Duration kIdlePause = std::chrono::milliseconds(500);

// The last token of which the first `merged` records hold all; not all of them are merged.
std::optional<Token> last_whole_token(const std::vector<KeyedRecord>& records, std::size_t merged) {
  while (merged > 0 && records[merged - 1].token == records[merged].token) --merged;
  return merged == 0 ? std::nullopt : std::optional(records[merged - 1].token);
}

}  // namespace

FillService::FillService(const Neighbours& neighbours, const Options& options)
    : neighbours_(neighbours), options_(options), next_operation_(options.first_operation) {
  STARLING_CHECK(options.tokens_max > 0);
}

void FillService::load() {
  const Result<RecalledFills> recalled = read_fills(neighbours_.engine);
  if (!recalled.ok()) {
    return neighbours_.log.warning(
        "how far this node's fillings were can not be read, they begin "
        "anew: " +
        recalled.status().message());
  }
  for (const FillProgress& fill : recalled->fills) {
    recalled_.emplace(Key{fill.partition, fill.source}, fill);
  }
  for (const std::string& key : recalled->damaged) {
    neighbours_.log.warning("a note of a filling is damaged: it begins anew");
    neighbours_.engine.commit({{.key = key, .value = std::nullopt}}, CommitDemand::Synced);
  }
}

// -- which --

void FillService::collect(Instant now) {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr || adopted->epoch == epoch_) return;
  epoch_ = adopted->epoch;
  look_at_configuration(now);
  ask(now);
  set_wake(now);
}

void FillService::look_at_configuration(Instant now) {
  const Configuration& adopted = *neighbours_.chain.adopted();
  std::set<Key> needed;
  for (const FillNeed& need : fills_needed(adopted, neighbours_.outbox.self())) {
    needed.insert({need.partition, need.source});
    take_up(need, now);
  }
  // What no step asks for any more will never be asked for again at this epoch or an earlier one.
  for (const auto& [key, progress] : std::exchange(recalled_, {})) {
    if (!streams_.contains(key)) {
      neighbours_.engine.commit({erasure_of_fill(key.first, key.second)}, CommitDemand::Written);
    }
  }
  for (auto at = streams_.begin(); at != streams_.end();) {
    const Key key = at->first;
    if (needed.contains(key)) {
      ++at;
      continue;
    }
    neighbours_.engine.commit({erasure_of_fill(key.first, key.second)}, CommitDemand::Written);
    std::erase_if(stored_, [&](const Stored& stored) { return stored.key == key; });
    at = streams_.erase(at);
  }
}

void FillService::take_up(const FillNeed& need, Instant now) {
  const Configuration& adopted = *neighbours_.chain.adopted();
  const Key key{need.partition, need.source};
  const StoreId store = adopted.member(need.source)->store;
  const auto serves = [&](const FillProgress& progress) {
    return progress.source_store == store && progress.epoch >= need.epoch;
  };
  const auto known = streams_.find(key);
  if (known != streams_.end()) {
    if (serves(known->second.durable())) return;
    std::erase_if(stored_, [&](const Stored& stored) { return stored.key == key; });
    streams_.erase(known);
  }
  // The source answers at this very version of the row, so it has adopted that much.
  FillProgress progress{.partition = need.partition,
                        .source = need.source,
                        .source_store = store,
                        .epoch = Epoch{adopted.row_versions[need.partition.value].value}};
  const auto recalled = recalled_.find(key);
  if (recalled != recalled_.end() && serves(recalled->second)) {
    progress = recalled->second;
    const bool is_midway = progress.through.has_value() && !progress.complete;
    if (is_midway) neighbours_.log.write(LogLevel::Trace, "mark: fill: resumed at a cursor");
  }
  streams_.emplace(key, FillStream(progress, options_.times, now));
}

// -- asking --

std::size_t FillService::active() const {
  return static_cast<std::size_t>(std::ranges::count_if(streams_, [](const auto& entry) {
    const FillStream::State state = entry.second.state();
    return state == FillStream::State::Asking || state == FillStream::State::Storing;
  }));
}

void FillService::ask(Instant now) {
  // What a store holds that does not count may be set aside.
  if (!neighbours_.confirmation.counting()) return;
  std::size_t running = active();
  for (auto& [key, stream] : streams_) {
    if (running >= options_.incoming_max || !neighbours_.budget.may_step(now)) return;
    if (!stream.is_due(now) || !neighbours_.peers.reachable(key.second)) continue;
    ask(key, stream, now);
    ++running;
  }
}

void FillService::ask(const Key& key, FillStream& stream, Instant now) {
  const Configuration& adopted = *neighbours_.chain.adopted();
  const OperationId operation{next_operation_++};
  stream.on_asked(operation, now);
  neighbours_.outbox.send(
      key.second, FillRead{.envelope = {.sender_incarnation = neighbours_.store.incarnation(),
                                        .operation = operation,
                                        .epoch = adopted.epoch,
                                        .partition = key.first,
                                        .row_version = adopted.row_versions[key.first.value],
                                        .fence = FenceStamp{},
                                        .remaining = options_.times.patience},
                           .source_store = stream.durable().source_store,
                           .after = stream.durable().through,
                           .tokens_max = options_.tokens_max});
}

void FillService::on_page(NodeId from, const FillPage& page, Instant now) {
  const auto found = std::ranges::find_if(streams_, [&](const auto& entry) {
    return entry.first.second == from && entry.second.operation() == page.operation;
  });
  if (found == streams_.end()) return;
  auto& [key, stream] = *found;
  const bool is_waited_for = stream.state() == FillStream::State::Asking;
  if (is_waited_for && !is_sound(stream, page)) {
    neighbours_.log.warning("a page of a filling is not what was asked for");
    stream.on_failed(now);
  } else {
    const FillStream::Use use = stream.on_page(page, now);
    if (use == FillStream::Use::Merge) store(key, stream, page, now);
    if (use == FillStream::Use::Refused) note_refusal(key, stream, page.outcome);
    if (use == FillStream::Use::Ignore) {
      neighbours_.log.write(LogLevel::Trace, "mark: fill: a page came twice or late");
    }
  }
  ask(now);
  set_wake(now);
}

// A record goes where its key belongs, or nowhere: peers may send what they like.
bool FillService::is_sound(const FillStream& stream, const FillPage& page) const {
  const Ring& ring = *neighbours_.ring;
  std::optional<Token> before = stream.durable().through;
  bool first = true;
  for (const KeyedRecord& record : page.records) {
    const Token token = ring.token_of(record.address.bucket, record.address.key);
    const bool in_order = !before.has_value() || *before < token || (!first && *before == token);
    const bool fits = token == record.token && in_order &&
                      ring.partition_of(token) == stream.durable().partition &&
                      (!page.through.has_value() || token <= *page.through);
    if (!fits) return false;
    before = token;
    first = false;
  }
  return true;
}

std::size_t FillService::merge(PartitionId partition, const FillPage& page) {
  std::size_t merged_records = 0;
  for (const KeyedRecord& record : page.records) {
    // Synced, in each durability mode: the cursor behind it is, and other members rely on it.
    const Result<CommitTicket> merged = neighbours_.store.merge(
        {.partition = partition, .token = record.token, .address = record.address}, record.versions,
        true);
    if (!merged.ok()) break;
    ++merged_records;
  }
  return merged_records;
}

void FillService::store(const Key& key, FillStream& stream, const FillPage& page, Instant now) {
  const bool forgets = options_.planted == PlantedBug::ForgetUnstoredPage;
  const std::size_t merged = forgets ? page.records.size() : merge(key.first, page);
  if (merged < page.records.size()) {
    // Where a page is more than the queue of commits takes, nothing but what it takes leads on.
    const std::optional<Token> through = last_whole_token(page.records, merged);
    if (!through.has_value()) return stream.on_failed(now);
    stream.cut_short(*through);
  }
  // Commits are done in the order in which they were queued: with the cursor the page is durable.
  const CommitTicket ticket =
      neighbours_.engine.commit({write_of_fill(stream.storing())}, CommitDemand::Synced);
  // Planted: the page comes behind its cursor, and a crash may come between the two.
  if (forgets) static_cast<void>(merge(key.first, page));
  stored_.push_back({.ticket = ticket, .key = key});
  const std::uint64_t bytes = message_bytes_of(page.records);
  neighbours_.budget.spend(bytes, reads_of_page(page.records.size()), now);
  ++totals_.pages;
  totals_.records += merged;
  totals_.bytes += bytes;
  neighbours_.log.write(LogLevel::Trace, "mark: fill: a page was merged");
}

void FillService::note_refusal(const Key& key, const FillStream& stream, FillOutcome outcome) {
  if (outcome != FillOutcome::Damaged) return;
  // The first, and then at the longest pause: the source mends its record, or an operator must
  // look.
  if (stream.failures() != 1 && stream.failures() % 64 != 0) return;
  neighbours_.log.error("partition " + std::to_string(key.first.value) +
                        " can not be filled here: its source " + to_text(key.second.value) +
                        " holds a record that it can not read or send; it is asked again");
}

// -- what is durable --

void FillService::on_committed(CommitTicket through, Instant now) {
  bool any = false;
  while (!stored_.empty() && stored_.front().ticket <= through) {
    const Key key = stored_.front().key;
    stored_.pop_front();
    FillStream& stream = streams_.at(key);
    stream.on_stored(now);
    any = true;
    if (stream.state() != FillStream::State::Complete) continue;
    ++totals_.completed;
    neighbours_.log.write(LogLevel::Trace, "mark: fill: complete");
  }
  if (!any) return;
  ask(now);
  set_wake(now);
}

void FillService::on_store_reopened(Instant now) {
  for (const Stored& lost : std::exchange(stored_, {})) streams_.at(lost.key).on_failed(now);
  set_wake(now);
}

void FillService::on_timer(Instant now) {
  if (!wake_.has_value() || now < *wake_) return;
  for (auto& [key, stream] : streams_) stream.on_timer(now);
  ask(now);
  set_wake(now);
}

void FillService::set_wake(Instant now) {
  wake_.reset();
  for (const auto& [key, stream] : streams_) {
    const std::optional<Instant> deadline = stream.next_deadline();
    if (!deadline.has_value()) continue;
    // What is due and was not asked for waits for a turn, the budget or its source.
    const Instant at =
        *deadline > now ? *deadline : std::max(neighbours_.budget.next_at(now), now + kIdlePause);
    wake_ = std::min(wake_.value_or(at), at);
  }
}

std::vector<StoreFilling> FillService::fillings() const {
  std::vector<StoreFilling> facts;
  for (const auto& [key, stream] : streams_) {
    if (stream.state() != FillStream::State::Complete) continue;
    const FillProgress& progress = stream.durable();
    facts.push_back({.partition = progress.partition,
                     .sink_store = neighbours_.identity.store,
                     .source_store = progress.source_store,
                     .filling = {.sink = neighbours_.outbox.self(),
                                 .source = progress.source,
                                 .epoch = progress.epoch}});
  }
  return facts;
}

std::vector<FillProgress> FillService::progress() const {
  std::vector<FillProgress> all;
  all.reserve(streams_.size());
  for (const auto& [key, stream] : streams_) all.push_back(stream.durable());
  return all;
}

void FillService::check_invariants() const {
  std::size_t storing = 0;
  for (const auto& [key, stream] : streams_) {
    stream.check_invariants();
    STARLING_CHECK(stream.durable().partition == key.first);
    storing += stream.state() == FillStream::State::Storing ? 1 : 0;
  }
  STARLING_CHECK(storing == stored_.size());
  STARLING_CHECK(active() <= options_.incoming_max);
}

}  // namespace starling

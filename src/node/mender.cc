#include "node/mender.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "node/cluster_view.h"
#include "node/coordinator.h"
#include "node/operation.h"
#include "quorum/actions.h"
#include "replica/damage_ledger.h"
#include "replica/key_layout.h"
#include "replica/replica_store.h"
#include "ring/ring.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// No request lives longer, so none counts an acknowledgement that is older. A twentieth more: the
// coordinator's minute is not this node's, and clocks that differ by more are broken.
constexpr Duration kRest = kTimeoutMax + kTimeoutMax / 20;
// What an attempt may take, and the pause behind one that failed: a replica is down, or busy.
constexpr Duration kAttemptMax = std::chrono::seconds(5);
constexpr Duration kRetryPause = std::chrono::seconds(10);
// Attempts that failed, some minute of them, until somebody is told what keeps it from being
// mended.
constexpr std::uint32_t kAttemptsUntold = 6;
// More would only compete with clients; each is one read of all replicas.
constexpr std::size_t kAskingMax = 8;

std::string name_of(const RecordKey& record) {
  return record.address.bucket + "/" + record.address.key;
}

}  // namespace

Mender::Mender(ReplicaStore& store, Coordinator& coordinator, const ClusterView& cluster, Log& log)
    : store_(store), coordinator_(coordinator), cluster_(cluster), log_(log) {}

void Mender::collect(Instant now) {
  for (const std::string& store_key : store_.take_damaged_records()) {
    Result<RecordKey> record = parse_record_store_key(store_key);
    if (!record.ok()) continue;  // what no write of ours made is nobody's record
    places_.emplace(++numbers_, Place{.record = *std::move(record), .due = now + kRest});
  }
}

void Mender::on_timer(Instant now) {
  for (auto place = places_.begin(); place != places_.end() && asking_ < kAskingMax;) {
    const auto at = place++;
    if (at->second.state != State::Asking && at->second.due <= now) {
      ask(at->first, at->second, now);
    }
  }
}

void Mender::ask(std::uint64_t number, Place& place, Instant now) {
  const Ring& ring = cluster_.ring();
  // What this node owns no more, nobody reads here.
  if (!ring.owns(cluster_.self(), place.record.partition)) {
    store_.forget_damage(place.record);
    places_.erase(number);
    return;
  }
  // Of the slots that are read, this one aside if it is one.
  const PartitionId partition = place.record.partition;
  const std::uint32_t others =
      ring.numbers(partition).reads - (ring.reads_at(cluster_.self(), partition) ? 1 : 0);
  if (others == 0) return leave_unsupplied(place, now);
  place.state = State::Asking;
  ++asking_;
  // All other slots: this one's own record can not be read, so it is none of those that answer.
  coordinator_.get(
      ForMending{.place = number},
      {.address = place.record.address, .levels = {.r = Level::count(others)}, .session = {}}, now,
      now + kAttemptMax);
}

void Mender::on_answer(const MendAnswer& answer, Instant now) {
  const auto place = places_.find(answer.place);
  if (place == places_.end()) return;
  STARLING_CHECK(asking_ > 0 && place->second.state == State::Asking);
  --asking_;
  place->second.state = State::Resting;
  place->second.due = now + kRetryPause;
  const auto* const read = std::get_if<AnswerGet>(&answer.answer);
  if (read == nullptr) return note_failure(place->second, std::get<AnswerError>(answer.answer));
  mend(place, read->record, now);
}

// Of the copies that can be read nobody knows whether they have all that the lost ones had: two of
// three may have acknowledged what the third has never seen. So none is taken for the whole.
void Mender::note_failure(Place& place, const AnswerError& answer) {
  log_.write(LogLevel::Trace, "mark: mend: the others could not be asked");
  if (++place.attempts != kAttemptsUntold) return;
  log_.warning("the record of " + name_of(place.record) +
               " can not be read here and not be mended: not every other replica answers for it (" +
               answer.status.message() +
               "). One that is away: start it. One that can not read its own copy either: what is "
               "left may lack acknowledged writes, so it is yours to judge; get it at --r one from "
               "a node that can read it, and put it under another key");
}

void Mender::mend(Places::iterator place, const SiblingSet& versions, Instant now) {
  const RecordKey& record = place->second.record;
  const Result<ReplicaStore::Mended> mended = store_.mend(record, versions);
  if (!mended.ok()) {
    log_.debug("the record of " + name_of(record) +
               " is not mended yet: " + mended.status().message());
    return;
  }
  if (*mended == ReplicaStore::Mended::NothingToPut) {
    return leave_unsupplied(place->second, now);
  }
  log_.write(LogLevel::Trace, "mark: mend: a record is sound again");
  log_.info("the record of " + name_of(record) + " is sound again");
  places_.erase(place);
}

void Mender::leave_unsupplied(Place& place, Instant now) {
  if (!std::exchange(place.told, true)) {
    log_.write(LogLevel::Trace, "mark: mend: no other replica has the record");
    log_.warning("no other replica holds anything of " + name_of(place.record) +
                 ", which can not be read here: it stays damaged");
  }
  place.state = State::Unsupplied;
  place.due = now + kRest;
}

std::optional<Instant> Mender::next_deadline() const {
  if (asking_ >= kAskingMax) return std::nullopt;
  std::optional<Instant> earliest;
  for (const auto& [number, place] : places_) {
    if (place.state == State::Asking) continue;
    earliest = std::min(earliest.value_or(place.due), place.due);
  }
  return earliest;
}

DamageCounts Mender::counts() const {
  const DamageLedger& ledger = store_.damage();
  const auto unsupplied = static_cast<std::uint64_t>(std::ranges::count_if(
      places_, [](const auto& entry) { return entry.second.state == State::Unsupplied; }));
  return {.met = ledger.met(),
          .mended = ledger.mended(),
          .waiting = ledger.places() - std::min<std::uint64_t>(unsupplied, ledger.places()),
          .unsupplied = unsupplied};
}

}  // namespace starling

#include "replica/replica_store.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/store_condition.h"
#include "repair/merkle_leaf.h"
#include "replica/key_layout.h"
#include "replica/record_cache.h"
#include "replica/record_codec.h"
#include "replica/record_walk.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// Nothing raises a fence before tombstones are reaped.
constexpr FenceStamp kFence{0};

std::string name_of(const RecordAddress& record) {
  return record.address.bucket + "/" + record.address.key;
}

// What a put with this context would leave of the stored siblings.
struct Remainder {
  std::size_t siblings = 0;
  std::size_t value_bytes = 0;
};

Remainder remainder_of(const SiblingSet& stored, const VectorClock& context) {
  Remainder left;
  for (const Sibling& sibling : stored.siblings()) {
    if (context.has(sibling.dot)) continue;
    ++left.siblings;
    left.value_bytes += sibling.value.size();
  }
  return left;
}

Sibling sibling_of(PutCommand&& put) {
  Sibling sibling;
  sibling.kind = put.kind;
  sibling.value_hash = hash_of_value(put.kind, put.content_type, put.value);
  sibling.modified = put.modified;
  sibling.content_type = std::move(put.content_type);
  sibling.value = std::move(put.value);
  return sibling;
}

// Joins, and says whether anything changed; nothing: the sets contradict each other. Clock and
// number decide: without a new dot no sibling can appear, so an unchanged clock can only lose
// siblings.
std::optional<bool> join(SiblingSet& versions, const SiblingSet& incoming) {
  const VectorClock clock_before = versions.clock();
  const std::size_t siblings_before = versions.siblings().size();
  if (!versions.sync(incoming)) return std::nullopt;
  return versions.clock() != clock_before || versions.siblings().size() != siblings_before;
}

}  // namespace

ReplicaStore::ReplicaStore(StorageEngine& engine, Log& log, Minter minter, Random random,
                           ReplicaStoreOptions options)
    : engine_(engine),
      log_(log),
      minter_(minter),
      random_(random),
      options_(options),
      cache_(options.cache_bytes_max),
      trees_(engine, log, options.trees) {}

Result<ReplicaStore::View> ReplicaStore::read(const RecordAddress& record) {
  STARLING_ASSIGN_OR_RETURN(loaded, const Entry* const entry, load(record));
  return View{
      .versions = &entry->stored.record.versions, .durable_at = entry->ticket, .fence = kFence};
}

Result<CommitTicket> ReplicaStore::merge(const RecordAddress& record, const SiblingSet& incoming,
                                         bool must_sync) {
  // What others have stored already is taken as long as anything is.
  STARLING_RETURN_IF_ERROR(check_room(SiblingKind::Tombstone));
  STARLING_RETURN_IF_ERROR(check_queue());
  STARLING_ASSIGN_OR_RETURN(loaded, Entry* const entry, load(record));
  ReplicaRecord& stored = entry->stored.record;
  if (minter_.is_surprised_by(stored.mine, incoming.clock())) {
    ++counters_.surprises;
    start_fresh_incarnation("a peer knows a later write of this process for " + name_of(record));
  }
  Hash128 before = contribution_of(record, *entry);
  const std::optional<bool> changed = join(stored.versions, incoming);
  if (!changed.has_value()) return refuse_collision(record);
  // Planted: the last of several concurrent siblings wins.
  if (options_.planted == PlantedBug::DropSiblingOnMerge && stored.versions.siblings().size() > 1) {
    stored.versions = SiblingSet(stored.versions.clock(), {stored.versions.siblings().back()});
  }
  // Planted: the leaf's sum stays what it was.
  if (options_.planted == PlantedBug::StaleLeaf) before = contribution_of(record, stored.versions);
  const CommitDemand demand = must_sync ? CommitDemand::Synced : options_.ordinary_demand;
  // A copy that is only written is written once more for who needs it synced: a later sync of other
  // writes does not reach back over LevelDB's change of logs.
  const bool needs_sync = demand == CommitDemand::Synced && entry->demand != CommitDemand::Synced;
  if (!*changed && !needs_sync) return entry->ticket;
  return commit(record, *entry, before, demand);
}

Result<ReplicaStore::MintOutcome> ReplicaStore::mint(const RecordAddress& record,
                                                     PutCommand&& put) {
  if (is_minting_stopped()) {
    return Status(StatusCode::Unavailable,
                  "this replica mints no more: one dot stood for two values; see its log");
  }
  STARLING_RETURN_IF_ERROR(check_room(put.kind));
  STARLING_RETURN_IF_ERROR(check_queue());
  STARLING_ASSIGN_OR_RETURN(loaded, Entry* const entry, load(record));
  ReplicaRecord& stored = entry->stored.record;
  STARLING_RETURN_IF_ERROR(check_sibling_limits(stored.versions, put));
  if (lost_something_) {
    lost_something_ = false;
    // Planted: what this process minted may be gone, and it goes on as if it were there.
    if (options_.planted != PlantedBug::KeepIncarnation) {
      start_fresh_incarnation("the store met an error since the last mint");
    }
  }
  if (minter_.is_surprised_by(stored.mine, put.context)) {
    ++counters_.surprises;
    start_fresh_incarnation("a client knows a later write of this process for " + name_of(record));
  }
  const bool wants_synced = put.levels.dw != Level::none();
  const VectorClock context = std::move(put.context);
  const Hash128 before = contribution_of(record, *entry);
  MintOutcome outcome;
  outcome.minted = minter_.mint(stored, context, sibling_of(std::move(put)));
  outcome.live_siblings = static_cast<std::uint32_t>(stored.versions.live_values());
  outcome.fence = kFence;
  outcome.ticket = commit(record, *entry, before,
                          wants_synced ? CommitDemand::Synced : options_.ordinary_demand);
  return outcome;
}

Result<ReplicaStore::Mended> ReplicaStore::mend(const RecordKey& record,
                                                const SiblingSet& versions) {
  STARLING_RETURN_IF_ERROR(check_room(SiblingKind::Tombstone));
  STARLING_RETURN_IF_ERROR(check_queue());
  const RecordAddress address{
      .partition = record.partition, .token = record.token, .address = record.address};
  const Result<Entry*> loaded = load(address);
  if (!loaded.ok() && versions.empty()) return Mended::NothingToPut;
  lost_something_ = lost_something_ || !loaded.ok();
  Entry& entry =
      loaded.ok() ? **loaded
                  : cache_.insert(record_store_key(address), StoredRecord{}, CommitDemand::Written);
  Hash128 before = contribution_of(address, entry);
  if (!join(entry.stored.record.versions, versions).has_value()) {
    const Result<CommitTicket> refused = refuse_collision(address);
    return refused.status();
  }
  if (!loaded.ok()) {
    // What the damaged record added is unknown: most likely what its successor does.
    before = contribution_of(address, entry.stored.record.versions);
  }
  damage_.note_rewrite(entry.store_key, commit(address, entry, before, CommitDemand::Synced));
  return Mended::Rewritten;
}

void ReplicaStore::forget_damage(const RecordKey& record) {
  damage_.drop_record(record_store_key(
      {.partition = record.partition, .token = record.token, .address = record.address}));
}

void ReplicaStore::on_committed(CommitTicket through) {
  cache_.on_committed(through);
  damage_.on_committed(through);
}

void ReplicaStore::forget_uncommitted() {
  cache_.clear();
  trees_.forget();
  damage_.forget_uncommitted();
  lost_something_ = true;
}

Result<ReplicaStore::ScanOutcome> ReplicaStore::scan(const ScanQuery& query) {
  STARLING_CHECK(query.visited_max > 0 && query.matched_max > 0 && query.bytes_max > 0);
  KeyBounds bounds = bounds_of_table(query.partition, StoreTable::Records);
  if (query.after.has_value()) {
    const RecordKey& after = *query.after;
    bounds.from = successor_of(record_store_key(
        {.partition = query.partition, .token = after.token, .address = after.address}));
  }
  ScanOutcome outcome;
  std::uint32_t visited = 0;
  std::size_t bytes = 0;
  WalkStop stop;
  const Status walked = walk_records(
      engine_, cache_, bounds, options_.planted,
      [&](const WalkedRecord& walked_record) {
        const KeyAddress& address = walked_record.key.address;
        if (address.bucket == query.bucket && address.key.starts_with(query.prefix)) {
          outcome.entries.push_back(
              {.key = address.key, .versions = walked_record.versions.without_values()});
          outcome.durable_at = std::max(outcome.durable_at, walked_record.durable_at);
          bytes += address.key.size() + message_bytes_of(outcome.entries.back().versions);
        }
        ++visited;
        if (visited < query.visited_max && outcome.entries.size() < query.matched_max &&
            bytes < query.bytes_max) {
          return true;
        }
        outcome.stopped_at = address;
        return false;
      },
      stop);
  if (!walked.ok()) {
    note_damaged_walk(stop, walked);
    return walked;
  }
  return outcome;
}

Status ReplicaStore::advance_digest(DigestWork& work, std::uint32_t records_max) {
  STARLING_CHECK(records_max > 0 && !work.finished);
  KeyBounds bounds = bounds_of_table(work.partition, StoreTable::Records);
  if (!work.next.empty()) bounds.from = work.next;
  std::uint32_t visited = 0;
  WalkStop stop;
  work.finished = true;
  const Status walked = walk_records(
      engine_, cache_, bounds, options_.planted,
      [&](const WalkedRecord& walked_record) {
        if (visited == records_max) {
          work.finished = false;
          work.next = record_store_key({.partition = work.partition,
                                        .token = walked_record.key.token,
                                        .address = walked_record.key.address});
          return false;
        }
        ++visited;
        const KeyAddress& address = walked_record.key.address;
        work.sum.add(visible_digest(address.bucket + '\0' + address.key, walked_record.versions));
        work.durable_at = std::max(work.durable_at, walked_record.durable_at);
        return true;
      },
      stop);
  if (!walked.ok()) note_damaged_walk(stop, walked);
  if (walked.ok()) damage_.forget_gaps(bounds.from, work.finished ? bounds.to : work.next);
  return walked;
}

void ReplicaStore::work_on_trees(std::uint32_t records_max) {
  trees_.work(
      [this](PartitionId partition, const TokenRange& range, const MerkleTrees::Visitor& visit) {
        std::uint32_t unreadable = 0;
        return visit_tokens(
            partition, range,
            [&](const WalkedRecord& walked) {
              return visit(
                  walked.key.token,
                  starling::contribution_of(walked.key.address, walked.versions, trees_.seed()));
            },
            unreadable);
      },
      records_max);
}

Status ReplicaStore::visit_tokens(PartitionId partition, const TokenRange& range,
                                  const RecordVisitor& visit, std::uint32_t& unreadable) {
  const KeyBounds all = bounds_of_tokens(partition, range.first, range.last);
  KeyBounds bounds = all;
  bool is_through = true;
  const RecordVisitor watched = [&](const WalkedRecord& record) {
    is_through = visit(record);
    return is_through;
  };
  while (true) {
    WalkStop stop;
    const Status walked = walk_records(engine_, cache_, bounds, options_.planted, watched, stop);
    if (walked.ok() && is_through) damage_.forget_gaps(all.from, all.to);
    if (!walked.ok()) note_damaged_walk(stop, walked);
    if (walked.ok() || !stop.is_damaged_record) return walked;
    ++unreadable;
    bounds.from = successor_of(stop.at);
  }
}

Result<ReplicaStore::OldCopy> ReplicaStore::find_old_copy(PartitionId partition,
                                                          std::uint32_t entries_max) {
  STARLING_CHECK(entries_max > 0);
  OldCopy copy;
  const KeyBounds records = bounds_of_table(partition, StoreTable::Records);
  const auto pinned = cache_.pinned().lower_bound(records.from);
  copy.is_pending = pinned != cache_.pinned().end() && pinned->first < records.to;
  const StorageEngine::Visitor take = [&](std::string_view key, std::string_view /*value*/) {
    copy.store_keys.emplace_back(key);
    copy.bytes += key.size();
    return copy.store_keys.size() < entries_max;
  };
  STARLING_RETURN_IF_ERROR(engine_.scan(records.from, records.to, take));
  copy.records = static_cast<std::uint32_t>(copy.store_keys.size());
  if (copy.store_keys.size() == entries_max) return copy;
  const KeyBounds leaves = bounds_of_table(partition, StoreTable::LeafSums);
  STARLING_RETURN_IF_ERROR(engine_.scan(leaves.from, leaves.to, take));
  return copy;
}

CommitTicket ReplicaStore::remove_old_copy(const OldCopy& copy, std::vector<StorageWrite> along) {
  STARLING_CHECK(!copy.is_pending);
  for (const std::string& store_key : copy.store_keys) {
    along.push_back({.key = store_key, .value = std::nullopt});
  }
  const CommitTicket ticket = engine_.commit(std::move(along), options_.ordinary_demand);
  // Until that is through the engine shows them: what is written to the partition meanwhile, when
  // it has come back, must not be taken for there already.
  for (std::uint32_t i = 0; i < copy.records; ++i) {
    const std::string& store_key = copy.store_keys[i];
    Entry* const cached = cache_.find(store_key);
    Entry& entry = cached != nullptr
                       ? *cached
                       : cache_.insert(store_key, StoredRecord{}, options_.ordinary_demand);
    entry.stored = {};
    entry.contribution.reset();
    cache_.pin(entry, ticket, options_.ordinary_demand);
    damage_.drop_record(store_key);
  }
  return ticket;
}

Result<ReplicaStore::Entry*> ReplicaStore::load(const RecordAddress& record) {
  std::string store_key = record_store_key(record);
  if (Entry* const cached = cache_.find(store_key); cached != nullptr) return cached;
  CommitDemand satisfied = CommitDemand::Synced;
  Result<StoredRecord> stored = fetch(store_key, satisfied);
  if (!stored.ok()) {
    note_damaged_record(store_key, stored.status());
    // Planted: a damaged record passes for one that was never there.
    if (options_.planted != PlantedBug::CorruptIsAbsent) return stored.status();
    stored = StoredRecord{};
  }
  return &cache_.insert(std::move(store_key), std::move(stored).value(), satisfied);
}

Result<StoredRecord> ReplicaStore::fetch(std::string_view store_key, CommitDemand& satisfied) {
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> bytes, engine_.get(store_key));
  if (!bytes.has_value()) return StoredRecord{};
  // What was read back is synced only if everything is.
  satisfied = options_.ordinary_demand;
  return decode_record(store_key, *bytes);
}

// After any store error the next mint must begin a new incarnation: what this process minted may be
// gone without a trace. Once for each damaged place, or reading it often would bloat every clock.
// Another damaged record is another place, and begins a new incarnation again.
void ReplicaStore::note_damaged_record(std::string_view store_key, const Status& status) {
  // A store that is closed says nothing of its records.
  if (status.code() == StatusCode::DiskFull) return;
  ++counters_.corruptions;
  if (!damage_.note_record(store_key)) return;
  const Result<RecordKey> record = parse_record_store_key(store_key);
  tell_damage(record.ok() ? record->address.bucket + "/" + record->address.key : "an unknown key",
              status);
}

void ReplicaStore::note_damaged_walk(const WalkStop& stop, const Status& status) {
  if (stop.is_damaged_record) return note_damaged_record(stop.at, status);
  if (status.code() == StatusCode::DiskFull) return;
  ++counters_.corruptions;
  if (!damage_.note_gap(stop.at)) return;
  const Result<RecordKey> last = parse_record_store_key(stop.at);
  tell_damage(last.ok() ? "some key behind " + last->address.bucket + "/" + last->address.key
                        : "a partition's first keys",
              status);
}

void ReplicaStore::tell_damage(const std::string& place, const Status& status) {
  lost_something_ = true;
  log_.write(LogLevel::Trace, "mark: store: met a damaged place");
  log_.error("the record of " + place +
             " can not be read, other replicas must answer for it: " + status.to_string());
}

void ReplicaStore::start_fresh_incarnation(std::string_view reason) {
  minter_.start_incarnation(Incarnation{random_.next()});
  log_.warning("new incarnation " + to_text(minter_.incarnation().value) + ": " +
               std::string(reason));
}

Status ReplicaStore::check_queue() const {
  if (engine_.queued_bytes() < options_.queued_bytes_max) return Status::success();
  return Status(StatusCode::Overloaded, "the disk is behind: too many bytes wait to be committed")
      .with_retry_after(kDiskRetry);
}

Status ReplicaStore::check_room(SiblingKind kind) const {
  if (takes(condition_, kind)) return Status::success();
  return {StatusCode::DiskFull, condition_ == StoreCondition::Full
                                    ? "the disk of this node is full: nothing was applied"
                                    : "the disk of this node is nearly full and takes no new "
                                      "values: nothing was applied"};
}

// A put that resolves at least one sibling is what we want at the limit, so it passes: their number
// does not grow by it, and their bytes by one value at most. Beyond that only what lets the record
// shrink passes, or a stale context could make it grow out of every message. Whoever resolves all
// siblings leaves one value, so a way out is always open.
Status ReplicaStore::check_sibling_limits(const SiblingSet& stored, const PutCommand& put) const {
  const Remainder left = remainder_of(stored, put.context);
  if (left.siblings == 0) return Status::success();
  const std::size_t bytes = left.value_bytes + put.value.size();
  const std::size_t bytes_before = value_bytes_of(stored);
  const bool resolves = left.siblings < stored.siblings().size();
  const std::size_t bytes_max =
      resolves ? std::max(bytes_before, options_.sibling_bytes_max + kValueBytesMax)
               : options_.sibling_bytes_max;
  const bool too_many = !resolves && left.siblings >= options_.siblings_max;
  if (!too_many && bytes <= bytes_max) return Status::success();
  return {StatusCode::TooManySiblings,
          "the key holds " + std::to_string(stored.siblings().size()) + " siblings of " +
              std::to_string(bytes_before) +
              " bytes, which is all it may: read it, and write with the context that you get"};
}

Hash128 ReplicaStore::contribution_of(const RecordAddress& record, Entry& entry) const {
  if (!trees_.covers(record.partition)) return {};
  if (!entry.contribution.has_value())
    entry.contribution = contribution_of(record, entry.stored.record.versions);
  return *entry.contribution;
}

Hash128 ReplicaStore::contribution_of(const RecordAddress& record,
                                      const SiblingSet& versions) const {
  if (!trees_.covers(record.partition)) return {};
  return starling::contribution_of(record.address, versions, trees_.seed());
}

CommitTicket ReplicaStore::commit(const RecordAddress& record, Entry& entry, const Hash128& before,
                                  CommitDemand demand) {
  entry.stored.fence = kFence;
  entry.contribution.reset();  // it is changed
  // A damaged place may have been passed over when its leaf was summed up; whoever has the record
  // at hand yet knows nothing of that.
  if (damage_.holds(entry.store_key)) trees_.doubt(record.partition, record.token);
  std::vector<StorageWrite> batch;
  batch.reserve(2);  // the record and its leaf
  batch.push_back({entry.store_key, encode_record(entry.store_key, entry.stored)});
  trees_.on_write(record.partition, record.token, before, contribution_of(record, entry), batch);
  const bool leaves_it_to_the_next = options_.planted == PlantedBug::LaterSync;
  CommitTicket ticket =
      engine_.commit(std::move(batch), leaves_it_to_the_next ? CommitDemand::Written : demand);
  // Planted: the sync that follows is taken to reach back to this write.
  if (leaves_it_to_the_next) ticket = engine_.commit({}, demand);
  cache_.pin(entry, ticket, demand);
  return ticket;
}

Result<CommitTicket> ReplicaStore::refuse_collision(const RecordAddress& record) {
  ++counters_.dot_collisions;
  log_.error("DOT_COLLISION: one dot stands for two values of " + name_of(record) +
             "; nothing was merged, and this node mints no more until it is restarted");
  return Status(StatusCode::Failure, "one dot stands for two values of " + name_of(record));
}

}  // namespace starling

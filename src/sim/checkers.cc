#include "sim/checkers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/history.h"
#include "sim/key_truth.h"
#include "sim/violation.h"
#include "sim/witness.h"
#include "sim/write_set.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

std::string name(std::uint32_t write) {
  return "w" + std::to_string(write);
}

std::string name(const Operation& operation) {
  return "#" + std::to_string(operation.number);
}

// The checkers look at one key at a time; nothing is promised across keys.
class KeyChecker {
 public:
  KeyChecker(const Evidence& evidence, std::uint32_t key)
      : evidence_(evidence),
        key_(key),
        record_(evidence.history.keys.at(key)),
        truth_(evidence.history, evidence.witness, key) {
    for (const Operation& operation : evidence.history.operations) {
      if (operation.key == key && operation.kind != OperationKind::Keys) {
        operations_.push_back(&operation);
      }
    }
  }

  void find_lost_writes();
  void find_false_siblings();
  void find_phantoms();
  void find_wide_contexts();
  void find_stale_reads();
  void find_session_losses();
  void find_lost_protection();

  [[nodiscard]] std::vector<Violation> take() && { return std::move(found_); }

 private:
  void accuse(const char* checker, std::string text) {
    found_.push_back({checker, record_.address.key, std::move(text)});
  }
  [[nodiscard]] std::vector<const Operation*> answered_gets() const;
  // Acknowledged by enough copies for one of them to have survived this run.
  [[nodiscard]] bool must_survive(const Operation& write) const;
  // Its only copy may have been one that could not be mended.
  [[nodiscard]] bool may_have_rotted(const Operation& write) const {
    return evidence_.records_rotted && write.required < 2;
  }
  // On a disk that was lost, and on too few others for the one that took its place to have met
  // them: it is filled from a majority.
  [[nodiscard]] bool may_lose_protection(const Operation& get, std::uint32_t level,
                                         std::uint32_t wider) const;
  [[nodiscard]] bool may_be_lost(std::uint32_t copies, std::uint32_t n) const {
    return evidence_.disk_destroyed && 2 * copies <= n;
  }
  void check_survival(const Operation& write, const SiblingSet& record);
  void check_put_context(const Operation& put);
  void check_get_context(const Operation& get);
  void check_sees(const Operation& get, const Operation& write, const WriteSet& seen);
  [[nodiscard]] WriteSet seen_by(const Operation& get) const;

  const Evidence& evidence_;
  std::uint32_t key_;
  const KeyRecord& record_;
  KeyTruth truth_;
  std::vector<const Operation*> operations_;
  std::vector<Violation> found_;
};

std::vector<const Operation*> KeyChecker::answered_gets() const {
  std::vector<const Operation*> gets;
  std::copy_if(operations_.begin(), operations_.end(), std::back_inserter(gets),
               [](const Operation* operation) {
                 return operation->kind == OperationKind::Get && operation->succeeded();
               });
  return gets;
}

bool KeyChecker::must_survive(const Operation& write) const {
  if (!write.is_write() || !write.succeeded() || evidence_.acknowledged_may_be_lost) return false;
  return write.required >= (evidence_.disk_destroyed ? 2U : 1U);
}

void KeyChecker::find_lost_writes() {
  const SiblingSet& record = evidence_.final_records.at(key_);
  for (const Operation* const operation : operations_) {
    if (must_survive(*operation)) check_survival(*operation, record);
  }
}

void KeyChecker::check_survival(const Operation& write, const SiblingSet& record) {
  if (write.kind == OperationKind::Delete) {
    const AppliedWrite* const tombstone = truth_.tombstone_of(write);
    if (tombstone != nullptr && !record.clock().has(tombstone->dot)) {
      accuse("lost-write", "the delete of " + name(write) + " was acknowledged and is gone");
    }
    return;
  }
  const AppliedWrite* const put = truth_.put(write.write);
  if (put == nullptr) {
    accuse("lost-write", name(write.write) + " was acknowledged and never stored anywhere");
  } else if (!record.clock().has(put->dot)) {
    accuse("lost-write", name(write.write) + " was acknowledged and no replica knows of it");
  } else if (!record.has_live(put->dot) && !truth_.excused_by(record.clock()).has(write.write)) {
    accuse("lost-write", name(write.write) +
                             " was acknowledged and is gone, but no write whose client had been "
                             "shown it took its place");
  }
}

void KeyChecker::find_false_siblings() {
  const SiblingSet& record = evidence_.final_records.at(key_);
  const WriteSet buried_at_end = truth_.buried_by(record.clock());
  for (const AppliedWrite& applied : truth_.applied()) {
    if (!applied.is_delete && record.has_live(applied.dot) && buried_at_end.has(applied.write)) {
      accuse("false-sibling",
             name(applied.write) + " is live at the end, beside a write whose client had seen it");
    }
  }
  for (const Operation* const get : answered_gets()) {
    const WriteSet buried = truth_.buried_by(get->clock);
    std::set<std::uint32_t> shown;
    for (const std::uint32_t write : get->returned) {
      if (!shown.insert(write).second) {
        accuse("false-sibling", name(*get) + " returned " + name(write) + " twice");
      }
      if (write != WriteSet::kNoWrite && buried.has(write)) {
        accuse("false-sibling", name(*get) + " returned " + name(write) +
                                    ", which a write that it covers had superseded");
      }
    }
  }
}

void KeyChecker::find_phantoms() {
  for (const Operation* const operation : operations_) {
    const bool never =
        operation->outcome == Outcome::NotApplied && operation->kind == OperationKind::Put;
    if (never && truth_.put(operation->write) != nullptr) {
      accuse("phantom", name(operation->write) +
                            " was stored though the answer said: " + operation->status.to_string());
    }
  }
  for (const Operation* const get : answered_gets()) {
    for (const std::uint32_t write : get->returned) {
      if (write >= record_.writes.size()) {
        accuse("phantom", name(*get) + " returned a value that is torn or that nobody wrote");
      }
    }
  }
  for (const Violation& violation : truth_.violations()) found_.push_back(violation);
}

void KeyChecker::find_wide_contexts() {
  for (const Operation* const operation : operations_) {
    if (!operation->succeeded()) continue;
    if (operation->kind == OperationKind::Put) check_put_context(*operation);
    if (operation->kind == OperationKind::Get) check_get_context(*operation);
  }
  for (const auto& [dot, sighting] : evidence_.witness.sightings(key_)) {
    if (sighting.write == WriteSet::kNoWrite || !sighting.delta.has_value()) continue;
    const WriteRecord& write = record_.writes.at(sighting.write);
    const Operation& request = evidence_.history.operations.at(write.operation);
    if (with_dot(request.context.clock, dot) != *sighting.delta) {
      accuse("wide-context", name(sighting.write) + " was sent to replicas with a context that " +
                                 name(request) + " did not carry: " + to_text(*sighting.delta));
    }
  }
}

void KeyChecker::check_put_context(const Operation& put) {
  const AppliedWrite* const applied = truth_.put(put.write);
  if (applied == nullptr || put.clock == with_dot(put.context.clock, applied->dot)) return;
  accuse("wide-context",
         "the context that " + name(put) +
             " returned is not the request's with the new write: " + to_text(put.clock));
}

void KeyChecker::check_get_context(const Operation& get) {
  const std::uint32_t hidden = truth_.writes_in(get.clock).first_missing_in(seen_by(get));
  if (hidden == WriteSet::kNoWrite) return;
  accuse("wide-context", "the context that " + name(get) + " returned covers " + name(hidden) +
                             ", which was neither returned nor superseded");
}

// What an answer shows: the values, and what they and the tombstones behind them superseded.
WriteSet KeyChecker::seen_by(const Operation& get) const {
  WriteSet seen = truth_.excused_by(get.clock);
  for (const std::uint32_t write : get.returned) {
    if (write != WriteSet::kNoWrite) seen.add(write);
  }
  return seen;
}

void KeyChecker::find_stale_reads() {
  if (evidence_.acknowledged_may_be_lost) return;
  for (const Operation* const get : answered_gets()) {
    const WriteSet seen = seen_by(*get);
    const std::uint32_t n = evidence_.history.replicas_until(get->key, get->ended);
    const bool is_fresh = evidence_.history.promises_freshness(get->key, get->required, get->ended);
    for (const Operation* const write : operations_) {
      const bool overlaps = write->required + get->required > n && is_fresh;
      // A sloppy one is promised to be seen when its hints have come home.
      if (may_have_rotted(*write) || may_be_lost(write->required, n) || write->sloppy) continue;
      if (write->is_write() && write->succeeded() && overlaps && write->ended < get->begun) {
        check_sees(*get, *write, seen);
      }
    }
  }
}

void KeyChecker::check_sees(const Operation& get, const Operation& write, const WriteSet& seen) {
  if (write.kind == OperationKind::Put) {
    if (seen.has(write.write)) return;
    accuse("stale-read",
           name(get) + " misses " + name(write.write) + ", which was acknowledged before it began");
    return;
  }
  const AppliedWrite* const tombstone = truth_.tombstone_of(write);
  if (tombstone == nullptr || get.clock.has(tombstone->dot)) return;
  accuse("stale-read", name(get) + " misses the delete of " + name(write) +
                           ", which was acknowledged before it began");
}

void KeyChecker::find_session_losses() {
  for (const Operation* const get : answered_gets()) {
    if (!get->clock.covers(get->context.clock)) {
      accuse("session", name(*get) + " returned less than its session's context covers");
    }
  }
}

// A read of `level` that protects what it returned ended before another began, of `wider` replicas
// more than at the founding: whether the other may still see less.
bool KeyChecker::may_lose_protection(const Operation& get, std::uint32_t level,
                                     std::uint32_t wider) const {
  // In a wider row as many holders are met by as many more answers.
  if (level + wider > get.required) return true;
  // One holder protects from a read of all, and it may have been the one that lost it.
  if (evidence_.records_rotted && level >= evidence_.history.replicas) return true;
  const std::uint32_t n = evidence_.history.replicas + wider;
  return level > n || may_be_lost(n - level + 1, n);
}

void KeyChecker::find_lost_protection() {
  if (evidence_.acknowledged_may_be_lost) return;
  const std::vector<const Operation*> gets = answered_gets();
  std::vector<const Operation*> by_end;
  std::copy_if(gets.begin(), gets.end(), std::back_inserter(by_end),
               [](const Operation* get) { return get->protected_read; });
  std::stable_sort(by_end.begin(), by_end.end(), [](const Operation* left, const Operation* right) {
    return left->ended < right->ended;
  });
  // `gets` is in order of begin: the protected reads that ended before it only grow in number.
  std::size_t ended = 0;
  std::map<std::uint32_t, VectorClock> protected_at;  // by level
  for (const Operation* const get : gets) {
    if (!evidence_.history.promises_freshness(get->key, get->required, get->ended)) continue;
    for (; ended < by_end.size() && by_end.at(ended)->ended < get->begun; ++ended) {
      protected_at[by_end.at(ended)->required].join(by_end.at(ended)->clock);
    }
    const std::uint32_t wider =
        evidence_.history.replicas_until(get->key, get->ended) - evidence_.history.replicas;
    for (const auto& [level, clock] : protected_at) {
      if (get->clock.covers(clock) || may_lose_protection(*get, level, wider)) continue;
      accuse("lost-protection", name(*get) + " at " + std::to_string(get->required) +
                                    " sees less than an earlier protected read at " +
                                    std::to_string(level));
      break;
    }
  }
}

// Whether `listing`, of a row of `n`, can not have missed what `request` wrote.
bool must_be_listed(const Evidence& evidence, const Operation& request, const Operation& listing,
                    std::uint32_t n) {
  const bool may_be_gone = (evidence.records_rotted && request.required < 2) ||
                           (evidence.disk_destroyed && 2 * request.required <= n);
  return request.succeeded() && !may_be_gone && !request.sloppy && request.ended < listing.begun &&
         request.required + listing.required > n;
}

using Find = void (KeyChecker::*)();

std::vector<Violation> for_each_key(const Evidence& evidence, std::initializer_list<Find> finds) {
  std::vector<Violation> all;
  for (std::uint32_t key = 0; key < evidence.history.keys.size(); ++key) {
    KeyChecker checker(evidence, key);
    for (const Find find : finds) (checker.*find)();
    std::vector<Violation> found = std::move(checker).take();
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::vector<Violation> find_lost_writes(const Evidence& evidence) {
  return for_each_key(evidence, {&KeyChecker::find_lost_writes});
}

std::vector<Violation> find_false_siblings(const Evidence& evidence) {
  return for_each_key(evidence, {&KeyChecker::find_false_siblings});
}

std::vector<Violation> find_phantoms(const Evidence& evidence) {
  return for_each_key(evidence, {&KeyChecker::find_phantoms});
}

std::vector<Violation> find_wide_contexts(const Evidence& evidence) {
  return for_each_key(evidence, {&KeyChecker::find_wide_contexts});
}

std::vector<Violation> find_stale_reads(const Evidence& evidence) {
  return for_each_key(evidence, {&KeyChecker::find_stale_reads});
}

std::vector<Violation> find_lost_protection(const Evidence& evidence) {
  return for_each_key(evidence,
                      {&KeyChecker::find_session_losses, &KeyChecker::find_lost_protection});
}

std::vector<Violation> find_missing_keys(const Evidence& evidence) {
  std::vector<Violation> found;
  if (evidence.acknowledged_may_be_lost) return found;
  const History& history = evidence.history;
  for (const Operation& listing : history.operations) {
    if (listing.kind != OperationKind::Keys || !listing.succeeded()) continue;
    const std::set<std::string> listed(listing.listed.begin(), listing.listed.end());
    for (std::uint32_t index = 0; index < history.keys.size(); ++index) {
      const KeyRecord& key = history.keys[index];
      const std::uint32_t n = history.replicas_until(index, listing.ended);
      const bool expected = std::ranges::any_of(key.writes, [&](const WriteRecord& write) {
        return must_be_listed(evidence, history.operations.at(write.operation), listing, n);
      });
      const bool deleted = std::ranges::any_of(key.writes, &WriteRecord::is_delete);
      if (!expected || deleted || listed.contains(key.address.key)) continue;
      found.push_back({"missing-key", key.address.key, name(listing) + " did not list it"});
    }
  }
  return found;
}

std::vector<Violation> find_late_answers(const Evidence& evidence) {
  std::vector<Violation> found;
  for (const Operation& operation : evidence.history.operations) {
    const std::string& key = evidence.history.keys.at(operation.key).address.key;
    const bool never = operation.outcome == Outcome::Pending;
    const bool late = operation.ended - operation.asked > operation.deadline + kAnswerSlack;
    if (never || (late && !operation.excused)) {
      found.push_back({"late-answer", key,
                       describe_request(operation) +
                           (never ? " was never answered" : " was answered behind its deadline")});
    }
  }
  return found;
}

std::vector<Violation> check_all(const Evidence& evidence) {
  std::vector<Violation> all = evidence.witness.violations();
  const auto add = [&all](std::vector<Violation> found) {
    std::move(found.begin(), found.end(), std::back_inserter(all));
  };
  add(for_each_key(evidence, {&KeyChecker::find_phantoms, &KeyChecker::find_lost_writes,
                              &KeyChecker::find_false_siblings, &KeyChecker::find_wide_contexts,
                              &KeyChecker::find_stale_reads, &KeyChecker::find_session_losses,
                              &KeyChecker::find_lost_protection}));
  add(find_missing_keys(evidence));
  add(find_late_answers(evidence));
  return all;
}

}  // namespace starling::sim

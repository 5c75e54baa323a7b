#include "handoff/hint_delivery.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "handoff/hint_ledger.h"
#include "message/peer_messages.h"
#include "message/record_bytes.h"
#include "message/repair_messages.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {
StaleVerdict judge_stale(FenceStamp stamp, Token key,
                         const std::optional<std::vector<FenceGeneration>>& missed) {
  if (!missed.has_value()) return StaleVerdict::Unknown;
  const bool reaped = std::ranges::any_of(*missed, [&](const FenceGeneration& generation) {
    return generation.fence > stamp &&
           std::binary_search(generation.keys.begin(), generation.keys.end(), key);
  });
  return reaped ? StaleVerdict::Superseded : StaleVerdict::SendAgain;
}

// -- the home comes and goes --

void HintDelivery::on_home_up(const std::vector<HintSlot>& slots, const HintLedger& ledger,
                              Instant now, HintActions& out) {
  on_home_down();
  for (const HintSlot& slot : slots) cursors_[slot] = 0;
  state_ = State::Delivering;
  // The first answer says how much it takes; until then one is enough.
  window_ = 1;
  pause_ = Duration::zero();
  fill(ledger, now, out);
}

// What is under way may arrive all the same; its answer is then late, and it is sent again.
void HintDelivery::on_home_down() {
  state_ = State::Away;
  cursors_.clear();
  under_way_.clear();
  operations_.clear();
  stuck_.clear();
  bytes_under_way_ = 0;
}

void HintDelivery::on_hint_added(const HintSlot& slot, const HintLedger& ledger, Instant now,
                                 HintActions& out) {
  if (state_ == State::Away) return;
  cursors_.try_emplace(slot, 0);
  if (state_ == State::Delivering) fill(ledger, now, out);
}

// -- one hint's way --

void HintDelivery::fill(const HintLedger& ledger, Instant now, HintActions& out) {
  std::erase_if(forgotten_, [&](const HintKey& key) { return !ledger.contains(key); });
  while (state_ == State::Delivering && under_way_.size() < window_ &&
         bytes_under_way_ < options_.bytes_max) {
    const std::optional<HintKey> key = next_key(ledger);
    if (!key.has_value()) break;
    under_way_[*key] = {.step = Step::Loading, .due = now + options_.patience};
    out.emplace_back(LoadHint{*key});
  }
  arm(now, out);
}

std::optional<HintKey> HintDelivery::next_key(const HintLedger& ledger) {
  for (auto& [slot, cursor] : cursors_) {
    while (const std::optional<HintKey> key = ledger.next(slot, cursor)) {
      cursor = key->sequence;
      const bool taken_up =
          under_way_.contains(*key) || forgotten_.contains(*key) || stuck_.contains(*key);
      if (!taken_up) return key;
    }
  }
  return std::nullopt;
}

HintDelivery::UnderWay* HintDelivery::find(const HintKey& key, Step step) {
  const auto found = under_way_.find(key);
  const bool expected = found != under_way_.end() && found->second.step == step;
  return expected ? &found->second : nullptr;
}

void HintDelivery::on_loaded(const HintKey& key, std::optional<Hint> hint, const HintLedger& ledger,
                             Instant now, HintActions& out) {
  UnderWay* const loading = find(key, Step::Loading);
  if (loading == nullptr) return;  // the home went away meanwhile
  if (!hint.has_value() && !ledger.contains(key)) {
    under_way_.erase(key);  // dropped meanwhile, to make room
  } else if (!hint.has_value()) {
    give_up(key, now, out);
  } else if (hint->kind == HintKind::Note) {
    loading->step = Step::Reading;
    loading->hint = std::move(*hint);
    out.emplace_back(ReadNotedRecord{.key = key, .address = loading->hint.address});
  } else {
    loading->hint = std::move(*hint);
    send(key, *loading, loading->hint.versions, loading->hint.fence, now, out);
  }
  fill(ledger, now, out);
}

void HintDelivery::on_own_record(const HintKey& key, const std::optional<SiblingSet>& record,
                                 FenceStamp fence, const HintLedger& ledger, Instant now,
                                 HintActions& out) {
  UnderWay* const reading = find(key, Step::Reading);
  if (reading == nullptr) return;
  if (record.has_value()) {
    reading->hint.fence = fence;
    send(key, *reading, *record, fence, now, out);
  } else {
    forget(key, out);
  }
  fill(ledger, now, out);
}

void HintDelivery::on_unreadable(const HintKey& key, const HintLedger& ledger, Instant now,
                                 HintActions& out) {
  if (find(key, Step::Reading) == nullptr) return;
  give_up(key, now, out);
  fill(ledger, now, out);
}

void HintDelivery::send(const HintKey& key, UnderWay& hint, const SiblingSet& versions,
                        FenceStamp fence, Instant now, HintActions& out) {
  hint.step = Step::Sent;
  hint.operation = OperationId{options_.first_operation + operations_begun_};
  ++operations_begun_;
  operations_[hint.operation] = key;
  hint.due = now + options_.patience;
  bytes_under_way_ -= hint.bytes;
  hint.bytes = message_bytes_of(versions);
  bytes_under_way_ += hint.bytes;
  out.emplace_back(SendHint{.operation = hint.operation,
                            .key = key,
                            .address = hint.hint.address,
                            .versions = versions,
                            .fence = fence});
  if (options_.forgetting == Forgetting::OnSending) out.emplace_back(DeleteHint{key});
}

void HintDelivery::on_reply(OperationId operation, HintOutcome outcome, std::uint32_t room,
                            const HintLedger& ledger, Instant now, HintActions& out) {
  const auto sent = operations_.find(operation);
  if (sent == operations_.end()) return;  // late, or a duplicate
  const HintKey key = sent->second;
  operations_.erase(sent);
  window_ = std::clamp<std::size_t>(room, 1, options_.window_max);
  UnderWay& hint = under_way_.at(key);
  switch (outcome) {
    case HintOutcome::Stored:
      pause_ = Duration::zero();
      forget(key, out);
      break;
    case HintOutcome::StaleFence:
      hint.step = Step::Pulling;
      hint.due = now + options_.patience;
      out.emplace_back(PullFence{.key = key, .since = hint.hint.fence});
      break;
    case HintOutcome::StaleRow:
    case HintOutcome::Busy:
      return pause(now, out);
    case HintOutcome::Unfit:
      give_up(key, now, out);
      break;
  }
  fill(ledger, now, out);
}

void HintDelivery::on_fence(const HintKey& key, const PulledFence& pulled, const HintLedger& ledger,
                            Instant now, HintActions& out) {
  UnderWay* const pulling = find(key, Step::Pulling);
  if (pulling == nullptr) return;
  Hint& hint = pulling->hint;
  const StaleVerdict verdict = judge_stale(hint.fence, pulled.token, pulled.missed);
  // Rounds ask every holder, and none agrees while it has a hint. That one was reaped over means
  // that this node was not asked: then nobody knows whether a write that counted is elsewhere.
  const bool may_be_the_only_copy =
      hint.standing == HintStanding::Counted || hint.kind == HintKind::OwnRecord;
  if (hint.kind == HintKind::Note) {
    // This node has caught up as well by now. What it holds may be newer than what was reaped.
    pulling->step = Step::Reading;
    out.emplace_back(ReadNotedRecord{.key = key, .address = hint.address});
  } else if (verdict == StaleVerdict::SendAgain) {
    hint.fence = pulled.fence;
    send(key, *pulling, hint.versions, pulled.fence, now, out);
  } else if (verdict == StaleVerdict::Superseded && !may_be_the_only_copy) {
    forget(key, out);
  } else {
    give_up(key, now, out);
  }
  fill(ledger, now, out);
}

void HintDelivery::forget(const HintKey& key, HintActions& out) {
  bytes_under_way_ -= under_way_.at(key).bytes;
  under_way_.erase(key);
  forgotten_.insert(key);
  out.emplace_back(DeleteHint{key});
}

void HintDelivery::give_up(const HintKey& key, Instant now, HintActions& out) {
  bytes_under_way_ -= under_way_.at(key).bytes;
  under_way_.erase(key);
  set_aside(key, now, out);
}

void HintDelivery::set_aside(const HintKey& key, Instant now, HintActions& out) {
  if (stuck_.empty()) stuck_until_ = now + options_.stuck_pause;
  stuck_.insert(key);
  out.emplace_back(ReportStuckHint{key});
}

void HintDelivery::on_not_deleted(const HintKey& key, Instant now, HintActions& out) {
  if (forgotten_.erase(key) == 0 || state_ == State::Away) return;
  set_aside(key, now, out);
  arm(now, out);
}

// -- time --

void HintDelivery::pause(Instant now, HintActions& out) {
  // All that is under way starts over: the home keeps what it took, and merging does not mind.
  for (const auto& [key, hint] : under_way_) go_back_to(key);
  under_way_.clear();
  operations_.clear();
  bytes_under_way_ = 0;
  window_ = 1;
  pause_ = std::clamp(2 * pause_, options_.pause_min, options_.pause_max);
  state_ = State::Paused;
  resume_at_ = now + pause_;
  arm(now, out);
}

void HintDelivery::go_back_to(const HintKey& key) {
  std::uint64_t& cursor = cursors_.at(slot_of(key));
  cursor = std::min(cursor, key.sequence - 1);
}

// Damage is mended, here or at the home.
void HintDelivery::try_stuck_again(Instant now) {
  if (stuck_.empty() || now < stuck_until_) return;
  for (const HintKey& key : stuck_) go_back_to(key);
  stuck_.clear();
}

void HintDelivery::on_timer(const HintLedger& ledger, Instant now, HintActions& out) {
  if (state_ == State::Away) return;
  try_stuck_again(now);
  if (state_ == State::Paused) {
    if (now >= resume_at_) state_ = State::Delivering;
    return fill(ledger, now, out);
  }
  // One that is overdue speaks for the others: the home, or the way to it, is too slow.
  const bool overdue =
      std::ranges::any_of(under_way_, [now](const auto& hint) { return now >= hint.second.due; });
  if (overdue) return pause(now, out);
  fill(ledger, now, out);
}

void HintDelivery::arm(Instant now, HintActions& out) {
  if (state_ != State::Paused && under_way_.empty() && stuck_.empty()) return;
  Instant due = state_ == State::Paused ? resume_at_ : now + options_.stuck_pause;
  if (!stuck_.empty()) due = std::min(due, stuck_until_);
  for (const auto& [key, hint] : under_way_) due = std::min(due, hint.due);
  out.emplace_back(ArmHintTimer{due});
}

bool HintDelivery::drained(const HintLedger& ledger) const {
  return state_ == State::Delivering && under_way_.empty() &&
         std::ranges::all_of(cursors_, [&](const auto& cursor) {
           for (std::uint64_t after = 0;;) {
             const std::optional<HintKey> key = ledger.next(cursor.first, after);
             if (!key.has_value()) return true;
             if (!stuck_.contains(*key) && !forgotten_.contains(*key)) return false;
             after = key->sequence;
           }
         });
}

void HintDelivery::check_invariants() const {
  std::uint64_t bytes = 0;
  std::size_t sent = 0;
  for (const auto& [key, hint] : under_way_) {
    bytes += hint.bytes;
    if (hint.step == Step::Sent) ++sent;
    STARLING_CHECK(cursors_.contains(slot_of(key)));
    STARLING_CHECK(!stuck_.contains(key));
  }
  STARLING_CHECK(bytes == bytes_under_way_);
  STARLING_CHECK(sent == operations_.size());
  STARLING_CHECK(under_way_.size() <= options_.window_max);
  STARLING_CHECK(state_ == State::Delivering || under_way_.empty());
}

}  // namespace starling

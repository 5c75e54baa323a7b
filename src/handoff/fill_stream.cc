#include "handoff/fill_stream.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/fill_messages.h"
#include "ring/token.h"

namespace starling {
namespace {

// More would pass pause_most long before.
constexpr std::uint32_t kDoublingsMax = 16;

}  // namespace

FillStream::FillStream(const FillProgress& durable, Times times, Instant now)
    : durable_(durable),
      storing_(durable),
      times_(times),
      state_(durable.complete ? State::Complete : State::Resting),
      wake_(now) {}

void FillStream::on_asked(OperationId operation, Instant now) {
  STARLING_CHECK(is_due(now));
  state_ = State::Asking;
  operation_ = operation;
  wake_ = now + times_.patience;
}

FillStream::Use FillStream::on_page(const FillPage& page, Instant now) {
  if (state_ != State::Asking || page.operation != operation_) return Use::Ignore;
  if (page.outcome == FillOutcome::Busy) {
    // Not its fault, so it is no failure.
    rest(std::min<Duration>(std::chrono::milliseconds(page.again_ms), times_.busy_most), now);
    return Use::Refused;
  }
  // A page that begins before the source knew what it is asked for is worth nothing, and one that
  // leads nowhere would be asked for for ever.
  const bool leads_on = !page.through || !durable_.through || *durable_.through < *page.through;
  if (page.outcome != FillOutcome::Page || page.epoch < durable_.epoch || !leads_on) {
    on_failed(now);
    return Use::Refused;
  }
  failures_ = 0;
  state_ = State::Storing;
  storing_ = durable_;
  storing_.complete = !page.through.has_value();
  if (page.through.has_value()) storing_.through = page.through;
  return Use::Merge;
}

void FillStream::cut_short(Token through) {
  STARLING_CHECK(state_ == State::Storing);
  storing_.complete = false;
  storing_.through = through;
}

void FillStream::on_stored(Instant now) {
  STARLING_CHECK(state_ == State::Storing);
  durable_ = storing_;
  state_ = durable_.complete ? State::Complete : State::Resting;
  wake_ = now;
}

void FillStream::on_failed(Instant now) {
  if (state_ == State::Complete) return;
  const Duration pause = times_.pause_first * (1U << std::min(failures_, kDoublingsMax));
  ++failures_;
  rest(std::min(pause, times_.pause_most), now);
}

void FillStream::on_timer(Instant now) {
  if (state_ == State::Asking && now >= wake_) on_failed(now);
}

void FillStream::rest(Duration pause, Instant now) {
  state_ = State::Resting;
  storing_ = durable_;
  wake_ = now + pause;
}

std::optional<Instant> FillStream::next_deadline() const {
  const bool waits = state_ == State::Resting || state_ == State::Asking;
  return waits ? std::optional(wake_) : std::nullopt;
}

void FillStream::check_invariants() const {
  STARLING_CHECK(durable_.complete == (state_ == State::Complete));
  STARLING_CHECK(storing_.epoch == durable_.epoch && storing_.partition == durable_.partition);
  STARLING_CHECK(storing_.through >= durable_.through);
  STARLING_CHECK(state_ == State::Storing || storing_ == durable_);
}

}  // namespace starling

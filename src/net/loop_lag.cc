#include "net/loop_lag.h"

#include "base/time.h"
#include "env/clock.h"
#include "net/uv_loop.h"

namespace starling {

LoopLag::LoopLag(UvLoop& loop, const Clock& clock)
    : clock_(clock), timer_(loop, clock, [this] { on_due(); }) {}

void LoopLag::start() {
  due_ = clock_.now() + kInterval;
  timer_.arm(due_);
}

void LoopLag::on_due() {
  lags_.record(clock_.now() - due_);
  start();
}

}  // namespace starling

#include "net/peer_dialler.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "base/time.h"
#include "env/clock.h"
#include "net/host_port.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {
namespace {

// The kernel would go on for two minutes when nobody answers at all.
constexpr Duration kDialTimeout = std::chrono::seconds(5);

}  // namespace

PeerDialler::PeerDialler(UvLoop& loop, const Clock& clock, const Random& random, HostPort address,
                         Callbacks callbacks)
    : loop_(loop),
      clock_(clock),
      address_(std::move(address)),
      callbacks_(std::move(callbacks)),
      backoff_(random),
      timer_(loop, clock, [this] {
        if (attempt_ == nullptr) return dial();
        give_up_attempt("no answer to the connection attempt");
      }) {}

void PeerDialler::retry() {
  if (!stopped_) timer_.arm(clock_.now() + backoff_.next());
}

void PeerDialler::hurry() {
  if (!stopped_ && attempt_ == nullptr && timer_.armed()) dial();
}

void PeerDialler::stop() {
  stopped_ = true;
  timer_.disarm();
  attempt_.reset();
}

void PeerDialler::dial() {
  attempt_ = std::make_unique<UvDial>(
      loop_, [this](Result<UvTcp> result) { on_dialled(std::move(result)); });
  timer_.arm(clock_.now() + kDialTimeout);
  const Status started = attempt_->start(address_);
  if (!started.ok()) give_up_attempt(started.message());
}

void PeerDialler::on_dialled(Result<UvTcp> result) {
  if (!result.ok()) return give_up_attempt(result.status().message());
  attempt_.reset();
  timer_.disarm();
  callbacks_.connected(std::move(result).value());
}

void PeerDialler::give_up_attempt(const std::string& why) {
  attempt_.reset();
  retry();
  callbacks_.failed(why);
}

}  // namespace starling

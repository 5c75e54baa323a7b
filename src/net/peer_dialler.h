#pragma once

// PeerDialler: keeps trying to reach one peer. It makes connections; whether one is any good shows
// only after the handshake, so its owner says how each ended.

#include <functional>
#include <memory>
#include <string>

#include "starling/result.h"

#include "base/random.h"
#include "base/time.h"
#include "env/clock.h"
#include "net/backoff.h"
#include "net/host_port.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_timer.h"

namespace starling {

class PeerDialler {
 public:
  struct Callbacks {
    std::function<void(UvTcp)> connected;
    // Why an attempt failed. The next one is under way already.
    std::function<void(const std::string&)> failed;
  };

  PeerDialler(UvLoop& loop, const Clock& clock, const Random& random, HostPort address,
              Callbacks callbacks);

  void start() { dial(); }
  // The connection's handshake is through: the next wait is short again.
  void succeeded() { backoff_.reset(); }
  // The connection ended, or was refused: try again after a while.
  void retry();
  // The peer is there: if the next attempt is being waited for, make it now.
  void hurry();
  void stop();

 private:
  void dial();
  void on_dialled(Result<UvTcp> result);
  void give_up_attempt(const std::string& why);

  UvLoop& loop_;
  const Clock& clock_;
  HostPort address_;
  Callbacks callbacks_;
  Backoff backoff_;
  bool stopped_ = false;
  std::unique_ptr<UvDial> attempt_;
  UvTimer timer_;  // the next attempt, or the end of the present one
};

}  // namespace starling

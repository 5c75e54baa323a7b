#pragma once

// ReturnService: brings this member back when its disk was lost: the cluster knows it by a store
// that is gone, and it has an empty one. It proposes the configuration that knows it by that one
// (ring/member_return.h), and is announced anew until the others have confirmed it. From there on
// FillService and ChangeDriver fill its slots like any others. A store that counted once never
// comes back in this way: it is an old one, and somebody's.

#include <chrono>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "node/boot_service.h"
#include "node/chain_service.h"
#include "replica/store_identity.h"

namespace starling {

class ReturnService {
 public:
  struct Neighbours {
    ChainService& chain;
    BootService& boot;
    const BootConfirmation& confirmation;
    const StoreIdentity& identity;
    NodeId self;
    Log& log;
  };
  // Between two attempts, more or less: others propose as well.
  static constexpr Duration kPause = std::chrono::seconds(1);

  ReturnService(const Neighbours& neighbours, Random random)
      : neighbours_(neighbours), random_(random) {}

  // Looks whether another configuration was adopted; asked after each event.
  void collect(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return next_; }

 private:
  [[nodiscard]] bool is_named() const;
  // Its disk was lost, and this one is new.
  [[nodiscard]] bool may_return() const;
  // It was named, and has not counted yet, or not everywhere.
  [[nodiscard]] bool waits_for_words() const;
  void propose(Instant now);
  void set_timer(Instant now);

  Neighbours neighbours_;
  Random random_;
  Epoch epoch_;  // that was looked at
  std::string last_reason_;
  std::optional<Instant> next_;
};

}  // namespace starling

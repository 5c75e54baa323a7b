#pragma once

// RelayTable: the probes that a node makes for others. Whoever could not reach a member asks some
// others to try; each answers with the member's Ack, or says after a while that it had none either.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace starling {

class RelayTable {
 public:
  // At once, for everybody. A crash of one member in a thousand makes each other one relay less
  // than one probe a second; a request beyond this is dropped, as if it had been lost.
  static constexpr std::size_t kRelaysMax = 64;
  // For one requester: it has no more probes of its own under way.
  static constexpr std::size_t kRelaysPerRequester = 16;

  struct Relay {
    std::uint64_t number = 0;     // of this node's probe
    NodeId subject;               // who is probed
    NodeId requester;             // for whom
    std::uint64_t requested = 0;  // the requester's number
    Instant until;                // then a Nack is due
  };

  // False at one of the bounds: nothing is kept.
  [[nodiscard]] bool begin(const Relay& relay);
  // The relay that an Ack of `subject` to probe `number` ends, if there is one.
  [[nodiscard]] std::optional<Relay> finish(std::uint64_t number, NodeId subject);
  // Those that ended without an answer.
  [[nodiscard]] std::vector<Relay> expire(Instant now);
  void postpone(Duration late);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::size_t size() const { return relays_.size(); }

 private:
  std::vector<Relay> relays_;
};

}  // namespace starling

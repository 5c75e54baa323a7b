#pragma once

// HintMonitor: what must hold of hints at every moment, watched on the disks:
//   - a hint that counts is on the holder's disk before it is acknowledged, and leaves it only when
//     its home has what it says on its own (a hint of best effort may also leave to make room);
//   - a home says "stored" only when its disk holds what the hint says;
//   - the hints of a node take no more room than they may.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "env/storage_engine.h"
#include "handoff/hint_ledger.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "sim/member_view.h"
#include "sim/violation.h"
#include "version/vector_clock.h"

namespace starling::sim {

class HintMonitor {
 public:
  // What the disks say of records.
  struct Records {
    // Whether the node's covers `clock`, after the worst power loss if `durable`.
    std::function<bool(std::uint32_t node, const KeyAddress& address, const VectorClock& clock,
                       bool durable)>
        covers;
    // Its bytes changed behind the node's back.
    std::function<bool(std::uint32_t node, const KeyAddress& address)> is_rotten;
  };

  HintMonitor(const MemberView& cluster, Records records, std::uint64_t hint_bytes_max);

  void on_peer_send(std::uint32_t from, std::uint32_t to, const PeerMessage& message);
  void on_peer_message(std::uint32_t node, std::uint32_t from, const PeerMessage& message);
  // One atomic batch, about to be written.
  void on_batch(std::uint32_t node, const std::vector<StorageWrite>& batch);

  // Whether a hint on this node's disk stands for all that `clock` covers.
  [[nodiscard]] bool holds(std::uint32_t node, const KeyAddress& address, const VectorClock& clock,
                           bool durable) const;
  // The homes that hints on this node's disk wait for. Left out are those whose store was lost, and
  // hints about a record, here or there, that nobody could mend.
  [[nodiscard]] std::set<std::uint32_t> waiting_at(std::uint32_t node) const;

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  using Question = std::tuple<std::uint32_t, std::uint32_t, OperationId>;
  struct Asked {
    HintSlot slot;
    KeyAddress address;
    VectorClock clock;
  };

  void check_kept(std::uint32_t holder, const Asked& asked, bool synced);
  void check_brought(std::uint32_t home, const Asked& asked);
  void check_erasure(std::uint32_t node, const std::string& store_key);
  void check_room(std::uint32_t node);
  [[nodiscard]] std::optional<std::uint32_t> home_of(const HintSlot& slot) const;
  // The home has it, or its disk or that record was lost since.
  [[nodiscard]] bool is_home(const HintSlot& slot, const KeyAddress& address,
                             const VectorClock& clock) const;
  void accuse(const char* checker, const KeyAddress& address, std::string text);

  const MemberView& cluster_;
  Records records_;
  std::uint64_t hint_bytes_max_;
  std::map<Question, std::vector<Asked>> kept_;
  std::map<Question, std::vector<Asked>> brought_;
  // By holder: what some home said to have, who may not be the home any more when it is erased.
  std::map<std::uint32_t, std::vector<Asked>> taken_;
  std::vector<Violation> violations_;
};

}  // namespace starling::sim

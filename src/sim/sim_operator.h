#pragma once

// SimOperator: who runs the simulated cluster: orders repairs at any member while faults happen,
// dry ones among them, and asks how far they are. In the end has everything compared once more.

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "sim/client_wire.h"
#include "sim/event_queue.h"
#include "sim/mark_board.h"
#include "sim/sim_cluster.h"

namespace starling::sim {

class SimOperator final : public ClientWire::Client {
 public:
  SimOperator(EventQueue& events, SimCluster& cluster, MarkBoard& marks, const Random& random)
      : events_(events), cluster_(cluster), marks_(marks), random_(random) {}

  // Gives orders now and then, until stop(), if chance will have it.
  void begin();
  void go_on();  // ... and if not
  void stop() { stopped_ = true; }
  // Orders comparisons of everything until one wrote nothing, as the tool does, and lets time pass
  // until that is over. The last one's report; nothing: it was not over after `limit`.
  [[nodiscard]] std::optional<ClusterRepairReply> compare(bool dry_run, Duration limit);

  void on_reply(std::uint64_t request, const ClientReply& reply) override;
  void on_hung_up(std::uint64_t connection) override;

 private:
  void draw_order(bool dry_run);
  void ask(std::uint32_t node);
  [[nodiscard]] std::optional<ClusterRepairReply> await_run(Instant until);
  void give_orders();

  EventQueue& events_;
  SimCluster& cluster_;
  MarkBoard& marks_;
  Random random_;
  RepairOrder order_;
  bool stopped_ = false;
  std::uint64_t connection_ = 0;
  // Of the last question; clients' requests have lower numbers.
  std::uint64_t request_ = std::uint64_t{1} << 40U;
  std::optional<ClusterRepairReply> last_;
};

}  // namespace starling::sim

#pragma once

// SimCluster: all members, the network between them and the clients' connections, in one event
// queue. It carries events from one to the other, lets monitors and the trace see them, and offers
// the levers that the fault driver pulls.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "sim/client_wire.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/mark_board.h"
#include "sim/monitors.h"
#include "sim/sim_member.h"
#include "sim/sim_network.h"
#include "sim/sim_store.h"
#include "sim/trace.h"

namespace starling::sim {

[[nodiscard]] ClusterConfig config_of(const ClusterShape& shape);

class SimCluster final : public SimNetwork::Nodes,
                         public SimMember::World,
                         public ClientWire::Node,
                         public MemberView {
 public:
  struct Parts {
    EventQueue& events;
    Trace& trace;
    MarkBoard& marks;
  };

  SimCluster(const FaultPlan& plan, PlantedBug planted, const Parts& parts, const Random& random);

  // Monitors look at the members, so they come later. REQUIRES: before the first start.
  void watch_with(Monitors& monitors) { monitors_ = &monitors; }

  [[nodiscard]] const ClusterConfig& config() const { return config_; }
  [[nodiscard]] std::uint32_t size() const override {
    return static_cast<std::uint32_t>(members_.size());
  }
  [[nodiscard]] const SimMember& member(std::uint32_t node) const override {
    return *members_.at(node);
  }
  [[nodiscard]] SimMember& member(std::uint32_t node) { return *members_.at(node); }
  [[nodiscard]] SimNetwork& network() { return network_; }
  [[nodiscard]] ClientWire& clients() { return clients_; }
  // Nothing: it is no member.
  [[nodiscard]] std::optional<std::uint32_t> index_of(NodeId id) const;
  // That a node adopted whose disk can be trusted. What was decided is known for sure to those only
  // who adopted it: if that was one node, and its disk was put back right behind, the others find
  // it out when they propose.
  [[nodiscard]] Epoch newest_epoch() const;
  // Every node is at the newest epoch and runs; those that are not written off are ready.
  [[nodiscard]] bool are_all_ready() const;
  // Some node wants to bring rows elsewhere, or is to go: steps go on by themselves for a while.
  [[nodiscard]] bool has_aims() const;
  // Who still needs what another one has, of those whose disks can be trusted.
  [[nodiscard]] std::optional<std::uint32_t> first_unfilled() const;
  // Of all that were adopted.
  [[nodiscard]] const Ring& newest_ring() const { return *newest_ring_; }
  // All peers run, are connected to it both ways, and have been awake for a while.
  [[nodiscard]] bool is_in_full_sight(std::uint32_t node) const;
  [[nodiscard]] bool is_ready(std::uint32_t node) const;
  // Ready, and connected to all members that are not written off.
  [[nodiscard]] bool is_ready_for_all(std::uint32_t node) const;
  // Its disk was lost or rolled back, and nobody has adopted a configuration that knows it by
  // another one: it counts for nothing. Likewise one that is no member any more.
  [[nodiscard]] bool is_written_off(std::uint32_t node) const override {
    return written_off_.at(node) || has_left(node);
  }
  // Some row was drawn that nobody brings further: it is under way and aimed at nothing, or to
  // lose a slot. The streams that it takes are missing elsewhere.
  [[nodiscard]] bool has_idle_streams() const;
  // Some member that leaves or is removed and has not gone yet, by the newest ring.
  [[nodiscard]] std::optional<std::uint32_t> first_on_its_way_out() const;
  // It waits to be joined, or adopted a configuration without itself.
  [[nodiscard]] bool knows_that_it_is_none(std::uint32_t node) const;
  // Or has not come yet; by the newest configuration that anybody adopted.
  [[nodiscard]] bool has_left(std::uint32_t node) const;
  // An operator gave it up: nothing starts it until this is called off.
  void keep_down(std::uint32_t node, bool down) { kept_down_.at(node) = down; }
  void write_off(std::uint32_t node);
  // Some member whose disk was lost, and who has not come back with all that it is to hold.
  [[nodiscard]] std::optional<std::uint32_t> first_lost() const;
  // Of all that were adopted; nothing before the first.
  [[nodiscard]] const std::optional<Configuration>& newest_configuration() const {
    return newest_configuration_;
  }

  // A member or a link is away for that long: who is held for down meanwhile may rightly be.
  void disturb(Duration lasting);
  void start(std::uint32_t node);
  void stop(std::uint32_t node, SimMember::Power power);
  // Lets it propose a next configuration, drawn by chance; nothing happens while it can not.
  enum class Change : std::uint8_t { Anything, Aims };
  void propose_change(std::uint32_t node, const Random& random, Change change);
  // Whatever others decide, the node does not hear of it for that long: only what is asked of it as
  // a voter arrives.
  void keep_uninformed(std::uint32_t node, Duration lasting);
  // Every node has adopted a configuration at some time.
  [[nodiscard]] bool is_founded() const;
  void note(std::uint32_t node, std::string text);
  void reach(std::string_view mark) { marks_.reach(mark); }

  // What the outside hands in; see the interfaces.
  [[nodiscard]] std::uint64_t boot_of(std::uint32_t node) const override;
  [[nodiscard]] Hello hello_of(std::uint32_t node) const override;
  [[nodiscard]] bool know_each_other(std::uint32_t one, std::uint32_t other) const override;
  void on_connected(std::uint32_t node, std::uint32_t peer, const Hello& hello) override;
  void on_disconnected(std::uint32_t node, std::uint32_t peer) override;
  void on_message(std::uint32_t node, std::uint32_t from, PeerMessage message) override;
  void send_to_peer(std::uint32_t from, NodeId to, const PeerMessage& message) override;
  [[nodiscard]] bool is_crowded(std::uint32_t from, NodeId to) const override;
  void reply_to_client(std::uint32_t from, const ClientHandle& client, ClientReply reply) override;
  void on_log(std::uint32_t node, LogLevel level, std::string_view text) override;
  void on_group(std::uint32_t node, const SimStore::Batches& group) override;
  void on_broken(std::uint32_t node) override;
  void on_struck(std::uint32_t node) override;
  void on_store_lied(std::uint32_t node, const std::string& how) override;
  void on_rolled_back(std::uint32_t node) override;
  void on_adopted(std::uint32_t node, const Configuration& configuration) override;
  void on_client_request(std::uint32_t node, const ClientHandle& client,
                         ClientRequest request) override;

  // Called before an answer leaves a node, with the request's number.
  using ReplyObserver = std::function<void(std::uint64_t request, const ClientReply& reply)>;
  void observe_replies(ReplyObserver observer) { observe_reply_ = std::move(observer); }
  // Called when a node works by another configuration.
  using ConfigurationObserver = std::function<void(const Configuration& configuration)>;
  void observe_configurations(ConfigurationObserver observer) {
    observe_configuration_ = std::move(observer);
  }

 private:
  void tell(std::uint32_t node, std::uint32_t from, const PeerMessage& message);

  EventQueue& events_;
  Trace& trace_;
  MarkBoard& marks_;
  Monitors* monitors_ = nullptr;
  ClusterConfig config_;
  SimNetwork network_;
  ClientWire clients_;
  std::vector<std::unique_ptr<SimMember>> members_;
  std::vector<bool> written_off_;
  std::vector<std::optional<StoreId>> lost_stores_;  // one a node: by which it was known then
  std::vector<bool> kept_down_;
  std::vector<Instant> uninformed_until_;
  std::shared_ptr<const Ring> newest_ring_;
  std::optional<Configuration> newest_configuration_;
  ReplyObserver observe_reply_;
  ConfigurationObserver observe_configuration_;
  std::map<OperationId, std::string> subjects_;  // keys of operations, while a timeline is kept
};

}  // namespace starling::sim

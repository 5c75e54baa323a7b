#pragma once

// Node: one member of a cluster, whole, without knowing its host: the daemon runs one on sockets
// and LevelDB, the simulator many on virtual ones. Everything happens on one thread, in the calls
// below; none of them blocks (reads of the local store excepted). After each batch of calls the
// host asks next_deadline() and sees that on_timer() is called then.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "env/clock.h"
#include "env/storage_engine.h"
#include "env/transport.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "message/store_condition.h"
#include "node/node_metrics.h"
#include "node/node_options.h"
#include "node/node_report.h"
#include "node/readiness.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/succession.h"

namespace starling {

struct NodeHost {
  Clock& clock;
  Transport& transport;
  StorageEngine& storage;
  Log& log;
  Random random;  // seeded by the operating system, or by the simulator
  // The last start that counted, from a memory of the host's that no copy of the store brings
  // along.
  std::optional<BootAnnouncement> last_counted = std::nullopt;
  // Keeps it. Called once a start, before the store counts.
  std::function<void(const BootAnnouncement&)> remember_counted = nullptr;
};

class Node {
 public:
  // REQUIRES: config.check().ok(), and options.name is a founder's. `host`'s parts outlive the
  // node.
  Node(NodeOptions options, const ClusterConfig& config, const NodeHost& host);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  Node(Node&&) = delete;
  Node& operator=(Node&&) = delete;

  // Opens the store's identity and counts this start. An error names what is wrong with the data
  // directory and the remedy; the node must not be used then.
  [[nodiscard]] Status start();

  // What to say first on every connection. Valid after start().
  [[nodiscard]] Hello hello() const;

  // The transport's events. A peer is up from its accepted handshake until its connection ends; a
  // second on_peer_up without a down in between is a restarted peer.
  void on_peer_up(NodeId peer, const Hello& hello);
  void on_peer_down(NodeId peer);
  void on_peer_message(NodeId from, PeerMessage message);
  void on_client_request(const ClientHandle& client, ClientRequest request);
  // The storage engine's: all commits up to `through` are complete, or the engine takes no more. On
  // a full disk the node reads on, until the host has opened the engine again; after any other
  // error the host must end this node (is_broken()).
  void on_committed(CommitTicket through, const Status& status);
  // The engine was opened again behind a full disk, and holds all that was acknowledged.
  void on_store_reopened();
  // How much room the disk has; said whenever the host has looked. `explanation`: with the figures
  // and the remedy, for people; empty while there is room.
  void on_store_condition(StoreCondition condition, std::string explanation);
  void on_timer();
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  // The configuration that this node adopted last, durably; nullptr before the first.
  [[nodiscard]] const Configuration* configuration() const;
  // What it works by: the ring of that, or what stands in for it (provisional_ring()).
  [[nodiscard]] std::shared_ptr<const Ring> ring() const;
  // Asks the voters to decide `after` as the next configuration; errors as of
  // ChainService::propose(). It may also be decided after an error later on, or never.
  Status propose(const Configuration& after, const ProposalEvidence& evidence);

  [[nodiscard]] Readiness readiness() const;
  // An old copy of the store was put back: the host must end this node, set the store aside and
  // start another node on an empty one.
  [[nodiscard]] bool must_set_store_aside() const;
  // A storage error: this node acknowledges nothing any more.
  [[nodiscard]] bool is_broken() const;
  // Refuses new client requests; drained() once none is under way.
  void begin_drain();
  [[nodiscard]] bool drained() const;

  // What requests under way hold in memory: values and records.
  [[nodiscard]] std::size_t held_bytes() const;

  // What this node has counted since it was made, and how it stands now. For whoever watches it.
  [[nodiscard]] const NodeMetrics& metrics() const;
  // REQUIRES: start() succeeded.
  [[nodiscard]] NodeReport report() const;

  // What this node believes of another member; down where it is none.
  [[nodiscard]] PeerState opinion_of(NodeId member) const;

  // For tests and the simulator's monitors: aborts when a machine's state contradicts itself.
  void check_invariants() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace starling

#pragma once

// Daemon: one Node on sockets and LevelDB. Here the parts are made, joined and ended; what they do
// is theirs. Everything runs on the thread that calls run(), but for the storage lane.

#include <memory>
#include <optional>
#include <string>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "daemon/answer_switch.h"
#include "daemon/memory_relief.h"
#include "daemon/settings.h"
#include "env/commit_notifier.h"
#include "http/http_service.h"
#include "http/routes.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "net/inbox.h"
#include "net/loop_lag.h"
#include "net/system_clock.h"
#include "net/uv_loop.h"
#include "net/uv_signal.h"
#include "net/uv_stream_server.h"
#include "net/uv_timer.h"
#include "net/uv_transport.h"
#include "net/uv_turn.h"
#include "net/uv_wakeup.h"
#include "node/node.h"
#include "storage/disk_guard.h"
#include "storage/leveldb_engine.h"

namespace starling {

class Daemon final : private Inbox, private CommitNotifier {
 public:
  Daemon(DaemonSettings settings, Log& log);

  // Opens the store and the listeners, and logs that the node is there. Failure: the message names
  // the thing (port, directory) and the remedy. REQUIRES: called once.
  [[nodiscard]] Status start();
  // Serves until SIGTERM or SIGINT, then drains. Failure: the store failed, or must be set aside;
  // nothing that was acknowledged is lost, but this daemon must not go on. REQUIRES: start()
  // succeeded.
  [[nodiscard]] Status run();
  // The store turned out to be an old copy: once this daemon is gone, it must be set aside, and
  // another daemon be started with settings(). Valid after run().
  [[nodiscard]] bool must_set_store_aside() const { return must_set_store_aside_; }
  // As they were given, with the founding members that the store remembered.
  [[nodiscard]] const DaemonSettings& settings() const { return settings_; }

  // REQUIRES: start() succeeded.
  [[nodiscard]] std::uint16_t port() const { return transport_.port(); }
  [[nodiscard]] std::uint16_t http_port() const { return http_.port(); }

 private:
  // Inbox.
  void on_peer_up(NodeId peer, const Hello& hello) override { node_->on_peer_up(peer, hello); }
  void on_peer_down(NodeId peer) override { node_->on_peer_down(peer); }
  void on_peer_message(NodeId from, PeerMessage message) override;
  void on_client_request(const ClientHandle& client, ClientRequest request) override;
  // CommitNotifier, on the lane's thread.
  void notify() override { wakeup_.wake(); }

  [[nodiscard]] Status open_store();
  // Each second: tells the node how much room there is, and opens a store again that met a full
  // disk.
  void follow_members();
  void look_at_disk();
  void look_at_memory();
  void reopen_store();
  [[nodiscard]] Status recall_founding();
  [[nodiscard]] NodeOptions node_options() const;
  [[nodiscard]] Health health() const;
  [[nodiscard]] std::string metrics() const;
  void on_lane_woke_us();
  void before_sleep();
  void begin_drain();
  [[nodiscard]] bool drained() const;

  DaemonSettings settings_;
  Log& log_;
  Random random_;
  UvLoop loop_;
  SystemClock clock_;
  UvTurn turn_;
  UvWakeup wakeup_;
  UvTimer node_timer_;
  UvTimer drain_timer_;
  UvTimer disk_timer_;
  UvTimer memory_timer_;
  LoopLag loop_lag_;
  DiskGuard disk_;
  MemoryRelief memory_relief_;
  bool store_stopped_ = false;  // by a full disk
  bool draining_ = false;
  bool must_set_store_aside_ = false;
  Epoch followed_;  // whose members the transport knows
  Status outcome_;
  std::unique_ptr<LevelDbEngine> engine_;
  UvTransport transport_;
  Routes routes_;
  HttpService http_service_;
  UvStreamServer http_;
  AnswerSwitch answers_;
  std::unique_ptr<Node> node_;
  UvSignal terminate_;
  UvSignal interrupt_;
};

}  // namespace starling

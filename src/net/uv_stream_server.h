#pragma once

// UvStreamServer: accepts connections and gives each to a protocol that knows nothing of sockets
// (http/). Bounded: so many connections, so long without an answer, so much unsent output, so long
// without reading it. When all places are taken, a newcomer takes that of whoever has been without
// an answer the longest: those who send a byte now and then do not keep the others out. Whoever
// waits for this side's answer keeps its place.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "starling/status.h"

#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"

namespace starling {

class UvStreamServer final : private TurnTask {
 public:
  using MakeHandler = std::function<std::unique_ptr<StreamHandler>(ByteStream& stream)>;
  struct Options {
    std::size_t connections_max = 1024;
    // Whoever was without an answer for so long gives its place to a newcomer when all are taken.
    Duration place_kept = std::chrono::seconds(1);
    // Since it came, or since its last answer, while it asks for nothing.
    Duration idle_timeout = std::chrono::seconds(30);
    // Something waits to be sent, and the other side took nothing for so long: it does not read.
    Duration output_timeout = std::chrono::seconds(10);
    // Since this side's last word. Long enough for the other side to send what it was about to send
    // and to read that word: closing at once would take it back.
    Duration last_word_timeout = std::chrono::seconds(5);
    UvSocket::Options socket = {};
  };

  UvStreamServer(UvLoop& loop, UvTurn& turn, const Clock& clock, MakeHandler make_handler,
                 const Options& options);
  UvStreamServer(const UvStreamServer&) = delete;
  UvStreamServer& operator=(const UvStreamServer&) = delete;
  UvStreamServer(UvStreamServer&&) = delete;
  UvStreamServer& operator=(UvStreamServer&&) = delete;
  ~UvStreamServer() override;

  // An error names the address and the remedy.
  Status listen(const HostPort& address) { return listener_.listen(address); }
  // REQUIRES: listen() succeeded.
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  // No new connections, and the end of those that are there.
  void close();
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  // For the end: no new connections, but those that are there go on.
  void stop_accepting() { listener_.close(); }
  // Bytes that are written but not sent yet.
  [[nodiscard]] std::size_t queued_bytes() const;

 private:
  class Connection;
  void at_turn_end() override;
  void accept(UvTcp socket);
  [[nodiscard]] bool make_place();
  void sweep();
  [[nodiscard]] Duration sweep_interval() const;

  UvLoop& loop_;
  UvTurn& turn_;
  const Clock& clock_;
  MakeHandler make_handler_;
  Options options_;
  std::list<std::unique_ptr<Connection>> connections_;
  UvListener listener_;
  UvTimer sweep_timer_;
};

}  // namespace starling

#pragma once

// UvStreamServer: accepts connections and gives each to a protocol that knows nothing of sockets
// (http/). Bounded: so many connections, so long without an answer, so much unsent output. When all
// places are taken, a newcomer takes that of whoever has been without an answer the longest: those
// who send a byte now and then do not keep the others out.

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
    // Since it came, or since its last answer: a request that takes longer to arrive is none.
    Duration idle_timeout = std::chrono::seconds(30);
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

 private:
  class Connection;
  void at_turn_end() override;
  void accept(UvTcp socket);
  [[nodiscard]] bool make_place();
  void close_idle();

  UvLoop& loop_;
  UvTurn& turn_;
  const Clock& clock_;
  MakeHandler make_handler_;
  Options options_;
  std::list<std::unique_ptr<Connection>> connections_;
  UvListener listener_;
  UvTimer sweep_;
};

}  // namespace starling

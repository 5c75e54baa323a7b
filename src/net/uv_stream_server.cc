#include "net/uv_stream_server.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_turn.h"

namespace starling {

class UvStreamServer::Connection final : private UvSocket::Events {
 public:
  Connection(UvStreamServer& server, UvTcp socket)
      : server_(server),
        answered_at_(server.clock_.now()),
        socket_(server.loop_, server.turn_, std::move(socket), *this, server.options_.socket),
        handler_(server.make_handler_(socket_)) {}

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] Instant answered_at() const { return answered_at_; }
  void close() {
    socket_.close();
    closed_ = true;
    server_.schedule();
  }

 private:
  void on_bytes(std::string_view bytes) override {
    const std::size_t queued_before = socket_.queued_bytes();
    handler_->on_bytes(bytes);
    if (socket_.queued_bytes() > queued_before) answered_at_ = server_.clock_.now();
    if (socket_.output_crowded()) socket_.pause_reading();
  }
  void on_output_relief() override { socket_.resume_reading(); }
  void on_closed(const std::string& /*why*/) override { close(); }

  UvStreamServer& server_;
  Instant answered_at_;
  bool closed_ = false;
  UvSocket socket_;
  std::unique_ptr<StreamHandler> handler_;
};

UvStreamServer::UvStreamServer(UvLoop& loop, UvTurn& turn, const Clock& clock,
                               MakeHandler make_handler, const Options& options)
    : TurnTask(turn),
      loop_(loop),
      turn_(turn),
      clock_(clock),
      make_handler_(std::move(make_handler)),
      options_(options),
      listener_(loop, [this](UvTcp socket) { accept(std::move(socket)); }),
      sweep_(loop, clock, [this] { close_idle(); }) {}

UvStreamServer::~UvStreamServer() = default;

void UvStreamServer::close() {
  listener_.close();
  sweep_.disarm();
  for (const auto& connection : connections_) connection->close();
}

// Not before the end of the turn: the call that closed a connection may still run inside it.
void UvStreamServer::at_turn_end() {
  connections_.remove_if([](const auto& connection) { return connection->closed(); });
}

void UvStreamServer::accept(UvTcp socket) {
  if (connections_.size() >= options_.connections_max && !make_place()) {
    return;  // dropping it closes it
  }
  connections_.push_back(std::make_unique<Connection>(*this, std::move(socket)));
  if (!sweep_.armed()) sweep_.arm(clock_.now() + options_.idle_timeout / 4);
}

// Closes one now, and forgets it at the end of the turn; so for a moment there is one more.
bool UvStreamServer::make_place() {
  const auto longest = std::ranges::min_element(connections_, {}, [](const auto& connection) {
    return std::pair(connection->closed(), connection->answered_at());
  });
  if (longest == connections_.end() || (*longest)->closed()) return false;
  if (clock_.now() - (*longest)->answered_at() < options_.place_kept) return false;
  (*longest)->close();
  return true;
}

void UvStreamServer::close_idle() {
  const Instant now = clock_.now();
  for (const auto& connection : connections_) {
    if (now - connection->answered_at() >= options_.idle_timeout) connection->close();
  }
  if (!connections_.empty()) sweep_.arm(now + options_.idle_timeout / 4);
}

}  // namespace starling

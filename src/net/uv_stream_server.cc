#include "net/uv_stream_server.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "env/byte_stream.h"
#include "env/clock.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_socket.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"

namespace starling {

class UvStreamServer::Connection final : private ByteStream,
                                         private UvSocket::Events,
                                         private TurnTask {
 public:
  Connection(UvStreamServer& server, UvTcp socket)
      : TurnTask(server.turn_),
        server_(server),
        answered_at_(server.clock_.now()),
        socket_(server.loop_, server.turn_, std::move(socket), *this, server.options_.socket),
        handler_(server.make_handler_(*this)) {}

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] Instant answered_at() const { return answered_at_; }
  [[nodiscard]] bool working() const { return handler_->use() == StreamUse::Working; }
  [[nodiscard]] std::size_t queued_bytes() const { return socket_.queued_bytes(); }
  // Closes what takes too long.
  void check_deadlines(Instant now);
  void close() {
    socket_.close();
    closed_ = true;
    static_cast<TurnTask&>(server_).schedule();
  }

 private:
  // ByteStream.
  void write(std::string_view bytes) override {
    socket_.write(bytes);
    answered_at_ = server_.clock_.now();
  }
  void finish() override {
    socket_.finish();
    last_word_at_ = server_.clock_.now();
  }
  void pause_reading() override { socket_.pause_reading(); }
  void resume_reading() override { socket_.resume_reading(); }
  void wake_at(Instant when) override;
  // UvSocket::Events.
  void on_bytes(std::string_view bytes) override { handler_->on_bytes(bytes); }
  void on_output(std::size_t queued_bytes) override { handler_->on_output(queued_bytes); }
  void on_output_relief() override {}  // on_output says as much
  [[nodiscard]] bool on_end() override;
  void on_closed(const std::string& /*why*/) override { close(); }
  // TurnTask.
  void at_turn_end() override {
    if (!closed_) handler_->on_wake();
  }

  [[nodiscard]] bool is_unread(Instant now);

  UvStreamServer& server_;
  Instant answered_at_;
  std::optional<Instant> last_word_at_;
  std::uint64_t sent_bytes_ = 0;         // when it was last looked at
  std::optional<Instant> unsent_since_;  // since when nothing of what waits has gone out
  bool closed_ = false;
  std::unique_ptr<UvTimer> alarm_;  // made when it is first needed
  UvSocket socket_;
  std::unique_ptr<StreamHandler> handler_;
};

void UvStreamServer::Connection::wake_at(Instant when) {
  if (when <= server_.clock_.now()) return schedule();
  if (alarm_ == nullptr) {
    alarm_ = std::make_unique<UvTimer>(server_.loop_, server_.clock_, [this] { schedule(); });
  }
  alarm_->arm(when);
}

// A side that has said all it will may still wait for what it asked for. Whoever is at work reads
// nothing meanwhile, and so does not hear of the end before its answer is written.
bool UvStreamServer::Connection::on_end() {
  if (socket_.queued_bytes() == 0) return false;
  finish();
  return true;
}

void UvStreamServer::Connection::check_deadlines(Instant now) {
  const Options& options = server_.options_;
  const bool unread = is_unread(now);
  const bool gone = last_word_at_.has_value() && now - *last_word_at_ >= options.last_word_timeout;
  const bool idle = socket_.queued_bytes() == 0 && handler_->use() == StreamUse::Idle &&
                    now - answered_at_ >= options.idle_timeout;
  if (unread || idle || (gone && socket_.queued_bytes() == 0)) close();
}

// The kernel takes what the other side has room for: an output that does not move is not read.
bool UvStreamServer::Connection::is_unread(Instant now) {
  const bool moved = std::exchange(sent_bytes_, socket_.sent_bytes()) != socket_.sent_bytes();
  if (socket_.queued_bytes() == 0) {
    unsent_since_.reset();
    return false;
  }
  if (moved || !unsent_since_.has_value()) unsent_since_ = now;
  return now - *unsent_since_ >= server_.options_.output_timeout;
}

UvStreamServer::UvStreamServer(UvLoop& loop, UvTurn& turn, const Clock& clock,
                               MakeHandler make_handler, const Options& options)
    : TurnTask(turn),
      loop_(loop),
      turn_(turn),
      clock_(clock),
      make_handler_(std::move(make_handler)),
      options_(options),
      listener_(loop, [this](UvTcp socket) { accept(std::move(socket)); }),
      sweep_timer_(loop, clock, [this] { sweep(); }) {}

UvStreamServer::~UvStreamServer() = default;

void UvStreamServer::close() {
  listener_.close();
  sweep_timer_.disarm();
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
  if (!sweep_timer_.armed()) sweep_timer_.arm(clock_.now() + sweep_interval());
}

// Closes one now, and forgets it at the end of the turn; so for a moment there is one more.
bool UvStreamServer::make_place() {
  const auto longest = std::ranges::min_element(connections_, {}, [](const auto& connection) {
    return std::pair(connection->closed() || connection->working(), connection->answered_at());
  });
  if (longest == connections_.end() || (*longest)->closed() || (*longest)->working()) return false;
  if (clock_.now() - (*longest)->answered_at() < options_.place_kept) return false;
  (*longest)->close();
  return true;
}

std::size_t UvStreamServer::queued_bytes() const {
  std::size_t sum = 0;
  for (const auto& connection : connections_) sum += connection->queued_bytes();
  return sum;
}

Duration UvStreamServer::sweep_interval() const {
  return std::min({options_.idle_timeout, options_.output_timeout, options_.last_word_timeout}) / 4;
}

void UvStreamServer::sweep() {
  const Instant now = clock_.now();
  for (const auto& connection : connections_) {
    if (!connection->closed()) connection->check_deadlines(now);
  }
  if (!connections_.empty()) sweep_timer_.arm(now + sweep_interval());
}

}  // namespace starling

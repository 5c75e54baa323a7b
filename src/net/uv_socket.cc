#include "net/uv_socket.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <uv.h>

#include "net/output_queue.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"
#include "net/uv_turn.h"

namespace starling {
namespace {

// A host that vanished (power, cable) is noticed within 5 + 5 x 2 seconds when the line is idle,
// and within kUnacknowledgedMs when something is on its way. A process that merely stopped keeps
// its connection, until so much waits for it that the kernel's buffers on both sides are full.
constexpr int kKeepAliveIdleSeconds = 5;
constexpr int kKeepAliveIntervalSeconds = 2;
constexpr int kKeepAliveProbes = 5;
constexpr int kUnacknowledgedMs = 15'000;
// What is handed to the kernel at once: whoever has something urgent to send waits behind so much
// at most, or behind one message that is larger.
constexpr std::size_t kBatchBytes = 1U << 20U;

// Options that only improve things: a system without one of them still works.
void tune(uv_tcp_t* handle) {
  uv_tcp_nodelay(handle, 1);
  uv_tcp_keepalive(handle, 1, kKeepAliveIdleSeconds);
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(handle), &descriptor) != 0) return;
  const auto set = [descriptor](int option, int value) {
    static_cast<void>(setsockopt(descriptor, IPPROTO_TCP, option, &value, sizeof(value)));
  };
  set(TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set(TCP_KEEPCNT, kKeepAliveProbes);
  set(TCP_USER_TIMEOUT, kUnacknowledgedMs);
}

uv_stream_t* stream_of(const UvTcp& handle) {
  return reinterpret_cast<uv_stream_t*>(handle.get());
}

// The pieces of a batch behind its first `skipped` bytes.
std::vector<uv_buf_t> buffers_of(std::vector<std::string>& batch, std::size_t skipped) {
  std::vector<uv_buf_t> buffers;
  buffers.reserve(batch.size());
  for (std::string& piece : batch) {
    const std::size_t passed = std::min(skipped, piece.size());
    skipped -= passed;
    if (passed == piece.size()) continue;
    buffers.push_back(
        uv_buf_init(piece.data() + passed, static_cast<unsigned int>(piece.size() - passed)));
  }
  return buffers;
}

std::size_t bytes_of(const std::vector<std::string>& batch) {
  std::size_t bytes = 0;
  for (const std::string& piece : batch) bytes += piece.size();
  return bytes;
}

}  // namespace

struct UvSocket::Writing {
  uv_write_t request{};
  std::vector<std::string> batch;
};

UvSocket::UvSocket(UvLoop& loop, UvTurn& turn, UvTcp connection, Events& events,
                   const Options& options)
    : TurnTask(turn),
      loop_(loop),
      events_(events),
      options_(options),
      handle_(std::move(connection)) {
  handle_->data = this;
  tune(handle_.get());
  resume_reading();
}

void UvSocket::write(std::string_view messages, OutputClass output_class) {
  if (!open() || finishing_) return;
  if (queued_bytes() > options_.output_bytes_max) {
    return fail("its output queue is beyond output_bytes_max (" +
                std::to_string(options_.output_bytes_max) + " bytes): it does not read");
  }
  output_.push(output_class, messages);
  queued_in_all_ += messages.size();
  if (output_crowded()) was_crowded_ = true;
  schedule();
}

void UvSocket::finish() {
  finishing_ = true;
  schedule();
}

void UvSocket::close() {
  handle_.reset();
  output_.clear();
  writing_ = nullptr;  // freed by its callback
  failure_.clear();
}

void UvSocket::pause_reading() {
  if (!reading_ || handle_ == nullptr) return;
  reading_ = false;
  stop_reading();
}

void UvSocket::resume_reading() {
  if (reading_ || handle_ == nullptr) return;
  reading_ = true;
  if (!resting_) start_reading();
}

void UvSocket::start_reading() {
  const auto allocate = [](uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
    const std::span<char> room = static_cast<UvSocket*>(handle->data)->loop_.read_buffer();
    *buffer = uv_buf_init(room.data(), static_cast<unsigned int>(room.size()));
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    if (stream->data != nullptr) static_cast<UvSocket*>(stream->data)->on_read(size, *buffer);
  };
  uv_read_start(stream_of(handle_), allocate, on_read);
}

void UvSocket::stop_reading() {
  uv_read_stop(stream_of(handle_));
}

std::string UvSocket::peer_address() const {
  sockaddr_storage name{};
  int size = sizeof(name);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (handle_ == nullptr ||
      uv_tcp_getpeername(handle_.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      uv_ip_name(reinterpret_cast<const sockaddr*>(&name), text.data(), text.size()) != 0) {
    return {};
  }
  return text.data();
}

std::optional<std::chrono::microseconds> UvSocket::round_trip() const {
  uv_os_fd_t descriptor = -1;
  if (handle_ == nullptr ||
      uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &descriptor) != 0) {
    return std::nullopt;
  }
  tcp_info info{};
  socklen_t size = sizeof(info);
  const int found = getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size);
  if (found != 0 || info.tcpi_rtt == 0) return std::nullopt;
  return std::chrono::microseconds(info.tcpi_rtt);
}

std::size_t UvSocket::writing_bytes() const {
  return writing_ == nullptr || handle_ == nullptr
             ? 0
             : uv_stream_get_write_queue_size(stream_of(handle_));
}

void UvSocket::at_turn_end() {
  if (handle_ == nullptr) return;
  if (std::exchange(resting_, false) && reading_) start_reading();
  if (failure_.empty()) flush();
  if (!failure_.empty()) {
    const std::string why = failure_;
    close();
    return events_.on_closed(why);
  }
  shut_down_when_written();
  events_.on_output(queued_bytes());
  tell_relief();
}

void UvSocket::flush() {
  while (writing_ == nullptr && failure_.empty() && !output_.empty()) {
    if (!flush_batch()) return;
  }
}

bool UvSocket::flush_batch() {
  std::vector<std::string> batch = output_.take(kBatchBytes);
  const std::vector<uv_buf_t> buffers = buffers_of(batch, 0);
  const int written =
      uv_try_write(stream_of(handle_), buffers.data(), static_cast<unsigned int>(buffers.size()));
  if (written < 0 && written != UV_EAGAIN) {
    fail(uv_error_text(written));
    return false;
  }
  const std::size_t done = written < 0 ? 0 : static_cast<std::size_t>(written);
  if (done == bytes_of(batch)) return true;
  write_rest(std::move(batch), done);
  return false;
}

void UvSocket::write_rest(std::vector<std::string> batch, std::size_t written) {
  auto writing = std::make_unique<Writing>();
  writing->batch = std::move(batch);
  writing->request.data = writing.get();
  const std::vector<uv_buf_t> buffers = buffers_of(writing->batch, written);
  const auto on_written = [](uv_write_t* request, int code) {
    const std::unique_ptr<Writing> done(static_cast<Writing*>(request->data));
    if (request->handle->data != nullptr) {
      static_cast<UvSocket*>(request->handle->data)->on_written(code);
    }
  };
  const int code = uv_write(&writing->request, stream_of(handle_), buffers.data(),
                            static_cast<unsigned int>(buffers.size()), on_written);
  if (code != 0) return fail(uv_error_text(code));
  writing_ = writing.release();
}

void UvSocket::on_written(int code) {
  writing_ = nullptr;
  if (code != 0) return fail(uv_error_text(code));
  schedule();
}

void UvSocket::on_read(ssize_t size, const uv_buf_t& buffer) {
  if (size == 0 || !failure_.empty()) return;
  if (size == UV_EOF && (finishing_ ? queued_bytes() > 0 : events_.on_end())) {
    reading_ = false;  // libuv has stopped by itself
    return;
  }
  if (size < 0) {
    return fail(size == UV_EOF ? "the other side closed it"
                               : uv_error_text(static_cast<int>(size)));
  }
  if (finishing_) return;  // read on all the same: closing over unread bytes would send a reset
  rest_after(static_cast<std::size_t>(size));
  events_.on_bytes(std::string_view(buffer.base, static_cast<std::size_t>(size)));
}

// A sender that fills every read lets the others have theirs first.
void UvSocket::rest_after(std::size_t size) {
  read_since_rest_ += size;
  if (read_since_rest_ < options_.read_bytes_per_turn) return;
  read_since_rest_ = 0;
  resting_ = true;
  stop_reading();
  schedule();
}

// Told at the end of the turn: whoever writes must not be called back from within.
void UvSocket::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  schedule();
}

// The other side gets all bytes and then the end; its own end closes the connection.
void UvSocket::shut_down_when_written() {
  if (!finishing_ || queued_bytes() > 0) return;
  const auto on_shut_down = [](uv_shutdown_t* request, int /*code*/) { delete request; };
  auto* const request = new uv_shutdown_t{};
  // An error means that it has been shut down already.
  if (uv_shutdown(request, stream_of(handle_), on_shut_down) != 0) delete request;
  resume_reading();
}

void UvSocket::tell_relief() {
  if (!was_crowded_ || output_crowded()) return;
  was_crowded_ = false;
  events_.on_output_relief();
}

}  // namespace starling

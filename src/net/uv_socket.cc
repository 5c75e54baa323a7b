#include "net/uv_socket.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <uv.h>

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
// An output buffer that grew beyond this is given back when it is empty.
constexpr std::size_t kOutputKeptBytes = 1U << 20U;

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

uv_buf_t buffer_of(std::string& bytes, std::size_t from) {
  return uv_buf_init(bytes.data() + from, static_cast<unsigned int>(bytes.size() - from));
}

}  // namespace

struct UvSocket::Writing {
  uv_write_t request{};
  std::string bytes;
  std::size_t left = 0;
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

void UvSocket::write(std::string_view bytes) {
  if (!open() || finishing_) return;
  if (bytes.size() >
      options_.output_bytes_max - std::min(queued_bytes(), options_.output_bytes_max)) {
    return fail("its output queue would exceed output_bytes_max (" +
                std::to_string(options_.output_bytes_max) + " bytes): it does not read");
  }
  output_.append(bytes);
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
  uv_read_stop(stream_of(handle_));
}

void UvSocket::resume_reading() {
  if (reading_ || handle_ == nullptr) return;
  reading_ = true;
  const auto allocate = [](uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
    const std::span<char> room = static_cast<UvSocket*>(handle->data)->loop_.read_buffer();
    *buffer = uv_buf_init(room.data(), static_cast<unsigned int>(room.size()));
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    if (stream->data != nullptr) static_cast<UvSocket*>(stream->data)->on_read(size, *buffer);
  };
  uv_read_start(stream_of(handle_), allocate, on_read);
}

std::size_t UvSocket::queued_bytes() const {
  return output_.size() + (writing_ == nullptr ? 0 : writing_->left);
}

void UvSocket::at_turn_end() {
  if (handle_ == nullptr) return;
  if (failure_.empty()) flush();
  if (!failure_.empty()) {
    const std::string why = failure_;
    close();
    return events_.on_closed(why);
  }
  shut_down_when_written();
  tell_relief();
}

void UvSocket::flush() {
  if (writing_ != nullptr || output_.empty()) return;
  const uv_buf_t buffer = buffer_of(output_, 0);
  const int written = uv_try_write(stream_of(handle_), &buffer, 1);
  if (written < 0 && written != UV_EAGAIN) return fail(uv_error_text(written));
  const std::size_t done = written < 0 ? 0 : static_cast<std::size_t>(written);
  if (done < output_.size()) return write_rest(done);
  output_.clear();
  if (output_.capacity() > kOutputKeptBytes) output_.shrink_to_fit();
}

void UvSocket::write_rest(std::size_t written) {
  auto writing = std::make_unique<Writing>();
  writing->left = output_.size() - written;
  writing->bytes = std::exchange(output_, {});
  writing->request.data = writing.get();
  const uv_buf_t buffer = buffer_of(writing->bytes, written);
  const auto on_written = [](uv_write_t* request, int code) {
    const std::unique_ptr<Writing> done(static_cast<Writing*>(request->data));
    if (request->handle->data != nullptr) {
      static_cast<UvSocket*>(request->handle->data)->on_written(code);
    }
  };
  const int code = uv_write(&writing->request, stream_of(handle_), &buffer, 1, on_written);
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
  if (size < 0) {
    return fail(size == UV_EOF ? "the other side closed it"
                               : uv_error_text(static_cast<int>(size)));
  }
  if (finishing_) return;  // read on all the same: closing over unread bytes would send a reset
  events_.on_bytes(std::string_view(buffer.base, static_cast<std::size_t>(size)));
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

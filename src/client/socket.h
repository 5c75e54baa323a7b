#pragma once

// Socket: a blocking TCP stream with deadlines. It knows bytes only; what they mean is the
// session's affair.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "starling/result.h"

#include "client/endpoint.h"

namespace starling {

using Deadline = std::chrono::steady_clock::time_point;

enum class SocketOutcome : std::uint8_t { Done, TimedOut, Broken };

class Socket {
 public:
  // Tries every address of the host. Unreachable, with the system's reason.
  [[nodiscard]] static Result<Socket> connect(const Endpoint& endpoint, Deadline deadline);

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // Done: all bytes are with the operating system. Otherwise not all are.
  [[nodiscard]] SocketOutcome send(std::string_view bytes, Deadline deadline);
  // Waits for at least one byte; `received` says how many came.
  [[nodiscard]] SocketOutcome receive(std::span<char> buffer, Deadline deadline,
                                      std::size_t& received);
  // Whether the other side has closed, or sent what nobody asked for: not to be used again.
  [[nodiscard]] bool is_stale() const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  void close();

  int descriptor_;
};

}  // namespace starling

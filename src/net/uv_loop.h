#pragma once

// UvLoop: one libuv event loop. Everything that is made on a loop must be gone before the loop is;
// the destructor only waits for the close callbacks.

#include <span>
#include <string>
#include <vector>

#include <uv.h>

namespace starling {

class UvLoop {
 public:
  UvLoop();
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;
  UvLoop(UvLoop&&) = delete;
  UvLoop& operator=(UvLoop&&) = delete;
  ~UvLoop();

  // Until stop(), or until nothing is left that could happen.
  void run();
  // One turn; waits for an event if none has happened.
  void run_once();
  void stop();

  [[nodiscard]] uv_loop_t* raw() { return &loop_; }
  // Where sockets read to. One for all: a read is handed on before the next one happens.
  [[nodiscard]] std::span<char> read_buffer() { return read_buffer_; }

 private:
  uv_loop_t loop_{};
  std::vector<char> read_buffer_;
};

// What libuv calls an error, in words: "connection refused".
[[nodiscard]] std::string uv_error_text(int code);

}  // namespace starling

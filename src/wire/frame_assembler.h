#pragma once

// FrameAssembler: cuts the byte stream of one connection into frames. Its bound: beyond what the
// caller has just fed it, it holds less than one frame, whose length was checked when its header
// came. It knows neither sockets nor messages.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "wire/frame.h"

namespace starling {

struct RawFrame {
  FrameHeader header;
  // Aligned to 8 bytes. Bytes of the assembler, valid until its next call.
  std::string_view body;
};

class FrameAssembler {
 public:
  // Takes a copy of what came. Drain next() before feeding again, or the bound is the caller's.
  void feed(std::string_view bytes);
  // The next complete frame, or nothing yet. After an error the stream can not be understood any
  // more: every later call repeats it, and the connection must be closed.
  [[nodiscard]] Result<std::optional<RawFrame>> next();
  // The header of the frame that is not complete yet, once next() has seen it whole.
  [[nodiscard]] const std::optional<FrameHeader>& started() const { return header_; }
  // Forgets the started frame: what is there of its body is dropped, and so is the rest as it
  // comes, without being kept. REQUIRES: started() has a value.
  void skip_started();
  // Bytes that wait for the rest of their frame (and of complete frames not yet taken).
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size() - consumed_; }

 private:
  void drop_consumed();
  void make_room(std::size_t more);
  [[nodiscard]] std::string_view pending() const;

  std::vector<char> buffer_;
  std::size_t consumed_ = 0;           // bytes at the front that were given away as frames
  std::optional<FrameHeader> header_;  // of the frame whose body is not complete
  std::size_t to_skip_ = 0;            // bytes to come that belong to a skipped frame
  Status broken_;
};

}  // namespace starling

#include "wire/frame_assembler.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "wire/frame.h"

namespace starling {
namespace {

// A large value must not cost its memory for the rest of the connection's life: ten thousand idle
// connections would keep gigabytes.
constexpr std::size_t kKeptCapacityBytes = std::size_t{64} << 10U;

}  // namespace

void FrameAssembler::feed(std::string_view bytes) {
  if (!broken_.ok()) return;
  const std::size_t skipped = std::min(to_skip_, bytes.size());
  to_skip_ -= skipped;
  bytes.remove_prefix(skipped);
  drop_consumed();
  make_room(bytes.size());
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<RawFrame>> FrameAssembler::next() {
  if (!broken_.ok()) return broken_;
  if (pending().empty()) drop_consumed();
  if (pending().size() < kFrameHeaderBytes) return std::optional<RawFrame>();
  if (!header_.has_value()) {
    const Result<FrameHeader> parsed = parse_frame_header(pending());
    if (!parsed.ok()) {
      broken_ = parsed.status();
      return broken_;
    }
    header_ = *parsed;
  }
  const FrameHeader header = *header_;
  const std::size_t frame_bytes = kFrameHeaderBytes + header.body_bytes;
  if (pending().size() < frame_bytes) return std::optional<RawFrame>();
  const std::string_view body = pending().substr(kFrameHeaderBytes, header.body_bytes);
  consumed_ += frame_bytes;
  header_.reset();
  return std::optional<RawFrame>(RawFrame{.header = header, .body = body});
}

void FrameAssembler::skip_started() {
  STARLING_CHECK(header_.has_value());
  const std::size_t frame_bytes = kFrameHeaderBytes + header_->body_bytes;
  to_skip_ = frame_bytes - pending().size();
  consumed_ = buffer_.size();
  header_.reset();
  drop_consumed();
}

// Doubling, as a vector does by itself, but never beyond what the started frame needs: its last
// doubling would be half waste.
void FrameAssembler::make_room(std::size_t more) {
  const std::size_t needed = buffer_.size() + more;
  if (needed <= buffer_.capacity() || !header_.has_value()) return;
  const std::size_t frame_bytes = kFrameHeaderBytes + header_->body_bytes;
  buffer_.reserve(std::max(needed, std::min(2 * buffer_.capacity(), frame_bytes)));
}

// Moves the rest to the front, which keeps every frame at a multiple of 8 from an allocation's
// start.
void FrameAssembler::drop_consumed() {
  if (consumed_ == 0) return;
  if (buffer_.capacity() > kKeptCapacityBytes && buffered_bytes() <= kKeptCapacityBytes) {
    const std::string_view rest = pending();
    buffer_ = std::vector<char>(rest.begin(), rest.end());
  } else {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  }
  consumed_ = 0;
}

std::string_view FrameAssembler::pending() const {
  return std::string_view(buffer_.data(), buffer_.size()).substr(consumed_);
}

}  // namespace starling

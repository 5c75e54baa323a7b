#pragma once

// OutputQueue: the bytes that wait to be sent on one connection, in three classes: what others wait
// for (acknowledgements, announcements) goes first, the data of requests next, bulk work last. Only
// whole messages change places, and only between classes. It sends nothing and refuses nothing: how
// much may wait is its owner's affair.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

enum class OutputClass : std::uint8_t {
  Urgent = 0,  // small, and somebody waits for it
  Data = 1,    // requests and records; a client's answers
  Bulk = 2,    // scans and digests: may wait, but never for ever
};
inline constexpr std::size_t kOutputClasses = 3;

class OutputQueue {
 public:
  // Small messages are gathered in segments of this size, so that a turn's hundred answers go out
  // as one piece; a larger message is a segment of its own.
  static constexpr std::size_t kSegmentBytes = std::size_t{64} << 10U;
  // One byte in so many goes to bulk work while data waits: enough for it to go on, too little to
  // be in the way.
  static constexpr std::size_t kBulkShareDivisor = 8;

  // Whole messages.
  void push(OutputClass output_class, std::string_view messages);
  // What to send next: all that is urgent; of the rest at least one segment, and no more than
  // `bytes_max` where that is enough for one. REQUIRES: bytes_max > 0.
  [[nodiscard]] std::vector<std::string> take(std::size_t bytes_max);
  void clear();

  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  using Segments = std::deque<std::string>;

  Segments& segments(OutputClass output_class) {
    return segments_[static_cast<std::size_t>(output_class)];
  }
  static void move_one(Segments& from, std::vector<std::string>& taken, std::size_t& taken_bytes);

  std::array<Segments, kOutputClasses> segments_;
  std::size_t bytes_ = 0;
  std::size_t bulk_credit_ = 0;  // bytes that bulk work may send although data waits
};

}  // namespace starling

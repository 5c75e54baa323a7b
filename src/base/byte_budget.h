#pragma once

// ByteBudget: memory that many connections share, and who may take more of it. A connection may
// hold no more than half of what is left (dynamic thresholds: Choudhury and Hahne, 1998), so that
// whoever holds most is refused first, and something is always left for one who comes anew. A small
// amount is never refused to anybody: a polite client does not notice the greedy ones.
//
// ByteShare is one connection's part; it gives back what it holds when it is destroyed.

#include <algorithm>
#include <cstddef>

namespace starling {

class ByteBudget {
 public:
  // What every connection may hold, whatever the others do: a small request and its answer. The
  // budget may be exceeded by as much for each connection, whose number has a bound of its own.
  static constexpr std::size_t kFloorBytes = std::size_t{64} << 10U;

  explicit ByteBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Whether a connection that holds `own` bytes may hold `more` on top.
  [[nodiscard]] bool has_room(std::size_t own, std::size_t more) const {
    return has_room(bytes_max_ - std::min(used_, bytes_max_), own, more);
  }
  // The rule itself, for who counts on its own.
  [[nodiscard]] static bool has_room(std::size_t left, std::size_t own, std::size_t more) {
    if (own + more <= kFloorBytes) return true;
    // Whoever holds nothing may take all that is left: the greatest message must pass some time.
    return own == 0 ? more <= left : own + more <= left / 2;
  }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }

 private:
  friend class ByteShare;
  std::size_t bytes_max_;
  std::size_t used_ = 0;
};

class ByteShare {
 public:
  explicit ByteShare(ByteBudget& budget) : budget_(budget) {}
  ByteShare(const ByteShare&) = delete;
  ByteShare& operator=(const ByteShare&) = delete;
  ByteShare(ByteShare&&) = delete;
  ByteShare& operator=(ByteShare&&) = delete;
  ~ByteShare() { hold(0); }

  // Says what the connection holds now.
  void hold(std::size_t bytes) {
    budget_.used_ = budget_.used_ - held_ + bytes;
    held_ = bytes;
  }
  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] const ByteBudget& budget() const { return budget_; }
  [[nodiscard]] bool has_room(std::size_t more) const { return budget_.has_room(held_, more); }

 private:
  ByteBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace starling

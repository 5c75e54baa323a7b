#pragma once

// LocalHealth: how far a node trusts its own sense of time. Whoever is slow himself finds all
// others slow; so what points at oneself (a probe that failed while others were silent as well, a
// timer that came late, an accusation that had to be refuted) lengthens one's patience, and each
// probe that succeeds shortens it (Lifeguard, section IV.A: the local health multiplier).

namespace starling {

class LocalHealth {
 public:
  // With eight the longest patience is nine times the usual one (Lifeguard's S).
  static constexpr unsigned kScoreMax = 8;

  explicit LocalHealth(unsigned score_max = kScoreMax) : score_max_(score_max) {}

  void on_bad_sign();
  void on_good_sign();
  // What patience and period are multiplied with, in 1 .. score_max + 1.
  [[nodiscard]] int multiplier() const { return static_cast<int>(score_) + 1; }

 private:
  unsigned score_max_;
  unsigned score_ = 0;
};

}  // namespace starling

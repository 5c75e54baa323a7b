#pragma once

// RetryBudget: how many requests a client may ask again after a refusal. Every answered request
// earns a tenth of a retry, so a cluster in trouble sees at most a tenth more than what was asked
// of it, plus a reserve for single failures ("The Tail at Scale", and gRPC's retry throttling).

#include <cstdint>

namespace starling {

class RetryBudget {
 public:
  // Of both in hundredths of a retry.
  static constexpr std::uint32_t kEarnedPerAnswer = 10;
  static constexpr std::uint32_t kReserve = 10'000;

  // A request was answered well.
  void earn();
  // Whether one more retry is within the budget; it is taken from it then.
  [[nodiscard]] bool spend();

 private:
  std::uint32_t hundredths_ = kReserve;
};

}  // namespace starling

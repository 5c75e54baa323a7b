#include "client/retry_budget.h"

#include <algorithm>
#include <cstdint>

namespace starling {
namespace {

constexpr std::uint32_t kOneRetry = 100;

}  // namespace

void RetryBudget::earn() {
  hundredths_ = std::min(hundredths_ + kEarnedPerAnswer, kReserve);
}

bool RetryBudget::spend() {
  if (hundredths_ < kOneRetry) return false;
  hundredths_ -= kOneRetry;
  return true;
}

}  // namespace starling
